import { ReplicationController } from '../../api/core/replication-controller.ts'
import { nothing, selectorOfLabels } from '../../meta/selector.ts'
import { type ReplicatorKind, replicaReconciler } from './replicas.ts'

const replicationControllers: ReplicatorKind<ReplicationController> = {
  kind: ReplicationController,
  countsTerminating: false,
  selector: ({ spec }) => (Object.keys(spec.selector ?? {}).length > 0 ? selectorOfLabels(spec.selector ?? {}) : nothing),
}

export const replicationControllerController = replicaReconciler('replication-controller', replicationControllers)
