// The rules of roles and bindings.
import { invalidValue, requiredValue, unsupportedValue } from '../../meta/field-error.ts'
import { checkDns1123Subdomain, checkPathSegment } from '../../meta/names.ts'
import { type Errors, each, immutable, labelSelector, must, named, supported } from '../validation.ts'
import { rbacGroup } from './complete-binding.ts'
import type { AggregationRule, PolicyRule, RoleRef, Subject } from './rule.ts'

export function validateRules(rules: readonly PolicyRule[] | undefined, namespaced: boolean): Errors {
  return each(rules, 'rules', (rule, at) => validateRule(rule, namespaced, at))
}

function validateRule(rule: PolicyRule, namespaced: boolean, field: string): Errors {
  const { verbs, apiGroups, resources, resourceNames, nonResourceURLs } = rule
  const isGiven = (list: readonly string[] | undefined) => (list?.length ?? 0) > 0
  const errors = [...must(isGiven(verbs), () => requiredValue(`${field}.verbs`, 'verbs must contain at least one value'))]
  if (isGiven(nonResourceURLs)) {
    const wrong = (detail: string) => invalidValue(`${field}.nonResourceURLs`, nonResourceURLs, detail)
    if (namespaced) errors.push(wrong('namespaced rules cannot apply to non-resource URLs'))
    if (isGiven(apiGroups) || isGiven(resources) || isGiven(resourceNames)) {
      errors.push(wrong('rules cannot apply to both regular resources and non-resource URLs'))
    }
    return errors
  }
  if (!isGiven(apiGroups)) errors.push(requiredValue(`${field}.apiGroups`, 'resource rules must supply at least one api group'))
  if (!isGiven(resources)) errors.push(requiredValue(`${field}.resources`, 'resource rules must supply at least one resource'))
  return errors
}

export function validateAggregation(rule: AggregationRule | undefined): Errors {
  if (!rule) return []
  const field = 'aggregationRule.clusterRoleSelectors'
  return [
    ...must((rule.clusterRoleSelectors?.length ?? 0) > 0, () =>
      requiredValue(field, 'at least one clusterRoleSelector required if aggregationRule is non-nil'),
    ),
    ...each(rule.clusterRoleSelectors, field, labelSelector),
  ]
}

interface Binding {
  readonly roleRef: RoleRef
  readonly subjects?: readonly Subject[] | undefined
}

/** What a binding grants never changes: whoever may change its subjects could take more otherwise. */
export function validateBinding(next: Binding, previous: Binding | undefined, namespaced: boolean): Errors {
  const { roleRef = { kind: '', name: '' } } = next
  const roles = namespaced ? ['Role', 'ClusterRole'] : ['ClusterRole']
  return [
    ...supported(roleRef.apiGroup ?? '', 'roleRef.apiGroup', [rbacGroup]),
    ...must(roles.includes(roleRef.kind), () => unsupportedValue('roleRef.kind', roleRef.kind ?? '', roles)),
    ...named(roleRef.name, 'roleRef.name', checkPathSegment),
    ...each(next.subjects, 'subjects', (subject, at) => validateSubject(subject, namespaced, at)),
    ...(previous ? immutable(next.roleRef, previous.roleRef, 'roleRef', 'cannot change roleRef') : []),
  ]
}

function validateSubject({ kind, name, apiGroup = '', namespace }: Subject, namespaced: boolean, field: string): Errors {
  switch (kind) {
    case 'ServiceAccount':
      return [
        ...named(name, `${field}.name`, checkDns1123Subdomain),
        ...supported(apiGroup, `${field}.apiGroup`, ['']),
        ...must(namespaced || Boolean(namespace), () => requiredValue(`${field}.namespace`)),
      ]
    case 'User':
    case 'Group':
      return [...named(name, `${field}.name`), ...supported(apiGroup, `${field}.apiGroup`, [rbacGroup])]
    default:
      return [...named(name, `${field}.name`), unsupportedValue(`${field}.kind`, kind ?? '', ['ServiceAccount', 'User', 'Group'])]
  }
}
