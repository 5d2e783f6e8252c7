// Which names of resources mean something to limits and quotas. Names with a domain are anybody's; without one, they are Kubernetes' own.
import { invalidValue } from '../../meta/field-error.ts'
import { checkQualifiedName } from '../../meta/names.ts'
import { parseQuantity, quantityMilliValue } from '../../meta/quantity.ts'
import { type Errors, must, shaped, together } from '../validation.ts'
import { validateNonnegativeAmount } from './resource-amounts.ts'

const counted = [
  'pods',
  'resourcequotas',
  'services',
  'replicationcontrollers',
  'secrets',
  'configmaps',
  'persistentvolumeclaims',
  'services.nodeports',
  'services.loadbalancers',
]
const computed = ['cpu', 'memory', 'ephemeral-storage']
const quota = new Set([
  ...counted,
  ...computed,
  ...[...computed, 'storage'].map(name => `requests.${name}`),
  ...computed.map(name => `limits.${name}`),
])

export function isHugePages(name: string): boolean {
  return name.startsWith('hugepages-')
}

/** Names without a domain that a container can ask for. */
export function isStandardContainerResource(name: string): boolean {
  return computed.includes(name) || isHugePages(name)
}

/** Resources of devices and the like: whole numbers that cannot be overcommitted. */
export function isExtendedResource(name: string): boolean {
  return !isNative(name) && !name.startsWith('requests.') && checkQualifiedName(`requests.${name}`).length === 0
}

function isNative(name: string): boolean {
  return !name.includes('/') || name.includes('kubernetes.io/')
}

/** Whether more may be limited than is there. */
export function canOvercommit(name: string): boolean {
  return isNative(name) && !isHugePages(name)
}

/** What a quota can count without a domain in its name. */
export function isStandardQuotaResource(name: string): boolean {
  return quota.has(name) || isHugePages(name) || name.startsWith('requests.hugepages-')
}

export function validateResourceName(name: string, field: string): Errors {
  const wrong = shaped(name, field, checkQualifiedName)
  if (wrong.length > 0) return wrong
  return must(name.includes('/') || name === 'storage' || isStandardQuotaResource(name), () =>
    invalidValue(field, name, 'must be a standard resource type or fully qualified'),
  )
}

export function validateContainerResourceName(name: string, field: string): Errors {
  return together(
    validateResourceName(name, field),
    must(name.includes('/') || isStandardContainerResource(name), () =>
      invalidValue(field, name, 'must be a standard resource for containers'),
    ),
    must(isNative(name) || isExtendedResource(name), () => invalidValue(field, name, "doesn't follow extended resource name standard")),
  )
}

export function validateQuotaResourceName(name: string, field: string): Errors {
  return together(
    validateResourceName(name, field),
    must(name.includes('/') || isStandardQuotaResource(name), () => invalidValue(field, name, 'must be a standard resource for quota')),
  )
}

/** Amounts are never negative, and what is counted comes whole. */
export function validateAmountOf(name: string, amount: string, field: string): Errors {
  const isDivisible = !counted.includes(name) && !isExtendedResource(name)
  return together(
    validateNonnegativeAmount(amount, field),
    must(isDivisible || quantityMilliValue(parseQuantity(amount)) % 1000 === 0, () => invalidValue(field, amount, 'must be an integer')),
  )
}
