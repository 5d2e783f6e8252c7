// Aggregated ClusterRoles bear the rules of all the roles that their selectors find, so that adding a role adds to them.
import { keyOf } from '../api/kind.ts'
import { aggregatedRules } from '../api/rbac/aggregation.ts'
import { ClusterRole } from '../api/rbac/cluster-role.ts'
import { deepEqual } from '../meta/deep-equal.ts'
import { nothingToDo, type Reconciler, watch } from './runtime/reconciler.ts'
import type { View } from './runtime/view.ts'
import { write } from './runtime/writes.ts'

export const clusterRoleAggregationController: Reconciler = {
  name: 'clusterrole-aggregation-controller',
  // Any role may be part of any aggregated one.
  watches: [watch(ClusterRole, (_role, view) => aggregated(view).map(keyOf))],
  reconcile: (key, { view }) => {
    const role = view.get(ClusterRole, key)
    const rules = role && aggregatedRules(role, view.list(ClusterRole))
    return !rules || deepEqual(rules, role.rules ?? []) ? nothingToDo : { writes: [write.update(ClusterRole, { ...role, rules })] }
  },
}

function aggregated(view: View): readonly ClusterRole[] {
  return view.list(ClusterRole).filter(role => role.aggregationRule)
}
