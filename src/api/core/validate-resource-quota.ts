// The rules of quotas: what can be counted, and which scopes go with it.
import { type FieldError, invalidValue, requiredValue } from '../../meta/field-error.ts'
import { type Errors, must, together, when } from '../validation.ts'
import type { Amounts } from './resource-amounts.ts'
import { isStandardQuotaResource, validateAmountOf, validateQuotaResourceName } from './resource-names.ts'
import type { ResourceQuotaSpec, ResourceQuotaStatus, ScopedResourceSelectorRequirement, ScopeSelector } from './resource-quota.ts'

export function validateQuota(next: ResourceQuotaSpec, previous: ResourceQuotaSpec | undefined): Errors {
  return together(
    validateAmounts(next.hard, 'spec.hard'),
    validateScopes(next, 'spec.scopes'),
    when(next.scopeSelector, selector => validateScopeSelector(selector, next, 'spec.scopeSelector.matchExpressions')),
    must(previous === undefined || sameScopes(next, previous), () => invalidValue('spec.scopes', next.scopes, 'field is immutable')),
  )
}

export function validateQuotaStatus({ hard, used }: ResourceQuotaStatus): Errors {
  return together(validateAmounts(hard, 'status.hard'), validateAmounts(used, 'status.used'))
}

function sameScopes({ scopes: a }: ResourceQuotaSpec, { scopes: b }: ResourceQuotaSpec): boolean {
  return new Set(a).symmetricDifference(new Set(b)).size === 0
}

function validateAmounts(amounts: Amounts | undefined, field: string): Errors {
  return Object.entries(amounts ?? {}).flatMap(([name, amount]) => {
    const at = `${field}[${name}]`
    return together(validateQuotaResourceName(name, at), validateAmountOf(name, amount, at))
  })
}

const pods = ['pods']
const compute = ['cpu', 'memory', 'limits.cpu', 'limits.memory', 'requests.cpu', 'requests.memory']
const claims = ['persistentvolumeclaims', 'requests.storage']

/** What a quota of each scope can count. */
const resourcesOf: Readonly<Record<string, readonly string[]>> = {
  Terminating: [...pods, ...compute],
  NotTerminating: [...pods, ...compute],
  BestEffort: pods,
  NotBestEffort: [...pods, ...compute],
  PriorityClass: [...pods, ...compute],
  CrossNamespacePodAffinity: [...pods, ...compute],
  VolumeAttributesClass: claims,
}
/** Scopes that an object is in or not, without a value. */
const plainScopes = ['BestEffort', 'NotBestEffort', 'Terminating', 'NotTerminating', 'CrossNamespacePodAffinity']

function unfitResources(scope: string, { hard = {} }: ResourceQuotaSpec): readonly string[] {
  const fit = Object.hasOwn(resourcesOf, scope) ? resourcesOf[scope] : undefined
  return fit ? Object.keys(hard).filter(name => isStandardQuotaResource(name) && !fit.includes(name)) : []
}

function hasConflict(scopes: readonly string[]): boolean {
  const both = (a: string, b: string) => scopes.includes(a) && scopes.includes(b)
  return both('BestEffort', 'NotBestEffort') || both('Terminating', 'NotTerminating')
}

function validateScopes(spec: ResourceQuotaSpec, field: string): Errors {
  const { scopes = [] } = spec
  return together(
    scopes.flatMap(scope => [
      ...must(Object.hasOwn(resourcesOf, scope), () => invalidValue(field, scopes, 'unsupported scope')),
      ...unfitResources(scope, spec).map(() => invalidValue(field, scopes, 'unsupported scope applied to resource')),
    ]),
    must(!hasConflict(scopes), () => invalidValue(field, scopes, 'conflicting scopes')),
  )
}

function validateScopeSelector(selector: ScopeSelector, spec: ResourceQuotaSpec, field: string): Errors {
  const { matchExpressions = [] } = selector
  return together(
    matchExpressions.flatMap(requirement => [
      ...must(Object.hasOwn(resourcesOf, requirement.scopeName), () =>
        invalidValue(`${field}.scopeName`, requirement.scopeName, 'unsupported scope'),
      ),
      ...unfitResources(requirement.scopeName, spec).map(() => invalidValue(field, selector, 'unsupported scope applied to resource')),
      ...validateRequirement(requirement, field),
    ]),
    must(!hasConflict(matchExpressions.map(r => r.scopeName)), () => invalidValue(field, spec.scopes, 'conflicting scopes')),
  )
}

const onlyExists =
  "must be 'Exist' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity"

function validateRequirement(
  { scopeName, operator, values = [] }: ScopedResourceSelectorRequirement,
  field: string,
): readonly FieldError[] {
  const ofScope = must(!plainScopes.includes(scopeName) || operator === 'Exists', () =>
    invalidValue(`${field}.operator`, operator, onlyExists),
  )
  switch (operator) {
    case 'In':
    case 'NotIn': {
      const detail = "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector"
      return [...ofScope, ...must(values.length > 0, () => requiredValue(`${field}.values`, detail))]
    }
    case 'Exists':
    case 'DoesNotExist': {
      const detail = "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector"
      return [...ofScope, ...must(values.length === 0, () => invalidValue(`${field}.values`, values, detail))]
    }
    default:
      return [...ofScope, invalidValue(`${field}.operator`, operator, 'not a valid selector operator')]
  }
}
