// What containers may request and be limited to.
import { forbiddenValue, invalidValue, notFoundValue, requiredValue } from '../../meta/field-error.ts'
import { checkQualifiedName } from '../../meta/names.ts'
import { compareQuantity, parseQuantity, quantityMilliValue } from '../../meta/quantity.ts'
import { type Errors, each, must, named, shaped, together } from '../validation.ts'
import type { ResourceRequirements } from './container.ts'

/** Names without a domain that a container can ask for. */
export function isStandardContainerResource(name: string): boolean {
  return name === 'cpu' || name === 'memory' || name === 'ephemeral-storage' || name.startsWith('hugepages-')
}

/** Resources of devices and the like: whole numbers that cannot be overcommitted. */
export function isExtendedResource(name: string): boolean {
  return name.includes('/') && !isNative(name) && !name.startsWith('requests.') && checkQualifiedName(`requests.${name}`).length === 0
}

function isNative(name: string): boolean {
  return !name.includes('/') || name.includes('kubernetes.io/')
}

/** Whether more may be limited than is there. */
export function canOvercommit(name: string): boolean {
  return isNative(name) && !name.startsWith('hugepages-')
}

export function validateResources(resources: ResourceRequirements | undefined, claimNames: ReadonlySet<string>, field: string): Errors {
  if (!resources) return []
  const { limits = {}, requests = {}, claims } = resources
  return together(
    Object.entries(limits).flatMap(([name, value]) => validateAmount(name, value, `${field}.limits[${name}]`)),
    Object.entries(requests).flatMap(([name, value]) =>
      together(
        validateAmount(name, value, `${field}.requests[${name}]`),
        validateAgainstLimit(name, value, Object.hasOwn(limits, name) ? limits[name] : undefined, field),
      ),
    ),
    validateHugePages({ ...limits, ...requests }, field),
    each(claims, `${field}.claims`, ({ name }, at) => {
      if (!name) return named(name, `${at}.name`)
      return must(claimNames.has(name), () => notFoundValue(`${at}.name`, name))
    }),
  )
}

function validateAgainstLimit(name: string, request: string, limit: string | undefined, field: string): Errors {
  if (limit === undefined) {
    return must(canOvercommit(name), () => requiredValue(`${field}.limits`, 'Limit must be set for non overcommitable resources'))
  }
  const order = compareQuantity(parseQuantity(request), parseQuantity(limit))
  if (!canOvercommit(name)) {
    return must(order === 0, () => invalidValue(`${field}.requests`, request, `must be equal to ${name} limit of ${limit}`))
  }
  return must(order <= 0, () => invalidValue(`${field}.requests`, request, `must be less than or equal to ${name} limit of ${limit}`))
}

function validateHugePages(amounts: Readonly<Record<string, string>>, field: string): Errors {
  const names = Object.keys(amounts)
  const lacksBasis = names.some(name => name.startsWith('hugepages-')) && !names.includes('cpu') && !names.includes('memory')
  return must(!lacksBasis, () => forbiddenValue(field, 'HugePages require cpu or memory'))
}

function validateAmount(name: string, value: string, field: string): Errors {
  return [...validateResourceName(name, field), ...validateQuantity(name, value, field)]
}

function validateResourceName(name: string, field: string): Errors {
  const wrong = shaped(name, field, checkQualifiedName)
  if (wrong.length > 0) return wrong
  if (!name.includes('/')) {
    return must(isStandardContainerResource(name), () => invalidValue(field, name, 'must be a standard resource for containers'))
  }
  return must(isNative(name) || isExtendedResource(name), () => invalidValue(field, name, "doesn't follow extended resource name standard"))
}

/** Amounts are never negative; devices come whole. */
export function validateQuantity(name: string, value: string, field: string): Errors {
  const quantity = parseQuantity(value)
  return together(
    must(quantity.nanos >= 0n, () => invalidValue(field, value, 'must be greater than or equal to 0')),
    must(!isExtendedResource(name) || quantityMilliValue(quantity) % 1000 === 0, () => invalidValue(field, value, 'must be an integer')),
  )
}
