import {
  atomic,
  atomicList,
  boolean,
  defaulted,
  describe,
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

export const container = object(core('Container'), 'A process with its file system, run from an image.', {
  args: describe('Arguments; those of the image by default.', atomicList(string())),
  command: describe('The program; that of the image by default.', atomicList(string())),
  env: describe('Variables.', patch('merge', 'name', listMap(['name'], envVar))),
  envFrom: describe('Where more variables come from.', atomicList(envFromSource)),
  image: string('Name of the image.'),
  imagePullPolicy: oneOf(['Always', 'IfNotPresent', 'Never'], 'When the image is fetched.'),
  lifecycle: describe('What to do after the start and before the end.', lifecycle),
  livenessProbe: describe('Tells when it must be restarted.', probe),
  name: required(string('Unique in the pod.')),
  ports: describe(
    'Ports that it listens on; for information, save for host ports.',
    patch('merge', 'containerPort', listMap(['containerPort', 'protocol'], containerPort)),
  ),
  readinessProbe: describe('Tells when it can take traffic.', probe),
  resizePolicy: describe('What a change of resources does to it.', atomicList(containerResizePolicy)),
  resources: describe('What it needs and may use.', defaulted(resourceRequirements, {})),
  restartPolicy: string("When it is started again, where the pod's policy is not meant. An init container with Always is a sidecar."),
  restartPolicyRules: describe('Exit codes that call for something else than the policy.', atomicList(containerRestartRule)),
  securityContext: describe('Rights and identity.', securityContext),
  startupProbe: describe('Tells when it has started; other probes wait for it.', probe),
  stdin: boolean('Keep standard input open.'),
  stdinOnce: boolean('Close standard input after the first client has left.'),
  terminationMessagePath: defaulted(string('File of its last words.'), '/dev/termination-log'),
  terminationMessagePolicy: describe(
    'Whether the log stands in for missing last words.',
    defaulted(oneOf(['File', 'FallbackToLogsOnError']), 'File'),
  ),
  tty: boolean('Give it a terminal.'),
  volumeDevices: describe('Block devices.', patch('merge', 'devicePath', listMap(['devicePath'], volumeDevice))),
  volumeMounts: describe('Where volumes appear.', patch('merge', 'mountPath', listMap(['mountPath'], volumeMount))),
  workingDir: string('Where it starts.'),
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
