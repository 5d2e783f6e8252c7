import { labelSelector } from '../../meta/label-selector.ts'
import {
  boolean,
  defaulted,
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
import { podTemplateSpec } from '../core/pod-spec.ts'
import { type Kind, type NamespacedObject, namespacedKind } from '../kind.ts'

const apps = (name: string) => `io.k8s.api.apps.v1.${name}`

export const deploymentCondition = object(apps('DeploymentCondition'), '', {
  lastTransitionTime: time(),
  lastUpdateTime: time(),
  message: string(),
  reason: string(),
  status: required(string()),
  type: required(string()),
})
export type DeploymentCondition = Infer<typeof deploymentCondition>

export const rollingUpdateDeployment = object(apps('RollingUpdateDeployment'), '', {
  maxSurge: intOrString(),
  maxUnavailable: intOrString(),
})
export type RollingUpdateDeployment = Infer<typeof rollingUpdateDeployment>

export const deploymentStrategy = object(apps('DeploymentStrategy'), '', {
  rollingUpdate: rollingUpdateDeployment,
  type: defaulted(oneOf(['Recreate', 'RollingUpdate']), 'RollingUpdate'),
})
export type DeploymentStrategy = Infer<typeof deploymentStrategy>

export const deploymentSpec = object(apps('DeploymentSpec'), '', {
  minReadySeconds: int32(),
  paused: boolean(),
  progressDeadlineSeconds: defaulted(int32(), 600),
  replicas: defaulted(int32(), 1),
  revisionHistoryLimit: defaulted(int32(), 10),
  selector: required(labelSelector),
  strategy: defaulted(patch('retainKeys', undefined, deploymentStrategy), {}),
  template: required(podTemplateSpec),
})
export type DeploymentSpec = Infer<typeof deploymentSpec>

export const deploymentStatus = object(apps('DeploymentStatus'), '', {
  availableReplicas: int32(),
  collisionCount: int32(),
  conditions: patch('merge', 'type', listMap(['type'], deploymentCondition)),
  observedGeneration: int64(),
  readyReplicas: int32(),
  replicas: int32(),
  terminatingReplicas: int32(),
  unavailableReplicas: int32(),
  updatedReplicas: int32(),
})
export type DeploymentStatus = Infer<typeof deploymentStatus>

const fields = {
  spec: defaulted(deploymentSpec, {}),
  status: defaulted(deploymentStatus, {}),
}
export type Deployment = NamespacedObject<typeof fields>

export const Deployment: Kind<Deployment> = namespacedKind({
  group: 'apps',
  version: 'v1',
  kind: 'Deployment',
  plural: 'deployments',
  shortNames: ['deploy'],
  categories: ['all'],
  definition: 'io.k8s.api.apps.v1.Deployment',
  doc: '',
  hasStatus: true,
  hasGeneration: true,
  fields,
})
