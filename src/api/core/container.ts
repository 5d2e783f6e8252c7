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
  name: string('Name of the ConfigMap.'),
  optional: boolean('Whether the pod may run without it.'),
})
export type ConfigMapEnvSource = Infer<typeof configMapEnvSource>

export const configMapKeySelector = atomic(
  object(core('ConfigMapKeySelector'), '', {
    key: required(string('The key.')),
    name: string('Name of the ConfigMap.'),
    optional: boolean('Whether the pod may run without it.'),
  }),
)
export type ConfigMapKeySelector = Infer<typeof configMapKeySelector>

export const fileKeySelector = atomic(
  object(core('FileKeySelector'), '', {
    key: required(string('The key in the file.')),
    optional: boolean('Whether the pod may run without it.'),
    path: required(string('Path of the file in the volume.')),
    volumeName: required(string('Name of the volume.')),
  }),
)
export type FileKeySelector = Infer<typeof fileKeySelector>

export const secretKeySelector = atomic(
  object(core('SecretKeySelector'), '', {
    key: required(string('The key.')),
    name: string('Name of the Secret.'),
    optional: boolean('Whether the pod may run without it.'),
  }),
)
export type SecretKeySelector = Infer<typeof secretKeySelector>

export const envVarSource = object(core('EnvVarSource'), '', {
  configMapKeyRef: describe('A key of a ConfigMap.', configMapKeySelector),
  fieldRef: describe('A field of the pod.', objectFieldSelector),
  fileKeyRef: describe('A key of a file in a volume.', fileKeySelector),
  resourceFieldRef: describe('A resource of a container.', resourceFieldSelector),
  secretKeyRef: describe('A key of a Secret.', secretKeySelector),
})
export type EnvVarSource = Infer<typeof envVarSource>

export const envVar = object(core('EnvVar'), '', {
  name: required(string('Name of the variable.')),
  value: string('Value; `$(NAME)` stands for another variable, `$$` for a dollar sign.'),
  valueFrom: describe('Where the value comes from, when it is not given.', envVarSource),
})
export type EnvVar = Infer<typeof envVar>

export const secretEnvSource = object(core('SecretEnvSource'), '', {
  name: string('Name of the Secret.'),
  optional: boolean('Whether the pod may run without it.'),
})
export type SecretEnvSource = Infer<typeof secretEnvSource>

export const envFromSource = object(core('EnvFromSource'), '', {
  configMapRef: describe('The ConfigMap whose keys become variables.', configMapEnvSource),
  prefix: string('Put before each name.'),
  secretRef: describe('The Secret whose keys become variables.', secretEnvSource),
})
export type EnvFromSource = Infer<typeof envFromSource>

export const containerPort = object(core('ContainerPort'), '', {
  containerPort: required(int32('Number of the port in the pod.')),
  hostIP: string("The node's address that the host port is bound to."),
  hostPort: int32('Number of a port of the node that leads here.'),
  name: string('A name that services can refer to.'),
  protocol: describe('TCP, UDP or SCTP.', defaulted(oneOf(['TCP', 'UDP', 'SCTP']), 'TCP')),
})
export type ContainerPort = Infer<typeof containerPort>

export const containerResizePolicy = object(core('ContainerResizePolicy'), '', {
  resourceName: required(string('The resource: cpu or memory.')),
  restartPolicy: required(string('Whether the container has to restart when the resource is resized.')),
})
export type ContainerResizePolicy = Infer<typeof containerResizePolicy>

export const resourceClaim = object(core('ResourceClaim'), '', {
  name: required(string("Name of a claim in the pod's resourceClaims.")),
  request: string('The one request of the claim that is meant; all when absent.'),
})
export type ResourceClaim = Infer<typeof resourceClaim>

export const resourceRequirements = object(core('ResourceRequirements'), '', {
  claims: describe("Names of the pod's resource claims that the container uses.", listMap(['name'], resourceClaim)),
  limits: describe('The most that may be used.', map(quantity())),
  requests: describe('The least that is needed; equal to the limits where only those are given.', map(quantity())),
})
export type ResourceRequirements = Infer<typeof resourceRequirements>

export const containerRestartRuleOnExitCodes = object(core('ContainerRestartRuleOnExitCodes'), '', {
  operator: required(string('In or NotIn.')),
  values: describe('The exit codes.', set(int32())),
})
export type ContainerRestartRuleOnExitCodes = Infer<typeof containerRestartRuleOnExitCodes>

export const containerRestartRule = object(core('ContainerRestartRule'), '', {
  action: required(string('What is done when the rule matches.')),
  exitCodes: describe('The exit codes that the rule matches.', containerRestartRuleOnExitCodes),
})
export type ContainerRestartRule = Infer<typeof containerRestartRule>

export const volumeDevice = object(core('VolumeDevice'), '', {
  devicePath: required(string('Where the device appears in the container.')),
  name: required(string("Name of a claim in the pod's volumes.")),
})
export type VolumeDevice = Infer<typeof volumeDevice>

export const volumeMount = object(core('VolumeMount'), '', {
  mountPath: required(string('Where the volume appears in the container.')),
  mountPropagation: oneOf(['None', 'HostToContainer', 'Bidirectional'], 'How later mounts are passed on between node and container.'),
  name: required(string("Name of one of the pod's volumes.")),
  readOnly: boolean('Whether it cannot be written to.'),
  recursiveReadOnly: string('Whether mounts beneath it are read-only too.'),
  subPath: string('The path within the volume that is mounted.'),
  subPathExpr: string('The same, with `$(NAME)` for variables of the container.'),
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
  args: describe('Arguments of the command.', atomicList(string())),
  command: describe("The command; the image's own when absent.", atomicList(string())),
  env: describe('Environment variables.', patch('merge', 'name', listMap(['name'], envVar))),
  envFrom: describe('Whole sources of environment variables.', atomicList(envFromSource)),
  image: string('Name of the image.'),
  imagePullPolicy: oneOf(['Always', 'IfNotPresent', 'Never'], 'Always, Never or IfNotPresent.'),
  lifecycle: describe('Not allowed here.', lifecycle),
  livenessProbe: describe('Not allowed here.', probe),
  name: required(string('Name, unique among all containers of the pod.')),
  ports: describe('Not allowed here.', patch('merge', 'containerPort', listMap(['containerPort', 'protocol'], containerPort))),
  readinessProbe: describe('Not allowed here.', probe),
  resizePolicy: describe('Not allowed here.', atomicList(containerResizePolicy)),
  resources: describe('Not allowed here.', defaulted(resourceRequirements, {})),
  restartPolicy: string('Not allowed here.'),
  restartPolicyRules: describe('Not allowed here.', atomicList(containerRestartRule)),
  securityContext: describe('Privileges and identities of the container.', securityContext),
  startupProbe: describe('Not allowed here.', probe),
  stdin: boolean('Whether standard input is kept open.'),
  stdinOnce: boolean('Whether standard input closes when the first client goes.'),
  targetContainerName: string('The container whose process namespace is joined.'),
  terminationMessagePath: defaulted(string("The file whose text explains the container's end."), '/dev/termination-log'),
  terminationMessagePolicy: describe('File, or FallbackToLogsOnError.', defaulted(oneOf(['File', 'FallbackToLogsOnError']), 'File')),
  tty: boolean('Whether it has a terminal.'),
  volumeDevices: describe('Block devices of the container.', patch('merge', 'devicePath', listMap(['devicePath'], volumeDevice))),
  volumeMounts: describe('Where volumes appear in the container.', patch('merge', 'mountPath', listMap(['mountPath'], volumeMount))),
  workingDir: string('The directory that it starts in.'),
})
export type EphemeralContainer = Infer<typeof ephemeralContainer>
