// What containers, and pods as a whole, may request and be limited to.
import {
  duplicateValue,
  type FieldError,
  forbiddenValue,
  invalidValue,
  notFoundValue,
  requiredValue,
  unsupportedValue,
} from '../../meta/field-error.ts'
import { checkDns1123Label } from '../../meta/names.ts'
import { compareQuantity, parseQuantity, type Quantity, quantityMilliValue, quantityValue, readQuantity } from '../../meta/quantity.ts'
import { type Errors, each, must, shapedIfSet, together } from '../validation.ts'
import type { ResourceClaim, ResourceRequirements } from './container.ts'
import { isPodLevelResource } from './pod-resources.ts'
import { validateNonnegativeAmount } from './resource-amounts.ts'
import { canOvercommit, isExtendedResource, isHugePages, validateContainerResourceName, validateResourceName } from './resource-names.ts'

type Requirements = Pick<ResourceRequirements, 'limits' | 'requests' | 'claims'> | undefined
type CheckName = (name: string, field: string) => Errors

export function validateContainerResources(resources: Requirements, claimNames: ReadonlySet<string>, field: string): Errors {
  return validateRequirements(resources, claimNames, validateContainerResourceName, field)
}

export function validatePodLevelResources(resources: Requirements, claimNames: ReadonlySet<string>, field: string): Errors {
  return validateRequirements(resources, claimNames, validatePodResourceName, field)
}

/** The kinds that upstream lists; those of huge pages are without number. */
const podLevelResources = ['cpu', 'hugepages-', 'memory']

function validatePodResourceName(name: string, field: string): Errors {
  const wrong = validateResourceName(name, field)
  return wrong.length > 0 || isPodLevelResource(name) ? wrong : [unsupportedValue(field, name, podLevelResources)]
}

function validateRequirements(resources: Requirements, claimNames: ReadonlySet<string>, checkName: CheckName, field: string): Errors {
  if (!resources) return []
  const { limits = {}, requests = {}, claims } = resources
  const validateAmount = (name: string, amount: string, at: string) =>
    together(checkName(name, at), validateQuantity(name, amount, at), validatePages(name, amount, at))
  return together(
    Object.entries(limits).flatMap(([name, amount]) => validateAmount(name, amount, `${field}.limits[${name}]`)),
    Object.entries(requests).flatMap(([name, amount]) =>
      together(
        validateAmount(name, amount, `${field}.requests[${name}]`),
        validateAgainstLimit(name, amount, Object.hasOwn(limits, name) ? limits[name] : undefined, field),
      ),
    ),
    validateHugePages({ ...limits, ...requests }, field),
    validateClaims(claims, claimNames, `${field}.claims`),
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
  const lacksBasis = names.some(isHugePages) && !names.includes('cpu') && !names.includes('memory')
  return must(!lacksBasis, () => forbiddenValue(field, 'HugePages require cpu or memory'))
}

/** Whole pages of the size that is in the name. */
function validatePages(name: string, amount: string, field: string): Errors {
  const isWhole = !isHugePages(name) || isMultiple(parseQuantity(amount), readQuantity(name.slice('hugepages-'.length)))
  return must(isWhole, () => invalidValue(field, amount, `${amount} is not positive integer multiple of ${name}`))
}

function isMultiple(amount: Quantity, size: ReturnType<typeof readQuantity>): boolean {
  if ('error' in size) return false
  const bytes = quantityValue(size.value)
  return bytes > 0 && quantityMilliValue(size.value) % 1000 === 0 && quantityValue(amount) % bytes === 0
}

/** A container names a claim of the pod as a whole, or some of its requests, each once. */
function validateClaims(claims: readonly ResourceClaim[] | undefined, claimNames: ReadonlySet<string>, field: string): Errors {
  const known = new Set<string>()
  const detail = `must be one of the names in pod.spec.resourceClaims${claimNames.size === 0 ? ' which is empty' : `: ${[...claimNames].sort().join(', ')}`}`
  return each(claims, field, ({ name, request }, at) => {
    if (!name) return [requiredValue(at)]
    const key = request ? `${name}/${request}` : name
    const parts = request ? [] : [...known].filter(other => other.startsWith(`${name}/`))
    const repeated: FieldError[] = [...(known.has(name) ? [name] : known.has(key) ? [key] : parts.map(() => name))].map(value =>
      duplicateValue(at, value),
    )
    const shape = known.has(name) ? [] : shapedIfSet(request, `${at}.request`, checkDns1123Label)
    if (!known.has(name)) known.add(key)
    return together(
      shape,
      repeated,
      must(claimNames.has(name), () => ({ ...notFoundValue(at, name), detail })),
    )
  })
}

/** Amounts are never negative; devices come whole. */
export function validateQuantity(name: string, amount: string, field: string): Errors {
  return together(
    validateNonnegativeAmount(amount, field),
    must(!isExtendedResource(name) || quantityMilliValue(parseQuantity(amount)) % 1000 === 0, () =>
      invalidValue(field, amount, 'must be an integer'),
    ),
  )
}
