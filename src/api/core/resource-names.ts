// Which names of resources mean something to limits and quotas. Names with a domain are anybody's; without one, they are Kubernetes' own.
import { invalidValue } from '../../meta/field-error.ts'
import { checkQualifiedName } from '../../meta/names.ts'
import { parseQuantity, quantityMilliValue } from '../../meta/quantity.ts'
import { type Errors, must, shaped, together } from '../validation.ts'
import { validateNonnegativeAmount } from './resource-amounts.ts'
import { isExtendedResource, isStandardContainerResource } from './validate-resources.ts'

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

function isHugePages(name: string): boolean {
  return name.startsWith('hugepages-') || name.startsWith('requests.hugepages-')
}

/** What a quota can count without a domain in its name. */
export function isStandardQuotaResource(name: string): boolean {
  return quota.has(name) || isHugePages(name)
}

function validateResourceName(name: string, field: string): Errors {
  const wrong = shaped(name, field, checkQualifiedName)
  if (wrong.length > 0) return wrong
  return must(name.includes('/') || name === 'storage' || isStandardQuotaResource(name), () =>
    invalidValue(field, name, 'must be a standard resource type or fully qualified'),
  )
}

export function validateQuotaResourceName(name: string, field: string): Errors {
  return together(
    validateResourceName(name, field),
    must(name.includes('/') || isStandardQuotaResource(name), () => invalidValue(field, name, 'must be a standard resource for quota')),
  )
}

/** Limits of pods and containers are on what containers can ask for; others may be on storage too. */
export function validateLimitResourceName(name: string, isOfContainers: boolean, field: string): Errors {
  const wrong = validateResourceName(name, field)
  if (!isOfContainers) return wrong
  const isOther = name.includes('/') && !name.includes('kubernetes.io/')
  return together(
    wrong,
    must(name.includes('/') || isStandardContainerResource(name), () =>
      invalidValue(field, name, 'must be a standard resource for containers'),
    ),
    must(!isOther || isExtendedResource(name), () => invalidValue(field, name, "doesn't follow extended resource name standard")),
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
