// The roles and bindings that every cluster starts with, and how a server mends them when it starts: what was taken away comes back, what
// was added stays, and an object whose autoupdate annotation says "false" is left alone.

import type { Kind } from '../../api/kind.ts'
import { aggregateAll } from '../../api/rbac/aggregation.ts'
import { ClusterRole } from '../../api/rbac/cluster-role.ts'
import type { AggregationRule, PolicyRule, RoleRef, Subject } from '../../api/rbac/rule.ts'
import { deepEqual } from '../../meta/deep-equal.ts'
import type { KubeObject } from '../../meta/object-meta.ts'
import { clusterBindings } from './bootstrap/bindings.ts'
import { componentRoles } from './bootstrap/component-roles.ts'
import { controllerRoles } from './bootstrap/controller-roles.ts'
import { namespaceRoles } from './bootstrap/namespace-roles.ts'
import { autoUpdate, type DefaultObject } from './bootstrap/notation.ts'
import { userRoles } from './bootstrap/user-roles.ts'
import { compact, uncovered } from './rules.ts'

export { nodeRules } from './bootstrap/component-roles.ts'

export const bootstrapPolicy: readonly DefaultObject[] = withAggregation([
  ...userRoles,
  ...componentRoles,
  ...clusterBindings,
  ...controllerRoles,
  ...namespaceRoles,
])

export interface PolicyWrite extends DefaultObject {
  /** Whether the object is there already, to be updated. */
  readonly exists: boolean
  /** It refers to another role, which cannot be changed: delete it first, then create. */
  readonly replaces: boolean
}

/** A role or a binding; which fields it has depends on its kind. */
interface Policy extends KubeObject {
  readonly rules?: readonly PolicyRule[]
  readonly aggregationRule?: AggregationRule
  readonly subjects?: readonly Subject[]
  readonly roleRef?: RoleRef
}

/** The writes that bring the default policy back. `current`: the roles and bindings there are, of all four kinds. */
export function reconcileBootstrapPolicy(current: Iterable<KubeObject>): readonly PolicyWrite[] {
  const found = new Map<string, Policy>()
  for (const object of current) found.set(identity(object), object)
  return bootstrapPolicy.flatMap(({ kind, object }): readonly PolicyWrite[] => {
    const wanted = object as Policy
    const existing = found.get(identity(wanted))
    if (!existing) return [{ kind, object, exists: false, replaces: false }]
    if (existing.metadata.annotations?.[autoUpdate] === 'false') return []
    if (existing.roleRef && !deepEqual(existing.roleRef, wanted.roleRef)) return [{ kind, object, exists: true, replaces: true }]
    const mended = mend(existing, wanted)
    return deepEqual(mended, existing) ? [] : [{ kind, object: mended, exists: true, replaces: false }]
  })
}

function mend(existing: Policy, wanted: Policy): Policy {
  const { metadata } = existing
  return {
    ...existing,
    metadata: {
      ...metadata,
      labels: { ...metadata.labels, ...wanted.metadata.labels },
      annotations: { ...metadata.annotations, ...wanted.metadata.annotations },
    },
    ...(wanted.aggregationRule && { aggregationRule: mendAggregation(existing.aggregationRule, wanted.aggregationRule) }),
    // The rules of an aggregated role follow from other roles.
    ...(wanted.rules && !wanted.aggregationRule && { rules: mendRules(existing.rules ?? [], wanted.rules) }),
    ...(wanted.subjects?.length && { subjects: mendSubjects(existing.subjects ?? [], wanted.subjects) }),
  }
}

function mendRules(existing: readonly PolicyRule[], wanted: readonly PolicyRule[]): readonly PolicyRule[] {
  return [...existing, ...compact(uncovered(existing, wanted))]
}
function mendSubjects(existing: readonly Subject[], wanted: readonly Subject[]): readonly Subject[] {
  const isSame = (a: Subject, b: Subject) => a.kind === b.kind && a.name === b.name && (a.namespace ?? '') === (b.namespace ?? '')
  return [...existing, ...wanted.filter(w => !existing.some(e => isSame(e, w)))]
}
function mendAggregation(existing: AggregationRule | undefined, wanted: AggregationRule): AggregationRule {
  const selectors = existing?.clusterRoleSelectors ?? []
  const missing = (wanted.clusterRoleSelectors ?? []).filter(w => !selectors.some(s => deepEqual(s, w)))
  return missing.length === 0 && existing ? existing : { ...existing, clusterRoleSelectors: [...selectors, ...missing] }
}

function identity({ kind, metadata }: KubeObject): string {
  return `${kind}/${metadata.namespace ?? ''}/${metadata.name}`
}

/** Aggregated roles have their rules from the start, before a controller has run. */
function withAggregation(objects: readonly DefaultObject[]): readonly DefaultObject[] {
  const isClusterRole = (o: DefaultObject): boolean => o.kind === (ClusterRole as Kind)
  const roles = aggregateAll(objects.filter(isClusterRole).map(o => o.object as ClusterRole))
  const byName = new Map(roles.map(r => [r.metadata.name, r]))
  return objects.map(o => (isClusterRole(o) ? { ...o, object: byName.get((o.object as ClusterRole).metadata.name)! } : o))
}
