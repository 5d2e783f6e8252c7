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
  containerName: required(string()),
  requestName: required(string()),
  resourceName: required(string()),
})
export type ContainerExtendedResourceRequest = Infer<typeof containerExtendedResourceRequest>

export const containerStateRunning = object(core('ContainerStateRunning'), '', {
  startedAt: time(),
})
export type ContainerStateRunning = Infer<typeof containerStateRunning>

export const containerStateTerminated = object(core('ContainerStateTerminated'), '', {
  containerID: string(),
  exitCode: required(int32()),
  finishedAt: time(),
  message: string(),
  reason: string(),
  signal: int32(),
  startedAt: time(),
})
export type ContainerStateTerminated = Infer<typeof containerStateTerminated>

export const containerStateWaiting = object(core('ContainerStateWaiting'), '', {
  message: string(),
  reason: string(),
})
export type ContainerStateWaiting = Infer<typeof containerStateWaiting>

export const containerState = object(core('ContainerState'), '', {
  running: containerStateRunning,
  terminated: containerStateTerminated,
  waiting: containerStateWaiting,
})
export type ContainerState = Infer<typeof containerState>

export const resourceHealth = object(core('ResourceHealth'), '', {
  health: string(),
  message: string(),
  resourceID: required(string()),
})
export type ResourceHealth = Infer<typeof resourceHealth>

export const resourceStatus = object(core('ResourceStatus'), '', {
  name: required(string()),
  resources: listMap(['resourceID'], resourceHealth),
})
export type ResourceStatus = Infer<typeof resourceStatus>

export const linuxContainerUser = object(core('LinuxContainerUser'), '', {
  gid: required(int64()),
  supplementalGroups: atomicList(int64()),
  uid: required(int64()),
})
export type LinuxContainerUser = Infer<typeof linuxContainerUser>

export const containerUser = object(core('ContainerUser'), '', {
  linux: linuxContainerUser,
})
export type ContainerUser = Infer<typeof containerUser>

export const imageVolumeStatus = object(core('ImageVolumeStatus'), '', {
  imageRef: required(string()),
})
export type ImageVolumeStatus = Infer<typeof imageVolumeStatus>

export const volumeStatus = object(core('VolumeStatus'), '', {
  image: imageVolumeStatus,
})
export type VolumeStatus = Infer<typeof volumeStatus>

export const volumeMountStatus = object(core('VolumeMountStatus'), '', {
  mountPath: required(string()),
  name: required(string()),
  readOnly: boolean(),
  recursiveReadOnly: string(),
  volumeStatus: volumeStatus,
})
export type VolumeMountStatus = Infer<typeof volumeMountStatus>

export const containerStatus = object(core('ContainerStatus'), '', {
  allocatedResources: map(quantity()),
  allocatedResourcesStatus: patch('merge', 'name', listMap(['name'], resourceStatus)),
  containerID: string(),
  image: required(string()),
  imageID: required(string()),
  lastState: containerState,
  name: required(string()),
  ready: required(boolean()),
  resources: resourceRequirements,
  restartCount: required(int32()),
  started: boolean(),
  state: containerState,
  stopSignal: string(),
  user: containerUser,
  volumeMounts: patch('merge', 'mountPath', listMap(['mountPath'], volumeMountStatus)),
})
export type ContainerStatus = Infer<typeof containerStatus>

export const hostIP = object(core('HostIP'), '', {
  ip: required(string()),
})
export type HostIP = Infer<typeof hostIP>

export const podCondition = object(core('PodCondition'), '', {
  lastProbeTime: time(),
  lastTransitionTime: time(),
  message: string(),
  observedGeneration: int64(),
  reason: string(),
  status: required(string()),
  type: required(string()),
})
export type PodCondition = Infer<typeof podCondition>

export const podExtendedResourceClaimStatus = object(core('PodExtendedResourceClaimStatus'), '', {
  requestMappings: required(atomicList(containerExtendedResourceRequest)),
  resourceClaimName: required(string()),
})
export type PodExtendedResourceClaimStatus = Infer<typeof podExtendedResourceClaimStatus>

export const podIP = object(core('PodIP'), '', {
  ip: required(string()),
})
export type PodIP = Infer<typeof podIP>

export const podResourceClaimStatus = object(core('PodResourceClaimStatus'), '', {
  name: required(string()),
  resourceClaimName: string(),
})
export type PodResourceClaimStatus = Infer<typeof podResourceClaimStatus>

export const podStatus = object(core('PodStatus'), 'What is known of a pod.', {
  allocatedResources: map(quantity()),
  conditions: describe('What is to be said of it.', patch('merge', 'type', listMap(['type'], podCondition))),
  containerStatuses: describe('States of its containers.', atomicList(containerStatus)),
  ephemeralContainerStatuses: atomicList(containerStatus),
  extendedResourceClaimStatus: podExtendedResourceClaimStatus,
  hostIP: string('Address of its node.'),
  hostIPs: patch('merge', 'ip', atomicList(hostIP)),
  initContainerStatuses: describe('States of its init containers.', atomicList(containerStatus)),
  message: string('Why it is in this state, in words.'),
  nodeAllocatableResourceClaimStatuses: atomicList(nodeAllocatableResourceClaimStatus),
  nominatedNodeName: string('Node that room is being made on.'),
  observedGeneration: int64(),
  phase: oneOf(['Pending', 'Running', 'Succeeded', 'Failed', 'Unknown'], 'Where in its life it is.'),
  podIP: string('Its address.'),
  podIPs: describe('Its addresses, one a family.', patch('merge', 'ip', listMap(['ip'], podIP))),
  qosClass: string('How safe it is when its node runs short.'),
  reason: string('Why it is in this state, in a word.'),
  resize: string(),
  resourceClaimStatuses: patch('merge,retainKeys', 'name', listMap(['name'], podResourceClaimStatus)),
  resources: resourceRequirements,
  startTime: time('When its node took it on.'),
})
export type PodStatus = Infer<typeof podStatus>
