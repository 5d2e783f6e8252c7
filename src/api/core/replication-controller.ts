import {
  always,
  atomic,
  defaulted,
  type Infer,
  int32,
  int64,
  listMap,
  map,
  object,
  patch,
  required,
  string,
  time,
} from '../../schema/schema.ts'
import { type Kind, type NamespacedObject, namespacedKind } from '../kind.ts'
import { podTemplateSpec } from './pod-spec.ts'

const core = (name: string) => `io.k8s.api.core.v1.${name}`

export const replicationControllerCondition = object(core('ReplicationControllerCondition'), '', {
  lastTransitionTime: time(),
  message: string(),
  reason: string(),
  status: required(string()),
  type: required(string()),
})
export type ReplicationControllerCondition = Infer<typeof replicationControllerCondition>

export const replicationControllerSpec = object(core('ReplicationControllerSpec'), '', {
  minReadySeconds: int32(),
  replicas: defaulted(int32(), 1),
  selector: atomic(map(string())),
  template: podTemplateSpec,
})
export type ReplicationControllerSpec = Infer<typeof replicationControllerSpec>

export const replicationControllerStatus = object(core('ReplicationControllerStatus'), '', {
  availableReplicas: int32(),
  conditions: patch('merge', 'type', listMap(['type'], replicationControllerCondition)),
  fullyLabeledReplicas: int32(),
  observedGeneration: int64(),
  readyReplicas: int32(),
  replicas: always(int32(), 0),
})
export type ReplicationControllerStatus = Infer<typeof replicationControllerStatus>

const fields = {
  spec: defaulted(replicationControllerSpec, {}),
  status: defaulted(replicationControllerStatus, {}),
}
export type ReplicationController = NamespacedObject<typeof fields>

export const ReplicationController: Kind<ReplicationController> = namespacedKind({
  group: '',
  version: 'v1',
  kind: 'ReplicationController',
  plural: 'replicationcontrollers',
  shortNames: ['rc'],
  categories: ['all'],
  definition: 'io.k8s.api.core.v1.ReplicationController',
  doc: '',
  hasStatus: true,
  hasGeneration: true,
  fields,
})
