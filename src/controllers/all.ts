// Every controller that is a reconciler. A controller is added by a line here.
import { deploymentController } from './deployment/deployment.ts'
import { endpointSliceController } from './endpoints/endpoint-slices.ts'
import { endpointsController } from './endpoints/endpoints.ts'
import { replicaSetController } from './replication/replica-set.ts'
import { replicationControllerController } from './replication/replication-controller.ts'
import type { Reconciler } from './runtime/reconciler.ts'

export const reconcilers: readonly Reconciler[] = [
  deploymentController,
  endpointSliceController,
  endpointsController,
  replicaSetController,
  replicationControllerController,
]
