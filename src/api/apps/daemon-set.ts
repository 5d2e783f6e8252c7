import { labelSelector } from '../../meta/label-selector.ts'
import {
  always,
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

export const daemonSetCondition = object(apps('DaemonSetCondition'), '', {
  lastTransitionTime: time(),
  message: string(),
  reason: string(),
  status: required(string()),
  type: required(string()),
})
export type DaemonSetCondition = Infer<typeof daemonSetCondition>

export const rollingUpdateDaemonSet = object(apps('RollingUpdateDaemonSet'), '', {
  maxSurge: intOrString(),
  maxUnavailable: intOrString(),
})
export type RollingUpdateDaemonSet = Infer<typeof rollingUpdateDaemonSet>

export const daemonSetUpdateStrategy = object(apps('DaemonSetUpdateStrategy'), '', {
  rollingUpdate: rollingUpdateDaemonSet,
  type: defaulted(oneOf(['RollingUpdate', 'OnDelete']), 'RollingUpdate'),
})
export type DaemonSetUpdateStrategy = Infer<typeof daemonSetUpdateStrategy>

export const daemonSetSpec = object(apps('DaemonSetSpec'), '', {
  minReadySeconds: int32(),
  revisionHistoryLimit: defaulted(int32(), 10),
  selector: required(labelSelector),
  template: required(podTemplateSpec),
  updateStrategy: defaulted(daemonSetUpdateStrategy, {}),
})
export type DaemonSetSpec = Infer<typeof daemonSetSpec>

export const daemonSetStatus = object(apps('DaemonSetStatus'), '', {
  collisionCount: int32(),
  conditions: patch('merge', 'type', listMap(['type'], daemonSetCondition)),
  currentNumberScheduled: always(int32(), 0),
  desiredNumberScheduled: always(int32(), 0),
  numberAvailable: int32(),
  numberMisscheduled: always(int32(), 0),
  numberReady: always(int32(), 0),
  numberUnavailable: int32(),
  observedGeneration: int64(),
  updatedNumberScheduled: int32(),
})
export type DaemonSetStatus = Infer<typeof daemonSetStatus>

const fields = {
  spec: defaulted(daemonSetSpec, {}),
  status: defaulted(daemonSetStatus, {}),
}
export type DaemonSet = NamespacedObject<typeof fields>

export const DaemonSet: Kind<DaemonSet> = namespacedKind({
  group: 'apps',
  version: 'v1',
  kind: 'DaemonSet',
  plural: 'daemonsets',
  shortNames: ['ds'],
  categories: ['all'],
  definition: 'io.k8s.api.apps.v1.DaemonSet',
  doc: '',
  hasStatus: true,
  hasGeneration: true,
  fields,
})
