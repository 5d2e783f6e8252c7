// Aggregated ClusterRoles bear the rules of all the roles that their selectors find, so that adding a role adds to them.

import { keyOf } from '../api/kind.ts'
import { ClusterRole } from '../api/rbac/cluster-role.ts'
import type { PolicyRule } from '../api/rbac/rule.ts'
import { deepEqual } from '../meta/deep-equal.ts'
import { selectorOf } from '../meta/selector.ts'
import { nothingToDo, type Reconciler, watch } from './runtime/reconciler.ts'
import type { View } from './runtime/view.ts'
import { write } from './runtime/writes.ts'

export const clusterRoleAggregationController: Reconciler = {
  name: 'clusterrole-aggregation-controller',
  // Any role may be part of any aggregated one.
  watches: [watch(ClusterRole, (_role, view) => aggregated(view).map(keyOf))],
  reconcile: (key, { view }) => {
    const role = view.get(ClusterRole, key)
    if (!role?.aggregationRule) return nothingToDo
    const rules = aggregatedRules(role, view.list(ClusterRole))
    return deepEqual(rules, role.rules ?? []) ? nothingToDo : { writes: [write.update(ClusterRole, { ...role, rules })] }
  },
}

function aggregated(view: View): readonly ClusterRole[] {
  return view.list(ClusterRole).filter(role => role.aggregationRule)
}

/** In order of selectors, then of names; each rule once. */
export function aggregatedRules(role: ClusterRole, all: readonly ClusterRole[]): readonly PolicyRule[] {
  const others = all
    .filter(other => other.metadata.name !== role.metadata.name)
    .sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1))
  const rules: PolicyRule[] = []
  for (const labelSelector of role.aggregationRule?.clusterRoleSelectors ?? []) {
    const result = selectorOf(labelSelector)
    if (!result.ok) continue
    for (const rule of others.filter(other => result.selector.matches(other.metadata.labels)).flatMap(other => other.rules ?? [])) {
      if (!rules.some(known => deepEqual(known, rule))) rules.push(rule)
    }
  }
  return rules
}
