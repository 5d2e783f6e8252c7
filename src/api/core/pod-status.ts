import {
  atomicList,
  boolean,
  describe,
  type Infer,
  int32,
  int64,
  listMap,
  map,
  object,
  oneOf,
  patch,
  quantity,
  required,
  string,
  time,
} from '../../schema/schema.ts'
import { resourceRequirements } from './container.ts'
import { nodeAllocatableResourceClaimStatus } from './node.ts'

const core = (name: string) => `io.k8s.api.core.v1.${name}`

export const containerExtendedResourceRequest = object(core('ContainerExtendedResourceRequest'), '', {
  containerName: required(string('Name of the container.')),
  requestName: required(string('Name of the request in the claim.')),
  resourceName: required(string('Name of the extended resource.')),
})
export type ContainerExtendedResourceRequest = Infer<typeof containerExtendedResourceRequest>

export const containerStateRunning = object(core('ContainerStateRunning'), '', {
  startedAt: time('When it was started.'),
})
export type ContainerStateRunning = Infer<typeof containerStateRunning>

export const containerStateTerminated = object(core('ContainerStateTerminated'), '', {
  containerID: string('Identity of the container.'),
  exitCode: required(int32('Exit code of the first process.')),
  finishedAt: time('When it ended.'),
  message: string('What it said at its end, for people.'),
  reason: string('Why it ended, in one word.'),
  signal: int32('The signal that ended it.'),
  startedAt: time('When it was started.'),
})
export type ContainerStateTerminated = Infer<typeof containerStateTerminated>

export const containerStateWaiting = object(core('ContainerStateWaiting'), '', {
  message: string('Why it waits, for people.'),
  reason: string('Why it waits, in one word.'),
})
export type ContainerStateWaiting = Infer<typeof containerStateWaiting>

export const containerState = object(core('ContainerState'), '', {
  running: describe('Since when it runs.', containerStateRunning),
  terminated: describe('How it ended.', containerStateTerminated),
  waiting: describe('Why it does not run yet.', containerStateWaiting),
})
export type ContainerState = Infer<typeof containerState>

export const resourceHealth = object(core('ResourceHealth'), '', {
  health: string('Healthy, Unhealthy or Unknown.'),
  message: string('More about the health, for people.'),
  resourceID: required(string('Identity of the unit.')),
})
export type ResourceHealth = Infer<typeof resourceHealth>

export const resourceStatus = object(core('ResourceStatus'), '', {
  name: required(string('Name of the resource.')),
  resources: describe('Health of each unit.', listMap(['resourceID'], resourceHealth)),
})
export type ResourceStatus = Infer<typeof resourceStatus>

export const linuxContainerUser = object(core('LinuxContainerUser'), '', {
  gid: required(int64('Its group id.')),
  supplementalGroups: describe('Its further groups.', atomicList(int64())),
  uid: required(int64('Its user id.')),
})
export type LinuxContainerUser = Infer<typeof linuxContainerUser>

export const containerUser = object(core('ContainerUser'), '', {
  linux: describe('The user on Linux.', linuxContainerUser),
})
export type ContainerUser = Infer<typeof containerUser>

export const imageVolumeStatus = object(core('ImageVolumeStatus'), '', {
  imageRef: required(string('The image by its digest.')),
})
export type ImageVolumeStatus = Infer<typeof imageVolumeStatus>

export const volumeStatus = object(core('VolumeStatus'), '', {
  image: describe('Of an image volume.', imageVolumeStatus),
})
export type VolumeStatus = Infer<typeof volumeStatus>

export const volumeMountStatus = object(core('VolumeMountStatus'), '', {
  mountPath: required(string('Where the volume appears in the container.')),
  name: required(string('Name of the volume.')),
  readOnly: boolean('Whether it cannot be written to.'),
  recursiveReadOnly: string('Whether mounts beneath it are read-only too.'),
  volumeStatus: describe('What is known of the volume itself.', volumeStatus),
})
export type VolumeMountStatus = Infer<typeof volumeMountStatus>

export const containerStatus = object(core('ContainerStatus'), '', {
  allocatedResources: describe('What the node has set aside for the container.', map(quantity())),
  allocatedResourcesStatus: describe(
    'Health of the devices that were given to it.',
    patch('merge', 'name', listMap(['name'], resourceStatus)),
  ),
  containerID: string('Identity of the container, such as `containerd://...`.'),
  image: required(string('Name of the image that runs.')),
  imageID: required(string('Identity of the image that runs.')),
  lastState: describe('How the container before this one ended.', containerState),
  name: required(string('Name of the container.')),
  ready: required(boolean('Whether it passes its readiness probe.')),
  resources: describe('What it requests and is limited to now.', resourceRequirements),
  restartCount: required(int32('How often it has been restarted.')),
  started: boolean('Whether it has passed its startup probe and postStart hook.'),
  state: describe('What it does now.', containerState),
  stopSignal: string('The signal that tells it to end.'),
  user: describe('The user that its first process runs as.', containerUser),
  volumeMounts: describe('How its volumes are mounted.', patch('merge', 'mountPath', listMap(['mountPath'], volumeMountStatus))),
})
export type ContainerStatus = Infer<typeof containerStatus>

export const hostIP = object(core('HostIP'), '', {
  ip: required(string('The address.')),
})
export type HostIP = Infer<typeof hostIP>

export const podCondition = object(core('PodCondition'), '', {
  lastProbeTime: time('When this was last looked at.'),
  lastTransitionTime: time('When the status last changed.'),
  message: string('What it means, for people.'),
  observedGeneration: int64('The generation that this status is about.'),
  reason: string('Why, in one word for programs.'),
  status: required(string('True, False or Unknown.')),
  type: required(string('Which condition this is.')),
})
export type PodCondition = Infer<typeof podCondition>

export const podExtendedResourceClaimStatus = object(core('PodExtendedResourceClaimStatus'), '', {
  requestMappings: describe(
    "Which request of the claim stands for which container's resource.",
    required(atomicList(containerExtendedResourceRequest)),
  ),
  resourceClaimName: required(string('Name of the ResourceClaim.')),
})
export type PodExtendedResourceClaimStatus = Infer<typeof podExtendedResourceClaimStatus>

export const podIP = object(core('PodIP'), '', {
  ip: required(string('The address.')),
})
export type PodIP = Infer<typeof podIP>

export const podResourceClaimStatus = object(core('PodResourceClaimStatus'), '', {
  name: required(string('The name within the pod.')),
  resourceClaimName: string('Name of the ResourceClaim.'),
})
export type PodResourceClaimStatus = Infer<typeof podResourceClaimStatus>

export const podStatus = object(core('PodStatus'), 'What is known of a pod.', {
  allocatedResources: describe('What the node has set aside for the pod as a whole.', map(quantity())),
  conditions: describe('What is to be said of it.', patch('merge', 'type', listMap(['type'], podCondition))),
  containerStatuses: describe('States of its containers.', atomicList(containerStatus)),
  ephemeralContainerStatuses: describe('State of the ephemeral containers.', atomicList(containerStatus)),
  extendedResourceClaimStatus: describe('The claim that was made for extended resources.', podExtendedResourceClaimStatus),
  hostIP: string('Address of its node.'),
  hostIPs: describe('Addresses of the node, one of each family.', patch('merge', 'ip', atomicList(hostIP))),
  initContainerStatuses: describe('States of its init containers.', atomicList(containerStatus)),
  message: string('Why it is in this state, in words.'),
  nodeAllocatableResourceClaimStatuses: describe(
    "What claims take of the node's allocatable resources.",
    atomicList(nodeAllocatableResourceClaimStatus),
  ),
  nominatedNodeName: string('Node that room is being made on.'),
  observedGeneration: int64('The generation that this status is about.'),
  phase: oneOf(['Pending', 'Running', 'Succeeded', 'Failed', 'Unknown'], 'Where in its life it is.'),
  podIP: string('Its address.'),
  podIPs: describe('Its addresses, one a family.', patch('merge', 'ip', listMap(['ip'], podIP))),
  qosClass: string('How safe it is when its node runs short.'),
  reason: string('Why it is in this state, in a word.'),
  resize: string('No longer used; see the conditions.'),
  resourceClaimStatuses: describe(
    "The ResourceClaims that stand for the pod's claims.",
    patch('merge,retainKeys', 'name', listMap(['name'], podResourceClaimStatus)),
  ),
  resources: describe('What the pod as a whole requests and is limited to now.', resourceRequirements),
  startTime: time('When its node took it on.'),
})
export type PodStatus = Infer<typeof podStatus>
