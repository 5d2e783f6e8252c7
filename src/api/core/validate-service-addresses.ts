// The rules of the cluster addresses of services. Clients hold on to an address: it changes only by way of a type that has none.
import { duplicateValue, type FieldError, invalidValue } from '../../meta/field-error.ts'
import { checkAddress, familyOf } from '../validate-address.ts'
import { type Errors, each, must, shaped, supported, together } from '../validation.ts'
import type { ServiceSpec } from './service.ts'

const addressesField = 'spec.clusterIPs'
const familiesField = 'spec.ipFamilies'
const policyField = 'spec.ipFamilyPolicy'

export function isHeadless({ clusterIP, clusterIPs = [clusterIP ?? ''] }: ServiceSpec): boolean {
  return clusterIPs.length === 1 && clusterIPs[0] === 'None'
}

/** What addresses, families and the policy for them say of each other. */
export function validateClusterAddresses(spec: ServiceSpec): Errors {
  if (spec.type === 'ExternalName') return []
  const { clusterIPs = [], ipFamilies, ipFamilyPolicy } = spec
  const shapes = each(clusterIPs, addressesField, (ip, at, i) => (i === 0 && ip === 'None' ? [] : shaped(ip, at, checkAddress)))
  const isMixed = clusterIPs[0] === 'None' && clusterIPs.length > 1
  const seen = new Set<string>()
  return together(
    validateFirst(spec),
    each(ipFamilies, familiesField, (family, at) => {
      const isRepeated = seen.has(family)
      seen.add(family)
      return together(
        supported(family, at, ['IPv4', 'IPv6']),
        must(!isRepeated, () => duplicateValue(at, family)),
      )
    }),
    supported(ipFamilyPolicy, policyField, ['PreferDualStack', 'RequireDualStack', 'SingleStack']),
    must(!isMixed, () => invalidValue(addressesField, clusterIPs, "'None' must be the first and only value")),
    shapes,
    must(clusterIPs.length <= 2, () => invalidValue(addressesField, clusterIPs, 'may only hold up to 2 values')),
    isMixed || shapes.length > 0 ? [] : validateFamilies(spec),
  )
}

function validateFirst({ clusterIP, clusterIPs = [] }: ServiceSpec): Errors {
  if (!clusterIP) {
    return must(clusterIPs.length === 0, () => invalidValue(addressesField, clusterIPs, 'must be empty when `clusterIP` is not specified'))
  }
  // The list follows the single address when addresses are given out.
  return must(clusterIPs.length === 0 || clusterIPs[0] === clusterIP, () =>
    invalidValue(addressesField, clusterIPs, 'first value must match `clusterIP`'),
  )
}

function validateFamilies(spec: ServiceSpec): Errors {
  const { clusterIPs = [], ipFamilies = [] } = spec
  const found = clusterIPs.map(familyOf)
  const isMixed = clusterIPs.length < 2 || new Set(found).size === 2
  return together(
    must(isMixed, () => invalidValue(addressesField, clusterIPs, 'may specify no more than one IP for each IP family')),
    isHeadless(spec)
      ? []
      : each(clusterIPs, addressesField, (ip, at, i) => {
          const family = ipFamilies[i]
          const isOther = (family === 'IPv4' || family === 'IPv6') && found[i] !== family
          return must(!isOther, () => invalidValue(at, ip, `expected an ${family} value as indicated by \`ipFamilies[${i}]\``))
        }),
  )
}

export function validateKeptAddresses(next: ServiceSpec, previous: ServiceSpec): Errors {
  if (next.type === 'ExternalName' || previous.type === 'ExternalName') return []
  return together(validateChangeOfAddresses(next, previous), validateChangeOfFamilies(next, previous))
}

const fixed = 'may not change once set'

function validateChangeOfAddresses(next: ServiceSpec, previous: ServiceSpec): Errors {
  if (isHeadless(next) && isHeadless(previous)) return []
  const now = next.clusterIPs ?? []
  const old = previous.clusterIPs ?? []
  const isFirstKept = old.length === 0 || now.length === 0 || now[0] === old[0]
  const errors: FieldError[] = []
  if (now.length === old.length) {
    return each(old, addressesField, (ip, at, i) => must(ip === now[i], () => invalidValue(at, now, fixed)))
  }
  if (now.length === 0) errors.push(invalidValue(`${addressesField}[0]`, now, 'primary clusterIP can not be unset'))
  if (!isFirstKept) errors.push(invalidValue(`${addressesField}[0]`, now, fixed))
  if (now.length === 1 && old.length > 1) errors.push(...validateRelease(next, 'clusterIP'))
  return errors
}

function validateChangeOfFamilies(next: ServiceSpec, previous: ServiceSpec): Errors {
  if (isHeadless(next) || isHeadless(previous)) return []
  const now = next.ipFamilies ?? []
  const old = previous.ipFamilies ?? []
  const first = `${familiesField}[0]`
  const isFirstKept = old.length === 0 || now.length === 0 || now[0] === old[0]
  const errors: FieldError[] = []
  if (now.length === old.length) return old.filter((family, i) => family !== now[i]).map(() => invalidValue(first, now, fixed))
  if (now.length < old.length && !next.clusterIPs?.length) errors.push(invalidValue(first, now, 'primary ipFamily can not be unset'))
  if (!isFirstKept) errors.push(invalidValue(first, next.clusterIPs, fixed))
  if (now.length === 1 && old.length > 1) errors.push(...validateRelease(next, 'ipFamily'))
  return errors
}

function validateRelease({ ipFamilyPolicy }: ServiceSpec, what: string): Errors {
  return must(ipFamilyPolicy === 'SingleStack', () =>
    invalidValue(policyField, ipFamilyPolicy, `must be set to 'SingleStack' when releasing the secondary ${what}`),
  )
}
