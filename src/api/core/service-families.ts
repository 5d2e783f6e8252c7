// Which families of addresses a service gets: those that it wants, of those that the cluster has.
import { deepEqual } from '../../meta/deep-equal.ts'
import { type FieldError, invalidValue } from '../../meta/field-error.ts'
import { withFields } from '../sharing.ts'
import { type Family, familyOf } from '../validate-address.ts'
import type { ServiceSpec } from './service.ts'
import { validateClusterAddresses } from './validate-service-addresses.ts'

export interface WithFamilies {
  readonly spec: ServiceSpec
  readonly errors: readonly FieldError[]
}

/** `configured` are the families of the cluster; the first is what a service gets that wants none. */
export function withFamilies(
  wanted: ServiceSpec,
  previous: ServiceSpec | undefined,
  configured: readonly [Family, ...Family[]],
): WithFamilies {
  if (wanted.type === 'ExternalName') return { spec: wanted, errors: [] }
  // Where its addresses are is then written by hand, in any family.
  const isByHand = wanted.clusterIP === 'None' && Object.keys(wanted.selector ?? {}).length === 0
  const ipFamilyPolicy = wanted.ipFamilyPolicy ?? previous?.ipFamilyPolicy ?? (isByHand ? 'RequireDualStack' : 'SingleStack')
  const spec = withFields(wanted, { ipFamilyPolicy })
  const shapes = validateClusterAddresses(spec)
  if (shapes.length > 0) return { spec, errors: shapes }
  const inferred = inferFamilies(spec, previous, configured)
  if (inferred.errors.length > 0) return { spec, errors: inferred.errors }
  const ipFamilies = inferred.families.length > 0 ? inferred.families : [configured[0]]
  if (isByHand)
    return { spec: withFields(spec, { ipFamilies: ipFamilyPolicy === 'SingleStack' ? ipFamilies : both(ipFamilies) }), errors: [] }
  const errors = validateConfigured(spec, ipFamilies, configured)
  const isSingle = ipFamilyPolicy === 'SingleStack' || configured.length === 1
  return { spec: withFields(spec, { ipFamilies: isSingle ? ipFamilies : both(ipFamilies) }), errors }
}

/** The families asked for, and those of addresses asked for beyond them. */
function inferFamilies(spec: ServiceSpec, previous: ServiceSpec | undefined, configured: readonly string[]) {
  const { clusterIPs = [], ipFamilyPolicy } = spec
  const had = previous?.ipFamilies ?? []
  // Who goes back to one family need not say which.
  const isReleasing = ipFamilyPolicy === 'SingleStack' && had.length === 2 && deepEqual(had, spec.ipFamilies)
  const ipFamilies = isReleasing ? had.slice(0, 1) : (spec.ipFamilies ?? [])
  const families = [...ipFamilies]
  const errors: FieldError[] = []
  if (ipFamilyPolicy !== 'SingleStack' && ipFamilies.length > 0 && ipFamilies.length < had.length)
    errors.push(invalidValue('spec.ipFamilyPolicy', ipFamilyPolicy, "must be 'SingleStack' to release the secondary IP family"))
  if (ipFamilyPolicy === 'SingleStack') {
    const several = Object.entries({ 'cluster IPs': clusterIPs, 'IP families': ipFamilies }).filter(([, list]) => list.length === 2)
    for (const [what] of several) {
      const detail = `must be 'RequireDualStack' or 'PreferDualStack' when multiple ${what} are specified`
      errors.push(invalidValue('spec.ipFamilyPolicy', ipFamilyPolicy, detail))
    }
  }
  for (const [i, ip] of clusterIPs.entries()) {
    const family = familyOf(ip)
    if (!family || i < ipFamilies.length) continue
    if (configured.includes(family)) families.push(family)
    else errors.push(invalidValue(`spec.clusterIPs[${i}]`, clusterIPs, `${family} is not configured on this cluster`))
  }
  return { families, errors }
}

function validateConfigured({ ipFamilyPolicy }: ServiceSpec, families: readonly string[], configured: readonly string[]): FieldError[] {
  const missing = families.flatMap((family, i) =>
    configured.includes(family) ? [] : [invalidValue(`spec.ipFamilies[${i}]`, family, 'not configured on this cluster')],
  )
  if (ipFamilyPolicy !== 'RequireDualStack' || configured.length > 1) return missing
  return [invalidValue('spec.ipFamilyPolicy', ipFamilyPolicy, 'this cluster is not configured for dual-stack services'), ...missing]
}

function both(families: readonly string[]): readonly string[] {
  return families.length > 1 ? families : [...families, families[0] === 'IPv4' ? 'IPv6' : 'IPv4']
}
