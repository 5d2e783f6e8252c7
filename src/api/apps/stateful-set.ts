import { labelSelector } from '../../meta/label-selector.ts'
import {
  always,
  atomicList,
  defaulted,
  describe,
  type Infer,
  int32,
  int64,
  intOrString,
  listMap,
  object,
  oneOf,
  patch,
  required,
  string,
  time,
} from '../../schema/schema.ts'
import { containerColumns, selectorText, text } from '../columns.ts'
import { completeTemplateOf } from '../core/complete-pod-spec.ts'
import { PersistentVolumeClaim } from '../core/persistent-volume-claim.ts'
import { podTemplateSpec } from '../core/pod-spec.ts'
import { ageColumn, type Column, type Kind, type NamespacedObject, nameColumn, namespacedKind } from '../kind.ts'
import { mapShared, withFields } from '../sharing.ts'
import { checkLabelName } from '../validate-name.ts'
import { validateStatefulSet, validateStatefulSetStatus } from './validate-stateful-set.ts'
import { warnStatefulSet } from './workload-warnings.ts'

const apps = (name: string) => `io.k8s.api.apps.v1.${name}`

export const statefulSetCondition = object(apps('StatefulSetCondition'), 'Something that can be said of a stateful set.', {
  lastTransitionTime: time('When the status last changed.'),
  message: string('Why, for people.'),
  reason: string('Why, in one word.'),
  status: required(string('Whether it holds: True, False or Unknown.')),
  type: required(string('What is said.')),
})
export type StatefulSetCondition = Infer<typeof statefulSetCondition>

export const rollingUpdateStatefulSetStrategy = object(
  apps('RollingUpdateStatefulSetStrategy'),
  'How pods are replaced one after another.',
  {
    maxUnavailable: intOrString('How many pods, or what percentage of them, may be missing meanwhile; at least 1.'),
    partition: int32('The ordinal below which pods stay as they are.'),
  },
)
export type RollingUpdateStatefulSetStrategy = Infer<typeof rollingUpdateStatefulSetStrategy>

export const statefulSetUpdateStrategy = object(apps('StatefulSetUpdateStrategy'), 'How old pods are replaced.', {
  rollingUpdate: describe('How they are replaced one after another; for RollingUpdate only.', rollingUpdateStatefulSetStrategy),
  type: string(
    'Whether the controller replaces pods (RollingUpdate, the default), or only makes new ones when old ones are deleted (OnDelete).',
  ),
})
export type StatefulSetUpdateStrategy = Infer<typeof statefulSetUpdateStrategy>

const retention = ['Delete', 'Retain'] as const

export const statefulSetPersistentVolumeClaimRetentionPolicy = object(
  apps('StatefulSetPersistentVolumeClaimRetentionPolicy'),
  'What becomes of the claims that were made of the templates.',
  {
    whenDeleted: defaulted(oneOf(retention, 'When the stateful set is deleted: they go with it (Delete) or stay (Retain).'), 'Retain'),
    whenScaled: defaulted(
      oneOf(retention, 'When a pod goes as there are to be fewer: its claims go with it (Delete) or stay (Retain).'),
      'Retain',
    ),
  },
)
export type StatefulSetPersistentVolumeClaimRetentionPolicy = Infer<typeof statefulSetPersistentVolumeClaimRetentionPolicy>

export const statefulSetOrdinals = object(apps('StatefulSetOrdinals'), 'How the pods are numbered.', {
  start: int32('The number of the first pod.'),
})
export type StatefulSetOrdinals = Infer<typeof statefulSetOrdinals>

export const statefulSetSpec = object(apps('StatefulSetSpec'), 'What a stateful set should be.', {
  minReadySeconds: int32('Seconds that a new pod must be ready to count as available.'),
  ordinals: describe('How its pods are numbered; from 0 when absent.', statefulSetOrdinals),
  persistentVolumeClaimRetentionPolicy: describe(
    'What becomes of the claims that were made of the templates.',
    defaulted(statefulSetPersistentVolumeClaimRetentionPolicy, {}),
  ),
  podManagementPolicy: defaulted(
    string('Whether pods are made and deleted one after another (OrderedReady) or all at once (Parallel). Cannot change.'),
    'OrderedReady',
  ),
  replicas: defaulted(int32('How many pods.'), 1),
  revisionHistoryLimit: defaulted(int32('How many former states to keep.'), 10),
  selector: describe('Labels of its pods; cannot change.', required(labelSelector)),
  serviceName: defaulted(string('The service without an address of its own that gives the pods their names in DNS. Cannot change.'), ''),
  template: describe('What its pods are like. Each is named after the set and its number, and keeps its name.', required(podTemplateSpec)),
  updateStrategy: describe('How old pods are replaced.', defaulted(statefulSetUpdateStrategy, {})),
  volumeClaimTemplates: describe(
    'Claims that each pod gets for itself, and finds again when it is replaced; cannot change.',
    atomicList(PersistentVolumeClaim.schema),
  ),
})
export type StatefulSetSpec = Infer<typeof statefulSetSpec>

export const statefulSetStatus = object(apps('StatefulSetStatus'), 'How far a stateful set is.', {
  availableReplicas: defaulted(int32('Pods ready for long enough.'), 0),
  collisionCount: int32('How often a name for a new revision was taken.'),
  conditions: describe('What is to be said of it.', patch('merge', 'type', listMap(['type'], statefulSetCondition))),
  currentReplicas: int32('Pods of the current revision.'),
  currentRevision: string('The revision of the pods that are not yet replaced.'),
  observedGeneration: int64('The generation that this tells of.'),
  readyReplicas: int32('Pods that are ready.'),
  replicas: always(int32('All its pods.'), 0),
  updateRevision: string('The revision of the current template.'),
  updatedReplicas: int32('Pods of the revision of the current template.'),
})
export type StatefulSetStatus = Infer<typeof statefulSetStatus>

const fields = {
  spec: describe('What it should be.', defaulted(statefulSetSpec, {})),
  status: describe('How far it is.', defaulted(statefulSetStatus, {})),
}
export type StatefulSet = NamespacedObject<typeof fields>

function complete(statefulSet: StatefulSet): StatefulSet {
  const spec = completeTemplateOf(statefulSet.spec)
  return withFields(statefulSet, {
    spec: withFields(spec, {
      updateStrategy: completeStrategy(spec.updateStrategy),
      volumeClaimTemplates: spec.volumeClaimTemplates && mapShared(spec.volumeClaimTemplates, completeClaim),
    }),
  })
}

/** Only who says nothing of the type gets its parts. */
function completeStrategy(strategy: StatefulSetUpdateStrategy): StatefulSetUpdateStrategy {
  const type = strategy.type || 'RollingUpdate'
  const rollingUpdate = strategy.type ? strategy.rollingUpdate : (strategy.rollingUpdate ?? {})
  if (type !== 'RollingUpdate' || !rollingUpdate) return withFields(strategy, { type })
  const { partition = 0, maxUnavailable = 1 } = rollingUpdate
  return withFields(strategy, { type, rollingUpdate: withFields(rollingUpdate, { partition, maxUnavailable }) })
}

/** Claims in templates are told as whole objects, though they are none yet. */
function completeClaim(claim: PersistentVolumeClaim): PersistentVolumeClaim {
  const { complete: completeKind = same => same } = PersistentVolumeClaim
  const { apiVersion, kind } = claim
  return completeKind(withFields(claim, { apiVersion: apiVersion || 'v1', kind: kind || 'PersistentVolumeClaim' }))
}

const columns: readonly Column<StatefulSet>[] = [
  nameColumn,
  text('Ready', 'Pods that are ready, of those wanted.', sts => `${sts.status.readyReplicas ?? 0}/${sts.spec.replicas}`),
  ageColumn,
  ...containerColumns,
]

export const StatefulSet: Kind<StatefulSet> = namespacedKind({
  group: 'apps',
  version: 'v1',
  kind: 'StatefulSet',
  plural: 'statefulsets',
  shortNames: ['sts'],
  categories: ['all'],
  definition: 'io.k8s.api.apps.v1.StatefulSet',
  doc: 'Keeps a number of pods running of which each has a name and storage of its own that last.',
  hasStatus: true,
  hasGeneration: true,
  fields,
  checkName: checkLabelName,
  complete,
  validate: ({ spec }, previous) => validateStatefulSet(spec, previous?.spec),
  validateStatus: (next, previous) => validateStatefulSetStatus(next.status, previous.status),
  warnings: warnStatefulSet,
  columns,
  scale: {
    replicas: sts => sts.spec.replicas,
    withReplicas: (sts, replicas) => ({ ...sts, spec: { ...sts.spec, replicas } }),
    statusReplicas: sts => sts.status.replicas,
    selector: sts => selectorText(sts.spec.selector),
  },
})
