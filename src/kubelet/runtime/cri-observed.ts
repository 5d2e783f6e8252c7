// What a runtime tells the kubelet: the status, listing and statistics messages of CRI runtime.v1, as tables.
// A point in time is `...Ms`, milliseconds since the epoch; on the wire it is nanoseconds.
import {
  ContainerMetadata,
  ImageSpec,
  Int64Value,
  LinuxContainerResources,
  Mount,
  NamespaceOption,
  PodSandboxMetadata,
  Signal,
} from './cri-config.ts'
import { enumeration, message, type Value } from './proto.ts'

export const PodSandboxState = enumeration({ SANDBOX_READY: 0, SANDBOX_NOTREADY: 1 })
export const ContainerState = enumeration({ CONTAINER_CREATED: 0, CONTAINER_RUNNING: 1, CONTAINER_EXITED: 2, CONTAINER_UNKNOWN: 3 })
export const ContainerEventType = enumeration({
  CONTAINER_CREATED_EVENT: 0,
  CONTAINER_STARTED_EVENT: 1,
  CONTAINER_STOPPED_EVENT: 2,
  CONTAINER_DELETED_EVENT: 3,
})
export const CgroupDriver = enumeration({ SYSTEMD: 0, CGROUPFS: 1 })

export const PodIP = message({ ip: [1, 'string'] })
export const PodSandboxNetworkStatus = message({ ip: [1, 'string'], additionalIps: [2, PodIP, 'repeated'] })
export const Namespace = message({ options: [2, NamespaceOption] })
export const LinuxPodSandboxStatus = message({ namespaces: [1, Namespace] })
export const PodSandboxStatus = message({
  id: [1, 'string'],
  metadata: [2, PodSandboxMetadata],
  state: [3, PodSandboxState],
  createdAtMs: [4, 'nanos'],
  network: [5, PodSandboxNetworkStatus],
  linux: [6, LinuxPodSandboxStatus],
  labels: [7, 'string', 'map'],
  annotations: [8, 'string', 'map'],
  runtimeHandler: [9, 'string'],
})
export const ContainerResources = message({ linux: [1, LinuxContainerResources] })
export const LinuxContainerUser = message({ uid: [1, 'int64'], gid: [2, 'int64'], supplementalGroups: [3, 'int64', 'repeated'] })
export const ContainerUser = message({ linux: [1, LinuxContainerUser] })
export const ContainerStatus = message({
  id: [1, 'string'],
  metadata: [2, ContainerMetadata],
  state: [3, ContainerState],
  createdAtMs: [4, 'nanos'],
  startedAtMs: [5, 'nanos'],
  finishedAtMs: [6, 'nanos'],
  exitCode: [7, 'int32'],
  image: [8, ImageSpec],
  imageRef: [9, 'string'],
  reason: [10, 'string'],
  message: [11, 'string'],
  labels: [12, 'string', 'map'],
  annotations: [13, 'string', 'map'],
  mounts: [14, Mount, 'repeated'],
  logPath: [15, 'string'],
  resources: [16, ContainerResources],
  imageId: [17, 'string'],
  user: [18, ContainerUser],
  stopSignal: [19, Signal],
})
export const PodSandbox = message({
  id: [1, 'string'],
  metadata: [2, PodSandboxMetadata],
  state: [3, PodSandboxState],
  createdAtMs: [4, 'nanos'],
  labels: [5, 'string', 'map'],
  annotations: [6, 'string', 'map'],
  runtimeHandler: [7, 'string'],
})
export const PodSandboxAttributes = message({
  id: [1, 'string'],
  metadata: [2, PodSandboxMetadata],
  labels: [3, 'string', 'map'],
  annotations: [4, 'string', 'map'],
})
export const UInt64Value = message({ value: [1, 'uint64'] })
export const PsiData = message({ total: [1, 'uint64'], avg10: [2, 'double'], avg60: [3, 'double'], avg300: [4, 'double'] })
export const PsiStats = message({ full: [1, PsiData], some: [2, PsiData] })
export const CpuUsage = message({
  timestampMs: [1, 'nanos'],
  usageCoreNanoSeconds: [2, UInt64Value],
  usageNanoCores: [3, UInt64Value],
  psi: [4, PsiStats],
})
export const MemoryUsage = message({
  timestampMs: [1, 'nanos'],
  workingSetBytes: [2, UInt64Value],
  availableBytes: [3, UInt64Value],
  usageBytes: [4, UInt64Value],
  rssBytes: [5, UInt64Value],
  pageFaults: [6, UInt64Value],
  majorPageFaults: [7, UInt64Value],
  psi: [8, PsiStats],
})
export const NetworkInterfaceUsage = message({
  name: [1, 'string'],
  rxBytes: [2, UInt64Value],
  rxErrors: [3, UInt64Value],
  txBytes: [4, UInt64Value],
  txErrors: [5, UInt64Value],
})
export const NetworkUsage = message({
  timestampMs: [1, 'nanos'],
  defaultInterface: [2, NetworkInterfaceUsage],
  interfaces: [3, NetworkInterfaceUsage, 'repeated'],
})
export const ProcessUsage = message({ timestampMs: [1, 'nanos'], processCount: [2, UInt64Value] })
export const ContainerAttributes = message({
  id: [1, 'string'],
  metadata: [2, ContainerMetadata],
  labels: [3, 'string', 'map'],
  annotations: [4, 'string', 'map'],
})
export const FilesystemIdentifier = message({ mountpoint: [1, 'string'] })
export const FilesystemUsage = message({
  timestampMs: [1, 'nanos'],
  fsId: [2, FilesystemIdentifier],
  usedBytes: [3, UInt64Value],
  inodesUsed: [4, UInt64Value],
})
export const SwapUsage = message({ timestampMs: [1, 'nanos'], swapAvailableBytes: [2, UInt64Value], swapUsageBytes: [3, UInt64Value] })
export const IoUsage = message({ timestampMs: [1, 'nanos'], psi: [2, PsiStats] })
export const ContainerStats = message({
  attributes: [1, ContainerAttributes],
  cpu: [2, CpuUsage],
  memory: [3, MemoryUsage],
  writableLayer: [4, FilesystemUsage],
  swap: [5, SwapUsage],
  io: [6, IoUsage],
})
export const LinuxPodSandboxStats = message({
  cpu: [1, CpuUsage],
  memory: [2, MemoryUsage],
  network: [3, NetworkUsage],
  process: [4, ProcessUsage],
  containers: [5, ContainerStats, 'repeated'],
  io: [6, IoUsage],
})
export const PodSandboxStats = message({ attributes: [1, PodSandboxAttributes], linux: [2, LinuxPodSandboxStats] })
export const Container = message({
  id: [1, 'string'],
  podSandboxId: [2, 'string'],
  metadata: [3, ContainerMetadata],
  image: [4, ImageSpec],
  imageRef: [5, 'string'],
  state: [6, ContainerState],
  createdAtMs: [7, 'nanos'],
  labels: [8, 'string', 'map'],
  annotations: [9, 'string', 'map'],
  imageId: [10, 'string'],
})
export const Image = message({
  id: [1, 'string'],
  repoTags: [2, 'string', 'repeated'],
  repoDigests: [3, 'string', 'repeated'],
  size: [4, 'uint64'],
  uid: [5, Int64Value],
  username: [6, 'string'],
  spec: [7, ImageSpec],
  pinned: [8, 'bool'],
})
export const RuntimeCondition = message({ type: [1, 'string'], status: [2, 'bool'], reason: [3, 'string'], message: [4, 'string'] })
export const RuntimeStatus = message({ conditions: [1, RuntimeCondition, 'repeated'] })
export const RuntimeHandlerFeatures = message({ recursiveReadOnlyMounts: [1, 'bool'], userNamespaces: [2, 'bool'] })
export const RuntimeHandler = message({ name: [1, 'string'], features: [2, RuntimeHandlerFeatures] })
export const RuntimeFeatures = message({
  supplementalGroupsPolicy: [1, 'bool'],
  userNamespacesHostNetwork: [2, 'bool'],
  mountOptions: [3, 'bool'],
})
export const ContainerEventResponse = message({
  containerId: [1, 'string'],
  containerEventType: [2, ContainerEventType],
  createdAtMs: [3, 'nanos'],
  podSandboxStatus: [4, PodSandboxStatus],
  containersStatuses: [5, ContainerStatus, 'repeated'],
})
export const LinuxRuntimeConfiguration = message({ cgroupDriver: [1, CgroupDriver] })

export type PodIP = Value<typeof PodIP>
export type PodSandboxNetworkStatus = Value<typeof PodSandboxNetworkStatus>
export type Namespace = Value<typeof Namespace>
export type LinuxPodSandboxStatus = Value<typeof LinuxPodSandboxStatus>
export type PodSandboxStatus = Value<typeof PodSandboxStatus>
export type ContainerResources = Value<typeof ContainerResources>
export type LinuxContainerUser = Value<typeof LinuxContainerUser>
export type ContainerUser = Value<typeof ContainerUser>
export type ContainerStatus = Value<typeof ContainerStatus>
export type PodSandbox = Value<typeof PodSandbox>
export type PodSandboxAttributes = Value<typeof PodSandboxAttributes>
export type UInt64Value = Value<typeof UInt64Value>
export type PsiData = Value<typeof PsiData>
export type PsiStats = Value<typeof PsiStats>
export type CpuUsage = Value<typeof CpuUsage>
export type MemoryUsage = Value<typeof MemoryUsage>
export type NetworkInterfaceUsage = Value<typeof NetworkInterfaceUsage>
export type NetworkUsage = Value<typeof NetworkUsage>
export type ProcessUsage = Value<typeof ProcessUsage>
export type ContainerAttributes = Value<typeof ContainerAttributes>
export type FilesystemIdentifier = Value<typeof FilesystemIdentifier>
export type FilesystemUsage = Value<typeof FilesystemUsage>
export type SwapUsage = Value<typeof SwapUsage>
export type IoUsage = Value<typeof IoUsage>
export type ContainerStats = Value<typeof ContainerStats>
export type LinuxPodSandboxStats = Value<typeof LinuxPodSandboxStats>
export type PodSandboxStats = Value<typeof PodSandboxStats>
export type Container = Value<typeof Container>
export type Image = Value<typeof Image>
export type RuntimeCondition = Value<typeof RuntimeCondition>
export type RuntimeStatus = Value<typeof RuntimeStatus>
export type RuntimeHandlerFeatures = Value<typeof RuntimeHandlerFeatures>
export type RuntimeHandler = Value<typeof RuntimeHandler>
export type RuntimeFeatures = Value<typeof RuntimeFeatures>
export type ContainerEventResponse = Value<typeof ContainerEventResponse>
export type LinuxRuntimeConfiguration = Value<typeof LinuxRuntimeConfiguration>
export type PodSandboxState = keyof typeof PodSandboxState
export type ContainerState = keyof typeof ContainerState
export type ContainerEventType = keyof typeof ContainerEventType
export type CgroupDriver = keyof typeof CgroupDriver
