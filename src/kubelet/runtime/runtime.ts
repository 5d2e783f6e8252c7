// The container runtime as the kubelet sees it: sandboxes, containers, images, all of it plain data. Two implementations share
// one contract suite: the CRI over gRPC, and a fake in memory for unit tests and simulated nodes.
import type { AuthConfig, ContainerConfig, ImageSpec, LinuxContainerResources, PodSandboxConfig } from './cri-config.ts'
import type {
  CgroupDriver,
  Container,
  ContainerEventResponse,
  ContainerState,
  ContainerStats,
  ContainerStatus,
  FilesystemUsage,
  Image,
  PodSandbox,
  PodSandboxState,
  PodSandboxStats,
  PodSandboxStatus,
  RuntimeCondition,
  RuntimeHandler,
} from './cri-observed.ts'

/** Every call can be given up; it then rejects with the signal's reason. What it asked for may still happen. */
export interface Runtime {
  version(signal?: AbortSignal): Promise<RuntimeVersion>
  status(signal?: AbortSignal): Promise<RuntimeState>
  /** `undefined` where the runtime cannot tell (before CRI of Kubernetes 1.28). */
  cgroupDriver(signal?: AbortSignal): Promise<CgroupDriver | undefined>
  /** Tells the runtime the node's pod CIDR, for those that write a CNI configuration of their own. */
  updatePodCidr(podCidr: string, signal?: AbortSignal): Promise<void>

  /** Resolves with the sandbox's id when its network stands. An empty handler is the default one. */
  runPodSandbox(config: PodSandboxConfig, runtimeHandler: string, signal?: AbortSignal): Promise<string>
  /** Kills what still runs in it and takes its network down. Fine on one that is stopped or gone. */
  stopPodSandbox(id: string, signal?: AbortSignal): Promise<void>
  /** Removes it with its containers. Fine on one that is gone. */
  removePodSandbox(id: string, signal?: AbortSignal): Promise<void>
  podSandboxStatus(id: string, signal?: AbortSignal): Promise<PodSandboxStatus>
  listPodSandboxes(filter?: PodSandboxFilter, signal?: AbortSignal): Promise<readonly PodSandbox[]>

  createContainer(sandboxId: string, config: ContainerConfig, sandboxConfig: PodSandboxConfig, signal?: AbortSignal): Promise<string>
  startContainer(id: string, signal?: AbortSignal): Promise<void>
  /** Resolves when it has ended: by its stop signal, or killed after the grace period. Fine on one that has ended. */
  stopContainer(id: string, gracePeriodSeconds: number, signal?: AbortSignal): Promise<void>
  /** Kills it if it runs. Fine on one that is gone. */
  removeContainer(id: string, signal?: AbortSignal): Promise<void>
  containerStatus(id: string, signal?: AbortSignal): Promise<ContainerStatus>
  listContainers(filter?: ContainerFilter, signal?: AbortSignal): Promise<readonly Container[]>
  updateContainerResources(id: string, resources: LinuxContainerResources, signal?: AbortSignal): Promise<void>
  /** After the log file was moved away: the runtime opens a new one. */
  reopenContainerLog(id: string, signal?: AbortSignal): Promise<void>
  /** Rejects with `DeadlineExceeded` when the command takes longer; 0 is without limit. */
  execSync(id: string, command: readonly string[], timeoutSeconds: number, signal?: AbortSignal): Promise<ExecResult>

  /** These resolve with a URL at which the streams can be had, once and soon (streaming/). */
  exec(request: ExecRequest, signal?: AbortSignal): Promise<string>
  attach(request: AttachRequest, signal?: AbortSignal): Promise<string>
  portForward(sandboxId: string, ports: readonly number[], signal?: AbortSignal): Promise<string>

  containerStats(id: string, signal?: AbortSignal): Promise<ContainerStats>
  listContainerStats(filter?: StatsFilter, signal?: AbortSignal): Promise<readonly ContainerStats[]>
  /** Rejects with `Unimplemented` where the runtime has no figures for sandboxes. */
  listPodSandboxStats(filter?: StatsFilter, signal?: AbortSignal): Promise<readonly PodSandboxStats[]>
  /** What happens to containers, from now on until the signal. Rejects with `Unimplemented` where the kubelet must list instead. */
  containerEvents(signal: AbortSignal): AsyncIterable<ContainerEventResponse>

  listImages(signal?: AbortSignal): Promise<readonly Image[]>
  /** By name, digest or id; `undefined` when it is not here. */
  imageStatus(image: ImageSpec, signal?: AbortSignal): Promise<Image | undefined>
  /** Resolves with the reference that containers are to be made from. */
  pullImage(image: ImageSpec, auth?: AuthConfig, sandboxConfig?: PodSandboxConfig, signal?: AbortSignal): Promise<string>
  /** Fine on one that is not here. */
  removeImage(image: ImageSpec, signal?: AbortSignal): Promise<void>
  imageFsInfo(signal?: AbortSignal): Promise<readonly FilesystemUsage[]>

  /** Lets the connection go. Calls in flight reject. */
  close(): void
}

export interface RuntimeVersion {
  readonly runtimeName: string
  readonly runtimeVersion: string
  readonly runtimeApiVersion: string
}
export interface RuntimeState {
  /** `RuntimeReady` and `NetworkReady` at least. */
  readonly conditions: readonly RuntimeCondition[]
  readonly handlers: readonly RuntimeHandler[]
}
export interface PodSandboxFilter {
  readonly id?: string
  readonly state?: PodSandboxState
  readonly labelSelector?: Readonly<Record<string, string>>
}
export interface ContainerFilter {
  readonly id?: string
  readonly podSandboxId?: string
  readonly state?: ContainerState
  readonly labelSelector?: Readonly<Record<string, string>>
}
export interface StatsFilter {
  readonly id?: string
  readonly labelSelector?: Readonly<Record<string, string>>
}
export interface ExecResult {
  readonly stdout: Uint8Array
  readonly stderr: Uint8Array
  readonly exitCode: number
}
export interface AttachRequest {
  readonly containerId: string
  readonly stdin: boolean
  readonly stdout: boolean
  readonly stderr: boolean
  readonly tty: boolean
}
export interface ExecRequest extends AttachRequest {
  readonly command: readonly string[]
}

/** gRPC's codes by number, as Go spells them in messages. */
export const runtimeErrorCodes = [
  'OK',
  'Canceled',
  'Unknown',
  'InvalidArgument',
  'DeadlineExceeded',
  'NotFound',
  'AlreadyExists',
  'PermissionDenied',
  'ResourceExhausted',
  'FailedPrecondition',
  'Aborted',
  'OutOfRange',
  'Unimplemented',
  'Internal',
  'Unavailable',
  'DataLoss',
  'Unauthenticated',
] as const
export type RuntimeErrorCode = (typeof runtimeErrorCodes)[number]

/** The runtime's refusal. `message` is its own words, without the code. */
export class RuntimeError extends Error {
  override readonly name = 'RuntimeError'
  readonly code: RuntimeErrorCode

  constructor(code: RuntimeErrorCode, message: string) {
    super(message)
    this.code = code
  }

  /** As events and statuses quote it: `rpc error: code = NotFound desc = ...`. */
  get quoted(): string {
    return `rpc error: code = ${this.code} desc = ${this.message}`
  }
}
