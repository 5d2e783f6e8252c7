import { forbiddenValue, invalidValue } from '../../meta/field-error.ts'
import { labelSelector } from '../../meta/label-selector.ts'
import {
  boolean,
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
import { containerColumns, formatLabelSelector, selectorText, text } from '../columns.ts'
import { completeTemplateOf } from '../core/complete-pod-spec.ts'
import { podTemplateSpec } from '../core/pod-spec.ts'
import { ageColumn, type Column, type Kind, type NamespacedObject, nameColumn, namespacedKind } from '../kind.ts'
import { withFields } from '../sharing.ts'
import { type Errors, must, notNegative } from '../validation.ts'

import { countOrPercent, isZero, notAboveAll, validateCollisions, validateCounts, validateWorkload } from './validate-workload.ts'
import { warnWorkload } from './workload-warnings.ts'

const apps = (name: string) => `io.k8s.api.apps.v1.${name}`

export const deploymentCondition = object(apps('DeploymentCondition'), '', {
  lastTransitionTime: time('When the status last changed.'),
  lastUpdateTime: time('When this was last confirmed.'),
  message: string('What it means, for people.'),
  reason: string('Why, in one word for programs.'),
  status: required(string('True, False or Unknown.')),
  type: required(string('Which condition this is.')),
})
export type DeploymentCondition = Infer<typeof deploymentCondition>

export const rollingUpdateDeployment = object(apps('RollingUpdateDeployment'), '', {
  maxSurge: intOrString('How many pods there may be above what is wanted; a number or a share.'),
  maxUnavailable: intOrString('How many pods may be missing meanwhile; a number or a share.'),
})
export type RollingUpdateDeployment = Infer<typeof rollingUpdateDeployment>

export const deploymentStrategy = object(apps('DeploymentStrategy'), '', {
  rollingUpdate: describe('How far an update may go at once.', rollingUpdateDeployment),
  type: describe('RollingUpdate or Recreate.', defaulted(oneOf(['Recreate', 'RollingUpdate']), 'RollingUpdate')),
})
export type DeploymentStrategy = Infer<typeof deploymentStrategy>

export const deploymentSpec = object(apps('DeploymentSpec'), 'What a deployment should be.', {
  minReadySeconds: int32('Seconds that a new pod must be ready to count as available.'),
  paused: boolean('Hold rollouts back.'),
  progressDeadlineSeconds: defaulted(int32('Seconds without progress after which a rollout counts as failed.'), 600),
  replicas: defaulted(int32('How many pods.'), 1),
  revisionHistoryLimit: defaulted(int32('How many former states to keep.'), 10),
  selector: describe('Labels of its pods; cannot change.', required(labelSelector)),
  strategy: describe('How old pods are replaced.', defaulted(patch('retainKeys', undefined, deploymentStrategy), {})),
  template: describe('What its pods are like.', required(podTemplateSpec)),
})
export type DeploymentSpec = Infer<typeof deploymentSpec>

export const deploymentStatus = object(apps('DeploymentStatus'), 'How far a deployment is.', {
  availableReplicas: int32('Pods ready for long enough.'),
  collisionCount: int32('How often a name for a new replica set was taken.'),
  conditions: describe('What is to be said of it.', patch('merge', 'type', listMap(['type'], deploymentCondition))),
  observedGeneration: int64('The generation that this tells of.'),
  readyReplicas: int32('Pods that are ready.'),
  replicas: int32('All its pods.'),
  terminatingReplicas: int32('Pods that are going.'),
  unavailableReplicas: int32('Pods still missing.'),
  updatedReplicas: int32('Pods of the current template.'),
})
export type DeploymentStatus = Infer<typeof deploymentStatus>

const fields = {
  spec: defaulted(deploymentSpec, {}),
  status: defaulted(deploymentStatus, {}),
}
export type Deployment = NamespacedObject<typeof fields>

function complete(deployment: Deployment): Deployment {
  const spec = completeTemplateOf(deployment.spec)
  return withFields(deployment, { spec: withFields(spec, { strategy: completeStrategy(spec.strategy) }) })
}

function completeStrategy(strategy: DeploymentStrategy): DeploymentStrategy {
  if (strategy.type !== 'RollingUpdate') return strategy
  const { rollingUpdate = {} } = strategy
  const { maxUnavailable = '25%', maxSurge = '25%' } = rollingUpdate
  return withFields(strategy, { rollingUpdate: withFields(rollingUpdate, { maxUnavailable, maxSurge }) })
}

function validate({ spec }: Deployment, previous: Deployment | undefined): Errors {
  const { progressDeadlineSeconds: deadline, minReadySeconds = 0 } = spec
  const field = 'spec.progressDeadlineSeconds'
  return [
    ...validateWorkload(spec, previous?.spec, 'ReplicaSet'),
    ...validateStrategy(spec.strategy, 'spec.strategy'),
    ...notNegative(deadline, field),
    ...must(deadline > minReadySeconds, () => invalidValue(field, deadline, 'must be greater than minReadySeconds')),
  ]
}

function validateStrategy({ type, rollingUpdate }: DeploymentStrategy, field: string): Errors {
  if (type === 'Recreate') {
    return must(rollingUpdate === undefined, () =>
      forbiddenValue(`${field}.rollingUpdate`, "may not be specified when strategy `type` is 'Recreate'"),
    )
  }
  const { maxSurge, maxUnavailable } = rollingUpdate ?? {}
  const at = `${field}.rollingUpdate`
  return [
    ...countOrPercent(maxUnavailable, `${at}.maxUnavailable`),
    ...countOrPercent(maxSurge, `${at}.maxSurge`),
    ...must(!isZero(maxUnavailable) || !isZero(maxSurge), () =>
      invalidValue(`${at}.maxUnavailable`, maxUnavailable, 'may not be 0 when `maxSurge` is 0'),
    ),
    ...notAboveAll(maxUnavailable, `${at}.maxUnavailable`),
  ]
}

const columns: readonly Column<Deployment>[] = [
  nameColumn,
  text('Ready', 'Pods that are ready, of those wanted.', d => `${d.status.readyReplicas ?? 0}/${d.spec.replicas}`),
  text('Up-to-date', 'Pods of the current template.', d => String(d.status.updatedReplicas ?? 0)),
  text('Available', 'Pods ready for at least minReadySeconds.', d => String(d.status.availableReplicas ?? 0)),
  ageColumn,
  ...containerColumns,
  text('Selector', 'Labels of the pods.', d => formatLabelSelector(d.spec.selector), 1),
]

export const Deployment: Kind<Deployment> = namespacedKind({
  group: 'apps',
  version: 'v1',
  kind: 'Deployment',
  plural: 'deployments',
  shortNames: ['deploy'],
  categories: ['all'],
  definition: 'io.k8s.api.apps.v1.Deployment',
  doc: 'Keeps a number of like pods running and rolls changes of them out step by step.',
  hasStatus: true,
  hasGeneration: true,
  // They go on to its replica sets.
  generationCounts: ({ annotations }) => annotations ?? {},
  onStatusUpdate: (next, { metadata: { labels } }) => ({ ...next, metadata: withFields(next.metadata, { labels }) }),
  fields,
  validate,
  validateStatus: ({ status }, previous) => [...validateCounts(status), ...validateCollisions(status, previous.status)],
  warnings: warnWorkload,
  columns,
  scale: {
    replicas: d => d.spec.replicas,
    withReplicas: (d, replicas) => ({ ...d, spec: { ...d.spec, replicas } }),
    statusReplicas: d => d.status.replicas ?? 0,
    selector: d => selectorText(d.spec.selector),
  },
  complete,
})
