import { atomic, atomicList, defaulted, describe, type Infer, map, object, quantity, required, string } from '../../schema/schema.ts'
import { text } from '../columns.ts'
import { ageColumn, type Column, type Kind, type NamespacedObject, nameColumn, namespacedKind } from '../kind.ts'
import { withFields } from '../sharing.ts'
import { warnQuota } from './quota-warnings.ts'
import { roundAmounts } from './resource-amounts.ts'
import { validateQuota, validateQuotaStatus } from './validate-resource-quota.ts'

const core = (name: string) => `io.k8s.api.core.v1.${name}`

export const scopedResourceSelectorRequirement = object(
  core('ScopedResourceSelectorRequirement'),
  'What an object must be for a quota to count it.',
  {
    operator: required(string("How the values are compared with the object's: In, NotIn, Exists or DoesNotExist.")),
    scopeName: required(string('The scope, such as PriorityClass.')),
    values: describe('What is compared with; none for Exists and DoesNotExist.', atomicList(string())),
  },
)
export type ScopedResourceSelectorRequirement = Infer<typeof scopedResourceSelectorRequirement>

export const scopeSelector = atomic(
  object(core('ScopeSelector'), 'Which objects a quota counts.', {
    matchExpressions: describe('Requirements; an object has to meet all of them.', atomicList(scopedResourceSelectorRequirement)),
  }),
)
export type ScopeSelector = Infer<typeof scopeSelector>

export const resourceQuotaSpec = object(core('ResourceQuotaSpec'), 'How much the objects of a namespace may use together.', {
  hard: describe('The most of each resource.', map(quantity())),
  scopeSelector: describe('Which objects count, by scopes that have values.', scopeSelector),
  scopes: describe('Which objects count: those that are of all these scopes; all when there are none.', atomicList(string())),
})
export type ResourceQuotaSpec = Infer<typeof resourceQuotaSpec>

export const resourceQuotaStatus = object(core('ResourceQuotaStatus'), 'How much is used.', {
  hard: describe('The most of each resource, as it holds now.', map(quantity())),
  used: describe('What is used of it.', map(quantity())),
})
export type ResourceQuotaStatus = Infer<typeof resourceQuotaStatus>

const fields = {
  spec: describe('How much may be used.', defaulted(resourceQuotaSpec, {})),
  status: describe('How much is used.', defaulted(resourceQuotaStatus, {})),
}
export type ResourceQuota = NamespacedObject<typeof fields>

function complete(quota: ResourceQuota): ResourceQuota {
  const { spec, status } = quota
  return withFields(quota, {
    spec: withFields(spec, { hard: roundAmounts(spec.hard) }),
    status: withFields(status, { hard: roundAmounts(status.hard), used: roundAmounts(status.used) }),
  })
}

/** `cpu: 1/4, pods: 3/10`, of limits or of everything else. */
function usage({ status }: ResourceQuota, ofLimits: boolean): string {
  return Object.keys(status.hard ?? {})
    .filter(name => name.startsWith('limits.') === ofLimits)
    .sort()
    .map(name => `${name}: ${status.used?.[name] ?? '0'}/${status.hard?.[name]}`)
    .join(', ')
}

const columns: readonly Column<ResourceQuota>[] = [
  nameColumn,
  text('Request', 'What is requested and counted, of what may be.', quota => usage(quota, false)),
  text('Limit', 'What the limits add up to, of what they may.', quota => usage(quota, true)),
  ageColumn,
]

export const ResourceQuota: Kind<ResourceQuota> = namespacedKind({
  group: '',
  version: 'v1',
  kind: 'ResourceQuota',
  plural: 'resourcequotas',
  shortNames: ['quota'],
  definition: 'io.k8s.api.core.v1.ResourceQuota',
  doc: 'The most that all objects of a namespace may use together.',
  hasStatus: true,
  fields,
  validate: (next, previous) => validateQuota(next.spec, previous?.spec),
  validateStatus: next => validateQuotaStatus(next.status),
  warnings: warnQuota,
  columns,
  complete,
})
