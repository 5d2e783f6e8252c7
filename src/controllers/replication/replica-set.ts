import { ReplicaSet } from '../../api/apps/replica-set.ts'
import { controllerOf } from '../../meta/owner-references.ts'
import { nothing, selectorOf } from '../../meta/selector.ts'
import { type ReplicatorKind, replicaReconciler } from './replicas.ts'

export const replicaSets: ReplicatorKind<ReplicaSet> = {
  kind: ReplicaSet,
  countsTerminating: true,
  selector: ({ spec }) => {
    const result = selectorOf(spec.selector)
    return result.ok && result.selector.requirements.length > 0 ? result.selector : nothing
  },
  related: (view, rs) => {
    const owner = controllerOf(rs)
    return owner ? view.list(ReplicaSet, rs.metadata.namespace).filter(other => controllerOf(other)?.uid === owner.uid) : [rs]
  },
}

export const replicaSetController = replicaReconciler('replicaset-controller', replicaSets)
