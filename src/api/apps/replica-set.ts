import { labelSelector } from '../../meta/label-selector.ts'
import {
  always,
  defaulted,
  describe,
  type Infer,
  int32,
  int64,
  listMap,
  object,
  patch,
  required,
  string,
  time,
} from '../../schema/schema.ts'
import { containerColumns, count, formatLabelSelector, selectorText, text } from '../columns.ts'
import { completeTemplateOf } from '../core/complete-pod-spec.ts'
import { podTemplateSpec } from '../core/pod-spec.ts'
import { ageColumn, type Column, type Kind, type NamespacedObject, nameColumn, namespacedKind } from '../kind.ts'
import { withFields } from '../sharing.ts'
import { validateCounts, validateWorkload } from './validate-workload.ts'

const apps = (name: string) => `io.k8s.api.apps.v1.${name}`

export const replicaSetCondition = object(apps('ReplicaSetCondition'), '', {
  lastTransitionTime: time(),
  message: string(),
  reason: string(),
  status: required(string()),
  type: required(string()),
})
export type ReplicaSetCondition = Infer<typeof replicaSetCondition>

export const replicaSetSpec = object(apps('ReplicaSetSpec'), 'What a replica set should be.', {
  minReadySeconds: int32('Seconds that a new pod must be ready to count as available.'),
  replicas: defaulted(int32('How many pods.'), 1),
  selector: describe('Labels of its pods; cannot change.', required(labelSelector)),
  template: describe('What its pods are like.', defaulted(podTemplateSpec, {})),
})
export type ReplicaSetSpec = Infer<typeof replicaSetSpec>

export const replicaSetStatus = object(apps('ReplicaSetStatus'), '', {
  availableReplicas: int32(),
  conditions: patch('merge', 'type', listMap(['type'], replicaSetCondition)),
  fullyLabeledReplicas: int32(),
  observedGeneration: int64(),
  readyReplicas: int32(),
  replicas: always(int32(), 0),
  terminatingReplicas: int32(),
})
export type ReplicaSetStatus = Infer<typeof replicaSetStatus>

const fields = {
  spec: defaulted(replicaSetSpec, {}),
  status: defaulted(replicaSetStatus, {}),
}
export type ReplicaSet = NamespacedObject<typeof fields>

const columns: readonly Column<ReplicaSet>[] = [
  nameColumn,
  count('Desired', 'Pods that are wanted.', rs => rs.spec.replicas),
  count('Current', 'Pods that there are.', rs => rs.status.replicas),
  count('Ready', 'Pods that are ready.', rs => rs.status.readyReplicas ?? 0),
  ageColumn,
  ...containerColumns,
  text('Selector', 'Labels of the pods.', rs => formatLabelSelector(rs.spec.selector), 1),
]

export const ReplicaSet: Kind<ReplicaSet> = namespacedKind({
  group: 'apps',
  version: 'v1',
  kind: 'ReplicaSet',
  plural: 'replicasets',
  shortNames: ['rs'],
  categories: ['all'],
  definition: 'io.k8s.api.apps.v1.ReplicaSet',
  doc: 'Keeps a number of like pods running.',
  hasStatus: true,
  hasGeneration: true,
  fields,
  validate: (next, previous) => validateWorkload(next.spec, previous?.spec, 'ReplicaSet'),
  validateStatus: next => validateCounts(next.status),
  columns,
  selectableFields: { 'status.replicas': rs => String(rs.status.replicas) },
  scale: {
    replicas: rs => rs.spec.replicas,
    withReplicas: (rs, replicas) => ({ ...rs, spec: { ...rs.spec, replicas } }),
    statusReplicas: rs => rs.status.replicas,
    selector: rs => selectorText(rs.spec.selector),
  },
  complete: rs => withFields(rs, { spec: completeTemplateOf(rs.spec) }),
})
