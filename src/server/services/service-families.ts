// Which families of addresses a service has, on a cluster whose services have IPv4 alone. Only a headless service without a selector, whose
// endpoints come from elsewhere, may have others too.
import type { Service, ServiceSpec } from '../../api/core/service.ts'
import { familyOf } from '../../api/validate-address.ts'
import { deepEqual } from '../../meta/deep-equal.ts'
import { type FieldError, invalidValue } from '../../meta/field-error.ts'

export type Families = { readonly spec: ServiceSpec } | { readonly errors: readonly FieldError[] }

/** The spec with families and policy filled in, or why they cannot be had. Of services that are no external names. */
export function withFamilies({ spec: sent }: Service, before: Service | undefined): Families {
  const old = before && before.spec.type !== 'ExternalName' ? before.spec : undefined
  const isOpen = sent.clusterIP === 'None' && Object.keys(sent.selector ?? {}).length === 0
  const ipFamilyPolicy = sent.ipFamilyPolicy ?? old?.ipFamilyPolicy ?? (isOpen ? 'RequireDualStack' : 'SingleStack')
  const isSingle = ipFamilyPolicy === 'SingleStack'
  const addresses = (sent.clusterIPs ?? [sent.clusterIP ?? '']).filter(address => familyOf(address) !== undefined)
  let families = sent.ipFamilies ?? []
  const errors: FieldError[] = []
  const refuse = (detail: string) => errors.push(invalidValue('spec.ipFamilyPolicy', ipFamilyPolicy, detail))

  if (old && isSingle && deepEqual(old.ipFamilies, sent.ipFamilies)) families = families.slice(0, 1)
  const oldCount = old?.ipFamilies?.length ?? 0
  if (old && !isSingle && families.length > 0 && families.length < oldCount)
    refuse("must be 'SingleStack' to release the secondary IP family")
  const several = (what: string) => `must be 'RequireDualStack' or 'PreferDualStack' when multiple ${what} are specified`
  if (isSingle && addresses.length === 2) refuse(several('cluster IPs'))
  if (isSingle && families.length === 2) refuse(several('IP families'))
  for (const [i, address] of addresses.entries()) {
    const family = familyOf(address)
    if (i < families.length || family === undefined) continue
    if (family === 'IPv4') families = [...families, family]
    else errors.push(invalidValue(`spec.clusterIPs[${i}]`, addresses, `${family} is not configured on this cluster`))
  }
  if (errors.length > 0) return { errors }

  if (isOpen) {
    const [first = 'IPv4'] = families
    const both = first === 'IPv4' ? [first, 'IPv6'] : [first, 'IPv4']
    return { spec: { ...sent, ipFamilyPolicy, ipFamilies: families.length === 2 ? families : isSingle ? [first] : both } }
  }
  if (ipFamilyPolicy === 'RequireDualStack') refuse('this cluster is not configured for dual-stack services')
  for (const [i, family] of families.entries())
    if (family === 'IPv6') errors.push(invalidValue(`spec.ipFamilies[${i}]`, family, 'not configured on this cluster'))
  return errors.length > 0 ? { errors } : { spec: { ...sent, ipFamilyPolicy, ipFamilies: families.length > 0 ? families : ['IPv4'] } }
}
