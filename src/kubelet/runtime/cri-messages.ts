// The calls of CRI runtime.v1 that a kubelet makes: requests, responses and, at the end, the two services as data.
import { AuthConfig, ContainerConfig, ImageSpec, LinuxContainerResources, PodSandboxConfig, RuntimeConfig } from './cri-config.ts'
import {
  Container,
  ContainerEventResponse,
  ContainerState,
  ContainerStats,
  ContainerStatus,
  FilesystemUsage,
  Image,
  LinuxRuntimeConfiguration,
  PodSandbox,
  PodSandboxState,
  PodSandboxStats,
  PodSandboxStatus,
  RuntimeFeatures,
  RuntimeHandler,
  RuntimeStatus,
} from './cri-observed.ts'
import { type MessageTable, message } from './proto.ts'

export const PodSandboxStateValue = message({ state: [1, PodSandboxState] })
export const PodSandboxFilter = message({ id: [1, 'string'], state: [2, PodSandboxStateValue], labelSelector: [3, 'string', 'map'] })
export const PodSandboxStatsFilter = message({ id: [1, 'string'], labelSelector: [2, 'string', 'map'] })
export const ContainerStateValue = message({ state: [1, ContainerState] })
export const ContainerFilter = message({
  id: [1, 'string'],
  state: [2, ContainerStateValue],
  podSandboxId: [3, 'string'],
  labelSelector: [4, 'string', 'map'],
})
export const ImageFilter = message({ image: [1, ImageSpec] })
export const ContainerStatsFilter = message({ id: [1, 'string'], podSandboxId: [2, 'string'], labelSelector: [3, 'string', 'map'] })
export const VersionRequest = message({ version: [1, 'string'] })
export const VersionResponse = message({
  version: [1, 'string'],
  runtimeName: [2, 'string'],
  runtimeVersion: [3, 'string'],
  runtimeApiVersion: [4, 'string'],
})
export const RunPodSandboxRequest = message({ config: [1, PodSandboxConfig], runtimeHandler: [2, 'string'] })
export const RunPodSandboxResponse = message({ podSandboxId: [1, 'string'] })
export const StopPodSandboxRequest = message({ podSandboxId: [1, 'string'] })
export const StopPodSandboxResponse = message({})
export const RemovePodSandboxRequest = message({ podSandboxId: [1, 'string'] })
export const RemovePodSandboxResponse = message({})
export const PodSandboxStatusRequest = message({ podSandboxId: [1, 'string'], verbose: [2, 'bool'] })
export const PodSandboxStatusResponse = message({
  status: [1, PodSandboxStatus],
  info: [2, 'string', 'map'],
  containersStatuses: [3, ContainerStatus, 'repeated'],
  timestampMs: [4, 'nanos'],
})
export const ListPodSandboxRequest = message({ filter: [1, PodSandboxFilter] })
export const ListPodSandboxResponse = message({ items: [1, PodSandbox, 'repeated'] })
export const PodSandboxStatsRequest = message({ podSandboxId: [1, 'string'] })
export const PodSandboxStatsResponse = message({ stats: [1, PodSandboxStats] })
export const ListPodSandboxStatsRequest = message({ filter: [1, PodSandboxStatsFilter] })
export const ListPodSandboxStatsResponse = message({ stats: [1, PodSandboxStats, 'repeated'] })
export const CreateContainerRequest = message({
  podSandboxId: [1, 'string'],
  config: [2, ContainerConfig],
  sandboxConfig: [3, PodSandboxConfig],
})
export const CreateContainerResponse = message({ containerId: [1, 'string'] })
export const StartContainerRequest = message({ containerId: [1, 'string'] })
export const StartContainerResponse = message({})
export const StopContainerRequest = message({ containerId: [1, 'string'], timeout: [2, 'int64'] })
export const StopContainerResponse = message({})
export const RemoveContainerRequest = message({ containerId: [1, 'string'] })
export const RemoveContainerResponse = message({})
export const ListContainersRequest = message({ filter: [1, ContainerFilter] })
export const ListContainersResponse = message({ containers: [1, Container, 'repeated'] })
export const ContainerStatusRequest = message({ containerId: [1, 'string'], verbose: [2, 'bool'] })
export const ContainerStatusResponse = message({ status: [1, ContainerStatus], info: [2, 'string', 'map'] })
export const UpdateContainerResourcesRequest = message({
  containerId: [1, 'string'],
  linux: [2, LinuxContainerResources],
  annotations: [4, 'string', 'map'],
})
export const UpdateContainerResourcesResponse = message({})
export const ExecSyncRequest = message({ containerId: [1, 'string'], cmd: [2, 'string', 'repeated'], timeout: [3, 'int64'] })
export const ExecSyncResponse = message({ stdout: [1, 'bytes'], stderr: [2, 'bytes'], exitCode: [3, 'int32'] })
export const ExecRequest = message({
  containerId: [1, 'string'],
  cmd: [2, 'string', 'repeated'],
  tty: [3, 'bool'],
  stdin: [4, 'bool'],
  stdout: [5, 'bool'],
  stderr: [6, 'bool'],
})
export const ExecResponse = message({ url: [1, 'string'] })
export const AttachRequest = message({
  containerId: [1, 'string'],
  stdin: [2, 'bool'],
  tty: [3, 'bool'],
  stdout: [4, 'bool'],
  stderr: [5, 'bool'],
})
export const AttachResponse = message({ url: [1, 'string'] })
export const PortForwardRequest = message({ podSandboxId: [1, 'string'], port: [2, 'int32', 'repeated'] })
export const PortForwardResponse = message({ url: [1, 'string'] })
export const ListImagesRequest = message({ filter: [1, ImageFilter] })
export const ListImagesResponse = message({ images: [1, Image, 'repeated'] })
export const ImageStatusRequest = message({ image: [1, ImageSpec], verbose: [2, 'bool'] })
export const ImageStatusResponse = message({ image: [1, Image], info: [2, 'string', 'map'] })
export const PullImageRequest = message({ image: [1, ImageSpec], auth: [2, AuthConfig], sandboxConfig: [3, PodSandboxConfig] })
export const PullImageResponse = message({ imageRef: [1, 'string'] })
export const RemoveImageRequest = message({ image: [1, ImageSpec] })
export const RemoveImageResponse = message({})
export const UpdateRuntimeConfigRequest = message({ runtimeConfig: [1, RuntimeConfig] })
export const UpdateRuntimeConfigResponse = message({})
export const StatusRequest = message({ verbose: [1, 'bool'] })
export const StatusResponse = message({
  status: [1, RuntimeStatus],
  info: [2, 'string', 'map'],
  runtimeHandlers: [3, RuntimeHandler, 'repeated'],
  features: [4, RuntimeFeatures],
})
export const ImageFsInfoRequest = message({})
export const ImageFsInfoResponse = message({
  imageFilesystems: [1, FilesystemUsage, 'repeated'],
  containerFilesystems: [2, FilesystemUsage, 'repeated'],
})
export const ContainerStatsRequest = message({ containerId: [1, 'string'] })
export const ContainerStatsResponse = message({ stats: [1, ContainerStats] })
export const ListContainerStatsRequest = message({ filter: [1, ContainerStatsFilter] })
export const ListContainerStatsResponse = message({ stats: [1, ContainerStats, 'repeated'] })
export const ReopenContainerLogRequest = message({ containerId: [1, 'string'] })
export const ReopenContainerLogResponse = message({})
export const GetEventsRequest = message({})
export const RuntimeConfigRequest = message({})
export const RuntimeConfigResponse = message({ linux: [1, LinuxRuntimeConfiguration] })
export const UpdatePodSandboxResourcesRequest = message({
  podSandboxId: [1, 'string'],
  overhead: [2, LinuxContainerResources],
  resources: [3, LinuxContainerResources],
})
export const UpdatePodSandboxResourcesResponse = message({})

export const runtimeService = {
  Version: [VersionRequest, VersionResponse],
  RunPodSandbox: [RunPodSandboxRequest, RunPodSandboxResponse],
  StopPodSandbox: [StopPodSandboxRequest, StopPodSandboxResponse],
  RemovePodSandbox: [RemovePodSandboxRequest, RemovePodSandboxResponse],
  PodSandboxStatus: [PodSandboxStatusRequest, PodSandboxStatusResponse],
  ListPodSandbox: [ListPodSandboxRequest, ListPodSandboxResponse],
  CreateContainer: [CreateContainerRequest, CreateContainerResponse],
  StartContainer: [StartContainerRequest, StartContainerResponse],
  StopContainer: [StopContainerRequest, StopContainerResponse],
  RemoveContainer: [RemoveContainerRequest, RemoveContainerResponse],
  ListContainers: [ListContainersRequest, ListContainersResponse],
  ContainerStatus: [ContainerStatusRequest, ContainerStatusResponse],
  UpdateContainerResources: [UpdateContainerResourcesRequest, UpdateContainerResourcesResponse],
  ReopenContainerLog: [ReopenContainerLogRequest, ReopenContainerLogResponse],
  ExecSync: [ExecSyncRequest, ExecSyncResponse],
  Exec: [ExecRequest, ExecResponse],
  Attach: [AttachRequest, AttachResponse],
  PortForward: [PortForwardRequest, PortForwardResponse],
  ContainerStats: [ContainerStatsRequest, ContainerStatsResponse],
  ListContainerStats: [ListContainerStatsRequest, ListContainerStatsResponse],
  PodSandboxStats: [PodSandboxStatsRequest, PodSandboxStatsResponse],
  ListPodSandboxStats: [ListPodSandboxStatsRequest, ListPodSandboxStatsResponse],
  UpdateRuntimeConfig: [UpdateRuntimeConfigRequest, UpdateRuntimeConfigResponse],
  Status: [StatusRequest, StatusResponse],
  GetContainerEvents: [GetEventsRequest, ContainerEventResponse],
  RuntimeConfig: [RuntimeConfigRequest, RuntimeConfigResponse],
  UpdatePodSandboxResources: [UpdatePodSandboxResourcesRequest, UpdatePodSandboxResourcesResponse],
} as const satisfies Service

export const imageService = {
  ListImages: [ListImagesRequest, ListImagesResponse],
  ImageStatus: [ImageStatusRequest, ImageStatusResponse],
  PullImage: [PullImageRequest, PullImageResponse],
  RemoveImage: [RemoveImageRequest, RemoveImageResponse],
  ImageFsInfo: [ImageFsInfoRequest, ImageFsInfoResponse],
} as const satisfies Service

/** Method name to its request and response. `GetContainerEvents` answers with a stream, every other one once. */
export type Service = Readonly<Record<string, readonly [request: MessageTable, response: MessageTable]>>
