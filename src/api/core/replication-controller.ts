import { requiredValue } from '../../meta/field-error.ts'
import { formatSelector, selectorOfLabels } from '../../meta/selector.ts'
import {
  always,
  atomic,
  defaulted,
  describe,
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
import { validateCounts, validateTemplate } from '../apps/validate-workload.ts'
import { warnWorkload } from '../apps/workload-warnings.ts'
import { containerColumns, count, formatLabels, text } from '../columns.ts'
import { ageColumn, type Column, type Kind, type NamespacedObject, nameColumn, namespacedKind } from '../kind.ts'
import { withFields } from '../sharing.ts'
import { type Errors, must, notNegative } from '../validation.ts'
import { completeTemplateOf } from './complete-pod-spec.ts'
import { podTemplateSpec } from './pod-spec.ts'

const core = (name: string) => `io.k8s.api.core.v1.${name}`

export const replicationControllerCondition = object(core('ReplicationControllerCondition'), '', {
  lastTransitionTime: time('When the status last changed.'),
  message: string('What it means, for people.'),
  reason: string('Why, in one word for programs.'),
  status: required(string('True, False or Unknown.')),
  type: required(string('Which condition this is.')),
})
export type ReplicationControllerCondition = Infer<typeof replicationControllerCondition>

export const replicationControllerSpec = object(core('ReplicationControllerSpec'), '', {
  minReadySeconds: int32('How long a pod must be ready to count as available.'),
  replicas: defaulted(int32('How many pods are wanted.'), 1),
  selector: describe('Labels of the pods that are counted; those of the template when absent.', atomic(map(string()))),
  template: describe('What new pods are made from.', podTemplateSpec),
})
export type ReplicationControllerSpec = Infer<typeof replicationControllerSpec>

export const replicationControllerStatus = object(core('ReplicationControllerStatus'), '', {
  availableReplicas: int32('Pods that have been ready for long enough.'),
  conditions: describe('What else can be said of its state.', patch('merge', 'type', listMap(['type'], replicationControllerCondition))),
  fullyLabeledReplicas: int32('Pods that have all labels of the template.'),
  observedGeneration: int64('The generation that this status is about.'),
  readyReplicas: int32('Pods that are ready.'),
  replicas: describe('Pods that there are.', always(int32(), 0)),
})
export type ReplicationControllerStatus = Infer<typeof replicationControllerStatus>

const fields = {
  spec: describe('What is wanted.', defaulted(replicationControllerSpec, {})),
  status: describe('What there is.', defaulted(replicationControllerStatus, {})),
}
export type ReplicationController = NamespacedObject<typeof fields>

/** The template's labels also select, and label the controller itself, where nothing else is said. */
function complete(rc: ReplicationController): ReplicationController {
  const spec = completeTemplateOf(rc.spec)
  const labels = spec.template?.metadata?.labels
  if (!labels || Object.keys(labels).length === 0) return withFields(rc, { spec })
  const isEmpty = (map: Readonly<Record<string, string>> | undefined) => Object.keys(map ?? {}).length === 0
  return withFields(rc, {
    spec: isEmpty(spec.selector) ? { ...spec, selector: labels } : spec,
    metadata: isEmpty(rc.metadata.labels) ? { ...rc.metadata, labels } : rc.metadata,
  })
}

function validate({ replicas, minReadySeconds, selector = {}, template }: ReplicationControllerSpec): Errors {
  const isEmpty = Object.keys(selector).length === 0
  return [
    ...notNegative(minReadySeconds, 'spec.minReadySeconds'),
    ...must(!isEmpty, () => requiredValue('spec.selector')),
    ...notNegative(replicas, 'spec.replicas'),
    ...validateTemplate(template, isEmpty ? undefined : selectorOfLabels(selector), 'ReplicationController'),
  ]
}

const columns: readonly Column<ReplicationController>[] = [
  nameColumn,
  count('Desired', 'Pods that are wanted.', rc => rc.spec.replicas),
  count('Current', 'Pods that there are.', rc => rc.status.replicas),
  count('Ready', 'Pods that are ready.', rc => rc.status.readyReplicas ?? 0),
  ageColumn,
  ...containerColumns,
  text('Selector', 'Labels of the pods.', rc => formatLabels(rc.spec.selector), 1),
]

export const ReplicationController: Kind<ReplicationController> = namespacedKind({
  group: '',
  version: 'v1',
  kind: 'ReplicationController',
  plural: 'replicationcontrollers',
  shortNames: ['rc'],
  categories: ['all'],
  definition: 'io.k8s.api.core.v1.ReplicationController',
  doc: 'Keeps a number of like pods running. Deployment has taken its place.',
  hasStatus: true,
  hasGeneration: true,
  fields,
  validate: ({ spec }) => validate(spec),
  validateStatus: next => validateCounts(next.status),
  warnings: warnWorkload,
  columns,
  selectableFields: { 'status.replicas': rc => String(rc.status.replicas) },
  scale: {
    replicas: rc => rc.spec.replicas,
    withReplicas: (rc, replicas) => ({ ...rc, spec: { ...rc.spec, replicas } }),
    statusReplicas: rc => rc.status.replicas,
    selector: rc => formatSelector(selectorOfLabels(rc.spec.selector ?? {})),
  },
  complete,
})
