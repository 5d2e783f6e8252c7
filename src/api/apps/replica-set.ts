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
import { warnWorkload } from './workload-warnings.ts'

const apps = (name: string) => `io.k8s.api.apps.v1.${name}`

export const replicaSetCondition = object(apps('ReplicaSetCondition'), '', {
  lastTransitionTime: time('When the status last changed.'),
  message: string('What it means, for people.'),
  reason: string('Why, in one word for programs.'),
  status: required(string('True, False or Unknown.')),
  type: required(string('Which condition this is.')),
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
  availableReplicas: int32('Pods that have been ready for long enough.'),
  conditions: describe('What else can be said of its state.', patch('merge', 'type', listMap(['type'], replicaSetCondition))),
  fullyLabeledReplicas: int32('Pods that have all labels of the template.'),
  observedGeneration: int64('The generation that this status is about.'),
  readyReplicas: int32('Pods that are ready.'),
  replicas: describe('Pods that there are.', always(int32(), 0)),
  terminatingReplicas: int32('Pods that are ending and not yet gone.'),
})
export type ReplicaSetStatus = Infer<typeof replicaSetStatus>

const fields = {
  spec: defaulted(replicaSetSpec, {}),
  status: describe('What there is.', defaulted(replicaSetStatus, {})),
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
  warnings: warnWorkload,
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
