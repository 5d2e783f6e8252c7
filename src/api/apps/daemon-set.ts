import { deepEqual } from '../../meta/deep-equal.ts'
import { invalidValue, requiredValue } from '../../meta/field-error.ts'
import { labelSelector } from '../../meta/label-selector.ts'
import {
  always,
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
import { containerColumns, count, formatLabelSelector, formatLabels, text } from '../columns.ts'
import { completeTemplateOf } from '../core/complete-pod-spec.ts'
import { podTemplateSpec } from '../core/pod-spec.ts'
import { ageColumn, type Column, type Kind, type NamespacedObject, nameColumn, namespacedKind } from '../kind.ts'
import { withFields } from '../sharing.ts'

import { type Errors, must, notNegative } from '../validation.ts'
import { countOrPercent, isZero, notAboveAll, validateCollisions, validateWorkload } from './validate-workload.ts'
import { warnTemplateOf } from './workload-warnings.ts'

const apps = (name: string) => `io.k8s.api.apps.v1.${name}`

export const daemonSetCondition = object(apps('DaemonSetCondition'), '', {
  lastTransitionTime: time('When the status last changed.'),
  message: string('What it means, for people.'),
  reason: string('Why, in one word for programs.'),
  status: required(string('True, False or Unknown.')),
  type: required(string('Which condition this is.')),
})
export type DaemonSetCondition = Infer<typeof daemonSetCondition>

export const rollingUpdateDaemonSet = object(apps('RollingUpdateDaemonSet'), '', {
  maxSurge: intOrString('How many nodes may have a second pod meanwhile; a number or a share.'),
  maxUnavailable: intOrString('How many pods may be missing meanwhile; a number or a share.'),
})
export type RollingUpdateDaemonSet = Infer<typeof rollingUpdateDaemonSet>

export const daemonSetUpdateStrategy = object(apps('DaemonSetUpdateStrategy'), '', {
  rollingUpdate: describe('How far an update may go at once.', rollingUpdateDaemonSet),
  type: describe('RollingUpdate or OnDelete.', defaulted(oneOf(['RollingUpdate', 'OnDelete']), 'RollingUpdate')),
})
export type DaemonSetUpdateStrategy = Infer<typeof daemonSetUpdateStrategy>

export const daemonSetSpec = object(apps('DaemonSetSpec'), 'What a daemon set should be.', {
  minReadySeconds: int32('Seconds that a new pod must be ready to count as available.'),
  revisionHistoryLimit: defaulted(int32('How many former states to keep.'), 10),
  selector: describe('Labels of its pods; cannot change.', required(labelSelector)),
  template: describe('What its pods are like.', required(podTemplateSpec)),
  updateStrategy: describe('How old pods are replaced.', defaulted(daemonSetUpdateStrategy, {})),
})
export type DaemonSetSpec = Infer<typeof daemonSetSpec>

export const daemonSetStatus = object(apps('DaemonSetStatus'), '', {
  collisionCount: int32('How often a generated name was taken.'),
  conditions: describe('What else can be said of its state.', patch('merge', 'type', listMap(['type'], daemonSetCondition))),
  currentNumberScheduled: describe('Nodes that run its pod and should.', always(int32(), 0)),
  desiredNumberScheduled: describe('Nodes that should run its pod.', always(int32(), 0)),
  numberAvailable: int32('Nodes whose pod has been ready for long enough.'),
  numberMisscheduled: describe('Nodes that run its pod and should not.', always(int32(), 0)),
  numberReady: describe('Nodes whose pod is ready.', always(int32(), 0)),
  numberUnavailable: int32('Nodes whose pod is not available.'),
  observedGeneration: int64('The generation that this status is about.'),
  updatedNumberScheduled: int32('Nodes whose pod is of the latest template.'),
})
export type DaemonSetStatus = Infer<typeof daemonSetStatus>

const fields = {
  spec: defaulted(daemonSetSpec, {}),
  status: describe('What there is.', defaulted(daemonSetStatus, {})),
}
export type DaemonSet = NamespacedObject<typeof fields>

function complete(daemonSet: DaemonSet): DaemonSet {
  const spec = completeTemplateOf(daemonSet.spec)
  return withFields(daemonSet, { spec: withFields(spec, { updateStrategy: completeStrategy(spec.updateStrategy) }) })
}

function completeStrategy(strategy: DaemonSetUpdateStrategy): DaemonSetUpdateStrategy {
  if (strategy.type !== 'RollingUpdate') return strategy
  const { rollingUpdate = {} } = strategy
  const { maxUnavailable = 1, maxSurge = 0 } = rollingUpdate
  return withFields(strategy, { rollingUpdate: withFields(rollingUpdate, { maxUnavailable, maxSurge }) })
}

function validateStrategy({ type, rollingUpdate }: DaemonSetUpdateStrategy, field: string): Errors {
  if (type !== 'RollingUpdate') return []
  const { maxSurge, maxUnavailable } = rollingUpdate ?? {}
  const at = `${field}.rollingUpdate`
  return [
    ...countOrPercent(maxUnavailable, `${at}.maxUnavailable`),
    ...countOrPercent(maxSurge, `${at}.maxSurge`),
    ...notAboveAll(maxUnavailable, `${at}.maxUnavailable`),
    ...notAboveAll(maxSurge, `${at}.maxSurge`),
    ...must(isZero(maxUnavailable) || isZero(maxSurge), () =>
      invalidValue(`${at}.maxSurge`, maxSurge, 'may not be set when maxUnavailable is non-zero'),
    ),
    ...must(!isZero(maxUnavailable) || !isZero(maxSurge), () => requiredValue(`${at}.maxUnavailable`, 'cannot be 0 when maxSurge is 0')),
  ]
}

const counted = [
  'currentNumberScheduled',
  'numberMisscheduled',
  'desiredNumberScheduled',
  'numberReady',
  'observedGeneration',
  'updatedNumberScheduled',
  'numberAvailable',
  'numberUnavailable',
] as const

function validateStatus({ status }: DaemonSet, previous: DaemonSet): Errors {
  return [...counted.flatMap(name => notNegative(status[name], `status.${name}`)), ...validateCollisions(status, previous.status)]
}

/** How often the template has changed, for clients from before there were revisions. */
const templateGenerationKey = 'deprecated.daemonset.template.generation'

export function templateGenerationOf({ metadata }: DaemonSet): number | undefined {
  const text = metadata.annotations?.[templateGenerationKey] ?? ''
  return /^\d+$/.test(text) ? Number(text) : undefined
}

function withTemplateGeneration(daemonSet: DaemonSet, generation: number): DaemonSet {
  const annotations = { ...daemonSet.metadata.annotations, [templateGenerationKey]: String(generation) }
  return { ...daemonSet, metadata: { ...daemonSet.metadata, annotations } }
}

/** The server counts, whatever a client says. */
function countTemplate(next: DaemonSet, previous: DaemonSet): DaemonSet {
  const before = templateGenerationOf(previous) ?? 0
  return withTemplateGeneration(next, deepEqual(next.spec.template, previous.spec.template) ? before : before + 1)
}

const columns: readonly Column<DaemonSet>[] = [
  nameColumn,
  count('Desired', 'Nodes that should run the pod.', ds => ds.status.desiredNumberScheduled),
  count('Current', 'Nodes that run it and should.', ds => ds.status.currentNumberScheduled),
  count('Ready', 'Nodes whose pod is ready.', ds => ds.status.numberReady),
  count('Up-to-date', 'Nodes that run the current template.', ds => ds.status.updatedNumberScheduled ?? 0),
  count('Available', 'Nodes whose pod is ready for at least minReadySeconds.', ds => ds.status.numberAvailable ?? 0),
  text('Node Selector', 'Labels of the nodes.', ds => formatLabels(ds.spec.template?.spec?.nodeSelector)),
  ageColumn,
  ...containerColumns,
  text('Selector', 'Labels of the pods.', ds => formatLabelSelector(ds.spec.selector), 1),
]

export const DaemonSet: Kind<DaemonSet> = namespacedKind({
  group: 'apps',
  version: 'v1',
  kind: 'DaemonSet',
  plural: 'daemonsets',
  shortNames: ['ds'],
  categories: ['all'],
  definition: 'io.k8s.api.apps.v1.DaemonSet',
  doc: 'Keeps one pod running on every node that fits.',
  hasStatus: true,
  hasGeneration: true,
  warnings: warnTemplateOf,
  fields,
  validate: (next, previous) => [
    ...validateWorkload(next.spec, previous?.spec, 'DaemonSet'),
    ...validateStrategy(next.spec.updateStrategy, 'spec.updateStrategy'),
  ],
  validateStatus,
  columns,
  complete,
  onCreate: daemonSet => withTemplateGeneration(daemonSet, templateGenerationOf(daemonSet) || 1),
  onUpdate: countTemplate,
})
