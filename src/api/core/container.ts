import {
  atomic,
  atomicList,
  boolean,
  defaulted,
  type Infer,
  int32,
  listMap,
  map,
  object,
  oneOf,
  patch,
  quantity,
  required,
  set,
  string,
} from '../../schema/schema.ts'
import { objectFieldSelector, resourceFieldSelector } from './field-reference.ts'
import { lifecycle, probe } from './probe.ts'
import { securityContext } from './security-context.ts'

const core = (name: string) => `io.k8s.api.core.v1.${name}`

export const configMapEnvSource = object(core('ConfigMapEnvSource'), '', {
  name: string(),
  optional: boolean(),
})
export type ConfigMapEnvSource = Infer<typeof configMapEnvSource>

export const configMapKeySelector = atomic(
  object(core('ConfigMapKeySelector'), '', {
    key: required(string()),
    name: string(),
    optional: boolean(),
  }),
)
export type ConfigMapKeySelector = Infer<typeof configMapKeySelector>

export const fileKeySelector = atomic(
  object(core('FileKeySelector'), '', {
    key: required(string()),
    optional: boolean(),
    path: required(string()),
    volumeName: required(string()),
  }),
)
export type FileKeySelector = Infer<typeof fileKeySelector>

export const secretKeySelector = atomic(
  object(core('SecretKeySelector'), '', {
    key: required(string()),
    name: string(),
    optional: boolean(),
  }),
)
export type SecretKeySelector = Infer<typeof secretKeySelector>

export const envVarSource = object(core('EnvVarSource'), '', {
  configMapKeyRef: configMapKeySelector,
  fieldRef: objectFieldSelector,
  fileKeyRef: fileKeySelector,
  resourceFieldRef: resourceFieldSelector,
  secretKeyRef: secretKeySelector,
})
export type EnvVarSource = Infer<typeof envVarSource>

export const envVar = object(core('EnvVar'), '', {
  name: required(string()),
  value: string(),
  valueFrom: envVarSource,
})
export type EnvVar = Infer<typeof envVar>

export const secretEnvSource = object(core('SecretEnvSource'), '', {
  name: string(),
  optional: boolean(),
})
export type SecretEnvSource = Infer<typeof secretEnvSource>

export const envFromSource = object(core('EnvFromSource'), '', {
  configMapRef: configMapEnvSource,
  prefix: string(),
  secretRef: secretEnvSource,
})
export type EnvFromSource = Infer<typeof envFromSource>

export const containerPort = object(core('ContainerPort'), '', {
  containerPort: required(int32()),
  hostIP: string(),
  hostPort: int32(),
  name: string(),
  protocol: defaulted(oneOf(['TCP', 'UDP', 'SCTP']), 'TCP'),
})
export type ContainerPort = Infer<typeof containerPort>

export const containerResizePolicy = object(core('ContainerResizePolicy'), '', {
  resourceName: required(string()),
  restartPolicy: required(string()),
})
export type ContainerResizePolicy = Infer<typeof containerResizePolicy>

export const resourceClaim = object(core('ResourceClaim'), '', {
  name: required(string()),
  request: string(),
})
export type ResourceClaim = Infer<typeof resourceClaim>

export const resourceRequirements = object(core('ResourceRequirements'), '', {
  claims: listMap(['name'], resourceClaim),
  limits: map(quantity()),
  requests: map(quantity()),
})
export type ResourceRequirements = Infer<typeof resourceRequirements>

export const containerRestartRuleOnExitCodes = object(core('ContainerRestartRuleOnExitCodes'), '', {
  operator: required(string()),
  values: set(int32()),
})
export type ContainerRestartRuleOnExitCodes = Infer<typeof containerRestartRuleOnExitCodes>

export const containerRestartRule = object(core('ContainerRestartRule'), '', {
  action: required(string()),
  exitCodes: containerRestartRuleOnExitCodes,
})
export type ContainerRestartRule = Infer<typeof containerRestartRule>

export const volumeDevice = object(core('VolumeDevice'), '', {
  devicePath: required(string()),
  name: required(string()),
})
export type VolumeDevice = Infer<typeof volumeDevice>

export const volumeMount = object(core('VolumeMount'), '', {
  mountPath: required(string()),
  mountPropagation: oneOf(['None', 'HostToContainer', 'Bidirectional']),
  name: required(string()),
  readOnly: boolean(),
  recursiveReadOnly: string(),
  subPath: string(),
  subPathExpr: string(),
})
export type VolumeMount = Infer<typeof volumeMount>

export const container = object(core('Container'), '', {
  args: atomicList(string()),
  command: atomicList(string()),
  env: patch('merge', 'name', listMap(['name'], envVar)),
  envFrom: atomicList(envFromSource),
  image: string(),
  imagePullPolicy: oneOf(['Always', 'IfNotPresent', 'Never']),
  lifecycle: lifecycle,
  livenessProbe: probe,
  name: required(string()),
  ports: patch('merge', 'containerPort', listMap(['containerPort', 'protocol'], containerPort)),
  readinessProbe: probe,
  resizePolicy: atomicList(containerResizePolicy),
  resources: defaulted(resourceRequirements, {}),
  restartPolicy: string(),
  restartPolicyRules: atomicList(containerRestartRule),
  securityContext: securityContext,
  startupProbe: probe,
  stdin: boolean(),
  stdinOnce: boolean(),
  terminationMessagePath: defaulted(string(), '/dev/termination-log'),
  terminationMessagePolicy: defaulted(oneOf(['File', 'FallbackToLogsOnError']), 'File'),
  tty: boolean(),
  volumeDevices: patch('merge', 'devicePath', listMap(['devicePath'], volumeDevice)),
  volumeMounts: patch('merge', 'mountPath', listMap(['mountPath'], volumeMount)),
  workingDir: string(),
})
export type Container = Infer<typeof container>

export const ephemeralContainer = object(core('EphemeralContainer'), '', {
  args: atomicList(string()),
  command: atomicList(string()),
  env: patch('merge', 'name', listMap(['name'], envVar)),
  envFrom: atomicList(envFromSource),
  image: string(),
  imagePullPolicy: oneOf(['Always', 'IfNotPresent', 'Never']),
  lifecycle: lifecycle,
  livenessProbe: probe,
  name: required(string()),
  ports: patch('merge', 'containerPort', listMap(['containerPort', 'protocol'], containerPort)),
  readinessProbe: probe,
  resizePolicy: atomicList(containerResizePolicy),
  resources: defaulted(resourceRequirements, {}),
  restartPolicy: string(),
  restartPolicyRules: atomicList(containerRestartRule),
  securityContext: securityContext,
  startupProbe: probe,
  stdin: boolean(),
  stdinOnce: boolean(),
  targetContainerName: string(),
  terminationMessagePath: defaulted(string(), '/dev/termination-log'),
  terminationMessagePolicy: defaulted(oneOf(['File', 'FallbackToLogsOnError']), 'File'),
  tty: boolean(),
  volumeDevices: patch('merge', 'devicePath', listMap(['devicePath'], volumeDevice)),
  volumeMounts: patch('merge', 'mountPath', listMap(['mountPath'], volumeMount)),
  workingDir: string(),
})
export type EphemeralContainer = Infer<typeof ephemeralContainer>
