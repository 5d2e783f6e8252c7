// A container runtime in memory, on the clock it is given: for unit tests of the kubelet and for nodes that are only simulated.
// What containers do, what goes wrong and what the registry has is scripted; everything else follows the CRI's rules.
import type { Clock } from '../../base/clock.ts'
import { sleep } from '../../base/clock.ts'
import type { ContainerConfig, ImageSpec, LinuxContainerResources, PodSandboxConfig } from './cri-config.ts'
import type {
  Container,
  ContainerEventResponse,
  ContainerEventType,
  ContainerResources,
  ContainerStats,
  ContainerStatus,
  Image,
  PodSandbox,
  PodSandboxStatus,
} from './cri-observed.ts'
import {
  type AttachRequest,
  type ContainerFilter,
  type ExecRequest,
  type ExecResult,
  type PodSandboxFilter,
  type Runtime,
  RuntimeError,
  type StatsFilter,
} from './runtime.ts'

/** What a container does. Without `exitAfterMs` it runs until it is stopped. */
export interface FakeBehaviour {
  readonly exitAfterMs?: number
  readonly exitCode?: number
  /** Empty: `Completed` or `Error` by the exit code. */
  readonly exitReason?: string
  /** It never runs: `startContainer` rejects with this message, and the container is left exited with 128 (`StartError`). */
  readonly startError?: string
  /** How long it takes to end after its stop signal (0). Longer than the grace period, and it is killed (137). */
  readonly stopsAfterMs?: number
  readonly cpuNanoCores?: number
  readonly memoryBytes?: number
}

export interface FakeRuntimeOptions {
  readonly clock: Clock
  /** Asked at each start. Default: it runs until it is stopped. */
  readonly behave?: (config: ContainerConfig, sandbox: PodSandboxConfig) => FakeBehaviour
  /** Asked by `pullImage`: an image's size, or `undefined` where the registry has none. Default: it has everything. */
  readonly registry?: (image: string) => { readonly sizeBytes: number } | undefined
  readonly pullMs?: number
  /** Asked by `execSync`. Default: success without output. */
  readonly exec?: (command: readonly string[], config: ContainerConfig) => ExecResult
  /** Default: addresses of 10.88.0.0/16 in turn. Sandboxes in the node's network have none. */
  readonly podIp?: (sandbox: PodSandboxConfig, sequence: number) => string
  /** Where streams can be had, as `exec`, `attach` and `portForward` resolve. Without it they are `Unimplemented`. */
  readonly stream?: (request: FakeStreamRequest) => string
}
export type FakeStreamRequest =
  | ({ readonly kind: 'exec' } & ExecRequest)
  | ({ readonly kind: 'attach' } & AttachRequest)
  | { readonly kind: 'port-forward'; readonly sandboxId: string; readonly ports: readonly number[] }

type Method = Exclude<keyof Runtime, 'close' | 'containerEvents'>
type Writable<T> = { -readonly [K in keyof T]: T[K] }

interface FakeSandbox {
  readonly config: PodSandboxConfig
  readonly status: Writable<PodSandboxStatus>
}
interface FakeContainer {
  readonly config: ContainerConfig
  readonly sandbox: FakeSandbox
  readonly status: Writable<ContainerStatus>
  behaviour: FakeBehaviour
  /** Of the exit that is due. */
  cancelExit: () => void
}

export class FakeRuntime implements Runtime {
  readonly #options: FakeRuntimeOptions
  readonly #sandboxes = new Map<string, FakeSandbox>()
  readonly #containers = new Map<string, FakeContainer>()
  readonly #images = new Map<string, Image>()
  readonly #faults = new Map<Method, RuntimeError[]>()
  readonly #watchers = new Set<(event: ContainerEventResponse) => void>()
  /** Every call in order, for tests that ask what the kubelet did. */
  readonly calls: { readonly method: Method; readonly subject: string }[] = []
  #sequence = 0
  #podCidr = ''

  constructor(options: FakeRuntimeOptions) {
    this.#options = options
  }

  /** The next calls of the method fail so, one for each error. */
  failNext(method: Method, ...errors: readonly RuntimeError[]): void {
    this.#faults.set(method, [...(this.#faults.get(method) ?? []), ...errors])
  }

  /** The container's process ends now, whatever its behaviour says. */
  exit(containerId: string, exitCode: number, reason = ''): void {
    this.#end(this.#container(containerId), exitCode, reason)
  }

  /** The sandbox dies with all that is in it, as after a crash of its pause process. */
  breakSandbox(id: string): void {
    this.#stopSandbox(this.#sandbox(id))
  }

  /** As if the image had been pulled before. */
  addImage(name: string, sizeBytes = 1_000_000): void {
    const id = `sha256:${fakeHash(name)}`
    const isDigest = name.includes('@')
    const named = { repoTags: isDigest ? [] : [name], repoDigests: [isDigest ? name : `${name.replace(/:[^:/]*$/, '')}@${id}`] }
    this.#images.set(name, { id, ...named, size: sizeBytes, username: '', pinned: false })
  }

  get podCidr(): string {
    return this.#podCidr
  }

  async version(signal?: AbortSignal) {
    this.#begin('version', '', signal)
    return { runtimeName: 'fake', runtimeVersion: '1.0.0', runtimeApiVersion: 'v1' }
  }
  async status(signal?: AbortSignal) {
    this.#begin('status', '', signal)
    const ready = (type: string) => ({ type, status: true, reason: '', message: '' })
    return { conditions: [ready('RuntimeReady'), ready('NetworkReady')], handlers: [] }
  }
  async cgroupDriver(signal?: AbortSignal) {
    this.#begin('cgroupDriver', '', signal)
    return 'CGROUPFS' as const
  }
  async updatePodCidr(podCidr: string, signal?: AbortSignal) {
    this.#begin('updatePodCidr', podCidr, signal)
    this.#podCidr = podCidr
  }

  async runPodSandbox(config: PodSandboxConfig, runtimeHandler: string, signal?: AbortSignal) {
    this.#begin('runPodSandbox', config.metadata?.name ?? '', signal)
    const id = this.#newId()
    const options = config.linux?.securityContext?.namespaceOptions
    const ip = options?.network === 'NODE' ? '' : (this.#options.podIp ?? defaultPodIp)(config, this.#sequence)
    const { name = '', uid = '', namespace = '', attempt = 0 } = config.metadata ?? {}
    const status: PodSandboxStatus = {
      id,
      metadata: { name, uid, namespace, attempt },
      state: 'SANDBOX_READY',
      createdAtMs: this.#options.clock.now(),
      network: { ip, additionalIps: [] },
      labels: config.labels ?? {},
      annotations: config.annotations ?? {},
      runtimeHandler,
    }
    this.#sandboxes.set(id, { config, status })
    return id
  }
  async stopPodSandbox(id: string, signal?: AbortSignal) {
    this.#begin('stopPodSandbox', id, signal)
    const sandbox = this.#sandboxes.get(id)
    if (sandbox) this.#stopSandbox(sandbox)
  }
  async removePodSandbox(id: string, signal?: AbortSignal) {
    this.#begin('removePodSandbox', id, signal)
    const sandbox = this.#sandboxes.get(id)
    if (!sandbox) return
    this.#stopSandbox(sandbox)
    for (const container of this.#in(sandbox)) this.#remove(container)
    this.#sandboxes.delete(id)
  }
  async podSandboxStatus(id: string, signal?: AbortSignal) {
    this.#begin('podSandboxStatus', id, signal)
    return { ...this.#sandbox(id).status }
  }
  async listPodSandboxes(filter: PodSandboxFilter = {}, signal?: AbortSignal): Promise<readonly PodSandbox[]> {
    this.#begin('listPodSandboxes', '', signal)
    const all = [...this.#sandboxes.values()].map(({ status: { network: _, linux: _linux, ...listed } }) => listed)
    return all.filter(sandbox => matches(filter, sandbox) && (filter.state === undefined || filter.state === sandbox.state))
  }

  async createContainer(sandboxId: string, config: ContainerConfig, _sandboxConfig: PodSandboxConfig, signal?: AbortSignal) {
    this.#begin('createContainer', config.metadata?.name ?? '', signal)
    const sandbox = this.#sandbox(sandboxId)
    if (sandbox.status.state !== 'SANDBOX_READY') throw new RuntimeError('Unknown', `sandbox container "${sandboxId}" is not running`)
    const image = this.#findImage(config.image?.image ?? '')
    if (!image) throw new RuntimeError('NotFound', `failed to resolve image "${config.image?.image ?? ''}": not found`)
    const id = this.#newId()
    const status: ContainerStatus = {
      id,
      metadata: { name: config.metadata?.name ?? '', attempt: config.metadata?.attempt ?? 0 },
      state: 'CONTAINER_CREATED',
      createdAtMs: this.#options.clock.now(),
      startedAtMs: 0,
      finishedAtMs: 0,
      exitCode: 0,
      image: imageSpec(config.image?.userSpecifiedImage || (config.image?.image ?? '')),
      imageRef: image.repoDigests[0] ?? image.id,
      reason: '',
      message: '',
      labels: config.labels ?? {},
      annotations: config.annotations ?? {},
      mounts: [],
      logPath: `${sandbox.config.logDirectory ?? ''}/${config.logPath ?? ''}`,
      ...(config.linux?.resources && { resources: withResources(undefined, config.linux.resources) }),
      imageId: image.id,
      stopSignal: 'SIGNAL_RUNTIME_DEFAULT',
    }
    const container: FakeContainer = { config, sandbox, status, behaviour: {}, cancelExit: () => {} }
    this.#containers.set(id, container)
    this.#emit('CONTAINER_CREATED_EVENT', container)
    return id
  }
  async startContainer(id: string, signal?: AbortSignal) {
    this.#begin('startContainer', id, signal)
    const container = this.#container(id)
    const { status, config, sandbox } = container
    if (status.state !== 'CONTAINER_CREATED') throw new RuntimeError('Unknown', `container is in ${status.state} state`)
    const behaviour = this.#options.behave?.(config, sandbox.config) ?? {}
    container.behaviour = behaviour
    if (behaviour.startError !== undefined) {
      this.#end(container, 128, 'StartError', behaviour.startError)
      throw new RuntimeError('Unknown', behaviour.startError)
    }
    status.state = 'CONTAINER_RUNNING'
    status.startedAtMs = this.#options.clock.now()
    this.#emit('CONTAINER_STARTED_EVENT', container)
    if (behaviour.exitAfterMs === undefined) return
    const exit = () => this.#end(container, behaviour.exitCode ?? 0, behaviour.exitReason ?? '')
    container.cancelExit = this.#options.clock.after(behaviour.exitAfterMs, exit)
  }
  async stopContainer(id: string, gracePeriodSeconds: number, signal?: AbortSignal) {
    this.#begin('stopContainer', id, signal)
    const container = this.#containers.get(id)
    if (container?.status.state !== 'CONTAINER_RUNNING') return
    const graceMs = gracePeriodSeconds * 1000
    const neededMs = container.behaviour.stopsAfterMs ?? 0
    const isKilled = graceMs === 0 || neededMs > graceMs
    const waitMs = Math.min(graceMs, neededMs)
    if (waitMs > 0) await sleep(this.#options.clock, waitMs, signal)
    this.#end(container, isKilled ? 137 : (container.behaviour.exitCode ?? 143), '')
  }
  async removeContainer(id: string, signal?: AbortSignal) {
    this.#begin('removeContainer', id, signal)
    const container = this.#containers.get(id)
    if (!container) return
    this.#end(container, 137, '')
    this.#remove(container)
  }
  async containerStatus(id: string, signal?: AbortSignal) {
    this.#begin('containerStatus', id, signal)
    return { ...this.#container(id).status }
  }
  async listContainers(filter: ContainerFilter = {}, signal?: AbortSignal): Promise<readonly Container[]> {
    this.#begin('listContainers', '', signal)
    const isWanted = (container: Container) =>
      matches(filter, container) &&
      (filter.state === undefined || filter.state === container.state) &&
      (filter.podSandboxId === undefined || filter.podSandboxId === container.podSandboxId)
    return [...this.#containers.values()].map(listed).filter(isWanted)
  }
  async updateContainerResources(id: string, resources: Parameters<Runtime['updateContainerResources']>[1], signal?: AbortSignal) {
    this.#begin('updateContainerResources', id, signal)
    const container = this.#container(id)
    container.status.resources = withResources(container.status.resources, resources)
  }
  async reopenContainerLog(id: string, signal?: AbortSignal) {
    this.#begin('reopenContainerLog', id, signal)
    this.#running(id)
  }
  async execSync(id: string, command: readonly string[], _timeoutSeconds: number, signal?: AbortSignal) {
    this.#begin('execSync', id, signal)
    const { config } = this.#running(id)
    const silence = { stdout: new Uint8Array(), stderr: new Uint8Array(), exitCode: 0 }
    return this.#options.exec?.(command, config) ?? silence
  }

  async exec(request: ExecRequest, signal?: AbortSignal) {
    this.#begin('exec', request.containerId, signal)
    this.#running(request.containerId)
    return this.#stream({ kind: 'exec', ...request })
  }
  async attach(request: AttachRequest, signal?: AbortSignal) {
    this.#begin('attach', request.containerId, signal)
    this.#running(request.containerId)
    return this.#stream({ kind: 'attach', ...request })
  }
  async portForward(sandboxId: string, ports: readonly number[], signal?: AbortSignal) {
    this.#begin('portForward', sandboxId, signal)
    this.#sandbox(sandboxId)
    return this.#stream({ kind: 'port-forward', sandboxId, ports })
  }

  async containerStats(id: string, signal?: AbortSignal) {
    this.#begin('containerStats', id, signal)
    return this.#stats(this.#container(id))
  }
  async listContainerStats(filter: StatsFilter = {}, signal?: AbortSignal) {
    this.#begin('listContainerStats', '', signal)
    const running = [...this.#containers.values()].filter(({ status }) => status.state === 'CONTAINER_RUNNING')
    return running.filter(({ status }) => matches(filter, status)).map(container => this.#stats(container))
  }
  async listPodSandboxStats(_filter?: StatsFilter, signal?: AbortSignal): Promise<never> {
    this.#begin('listPodSandboxStats', '', signal)
    throw new RuntimeError('Unimplemented', 'this runtime keeps no figures for sandboxes')
  }
  async *containerEvents(signal: AbortSignal) {
    const waiting: ContainerEventResponse[] = []
    let wake = () => {}
    const watcher = (event: ContainerEventResponse) => {
      waiting.push(event)
      wake()
    }
    const onAbort = () => wake()
    this.#watchers.add(watcher)
    signal.addEventListener('abort', onAbort)
    try {
      while (!signal.aborted) {
        yield* waiting.splice(0)
        if (signal.aborted || waiting.length > 0) continue
        await new Promise<void>(resolve => {
          wake = resolve
        })
      }
    } finally {
      signal.removeEventListener('abort', onAbort)
      this.#watchers.delete(watcher)
    }
  }

  async listImages(signal?: AbortSignal) {
    this.#begin('listImages', '', signal)
    return [...this.#images.values()]
  }
  async imageStatus(image: ImageSpec, signal?: AbortSignal) {
    this.#begin('imageStatus', image.image ?? '', signal)
    return this.#findImage(image.image ?? '')
  }
  async pullImage(image: ImageSpec, _auth?: unknown, _sandboxConfig?: unknown, signal?: AbortSignal) {
    const name = image.image ?? ''
    this.#begin('pullImage', name, signal)
    if (this.#options.pullMs) await sleep(this.#options.clock, this.#options.pullMs, signal)
    const found = this.#options.registry ? this.#options.registry(name) : { sizeBytes: 1_000_000 }
    const failed = `failed to pull and unpack image "${name}": failed to resolve reference "${name}": ${name}: not found`
    if (!found) throw new RuntimeError('NotFound', failed)
    this.addImage(name, found.sizeBytes)
    return `sha256:${fakeHash(name)}`
  }
  async removeImage(image: ImageSpec, signal?: AbortSignal) {
    this.#begin('removeImage', image.image ?? '', signal)
    const found = this.#findImage(image.image ?? '')
    for (const [name, { id }] of [...this.#images]) if (id === found?.id) this.#images.delete(name)
  }
  async imageFsInfo(signal?: AbortSignal) {
    this.#begin('imageFsInfo', '', signal)
    const images = [...this.#images.values()]
    const usedBytes = { value: images.reduce((sum, image) => sum + Number(image.size), 0) }
    return [
      { timestampMs: this.#options.clock.now(), fsId: { mountpoint: '/fake/images' }, usedBytes, inodesUsed: { value: images.length } },
    ]
  }

  close(): void {
    for (const container of this.#containers.values()) container.cancelExit()
  }

  #begin(method: Method, subject: string, signal: AbortSignal | undefined): void {
    signal?.throwIfAborted()
    this.calls.push({ method, subject })
    const fault = this.#faults.get(method)?.shift()
    if (fault) throw fault
  }

  #newId(): string {
    this.#sequence++
    return this.#sequence.toString(16).padStart(64, '0')
  }

  #sandbox(id: string): FakeSandbox {
    const sandbox = this.#sandboxes.get(id)
    if (!sandbox) throw new RuntimeError('NotFound', `an error occurred when try to find sandbox: not found`)
    return sandbox
  }

  #container(id: string): FakeContainer {
    const container = this.#containers.get(id)
    if (!container) throw new RuntimeError('NotFound', `an error occurred when try to find container "${id}": not found`)
    return container
  }

  #running(id: string): FakeContainer {
    const container = this.#container(id)
    if (container.status.state !== 'CONTAINER_RUNNING') throw new RuntimeError('Unknown', `container is in ${container.status.state} state`)
    return container
  }

  #in(sandbox: FakeSandbox): readonly FakeContainer[] {
    return [...this.#containers.values()].filter(container => container.sandbox === sandbox)
  }

  #stopSandbox(sandbox: FakeSandbox): void {
    for (const container of this.#in(sandbox)) this.#end(container, 137, '')
    sandbox.status.state = 'SANDBOX_NOTREADY'
  }

  #end(container: FakeContainer, exitCode: number, reason: string, message = ''): void {
    const { status } = container
    if (status.state === 'CONTAINER_EXITED' || (status.state === 'CONTAINER_CREATED' && reason !== 'StartError')) return
    container.cancelExit()
    status.state = 'CONTAINER_EXITED'
    status.finishedAtMs = this.#options.clock.now()
    status.exitCode = exitCode
    status.reason = reason || (exitCode === 0 ? 'Completed' : 'Error')
    status.message = message
    this.#emit('CONTAINER_STOPPED_EVENT', container)
  }

  #remove(container: FakeContainer): void {
    this.#containers.delete(container.status.id)
    this.#emit('CONTAINER_DELETED_EVENT', container)
  }

  #emit(containerEventType: ContainerEventType, { status, sandbox }: FakeContainer): void {
    const containersStatuses = this.#in(sandbox).map(container => ({ ...container.status }))
    const base = { containerId: status.id, containerEventType, createdAtMs: this.#options.clock.now() }
    for (const watcher of this.#watchers) watcher({ ...base, podSandboxStatus: { ...sandbox.status }, containersStatuses })
  }

  #findImage(nameOrId: string): Image | undefined {
    return (
      this.#images.get(nameOrId) ?? [...this.#images.values()].find(image => image.id === nameOrId || image.repoDigests.includes(nameOrId))
    )
  }

  #stream(request: FakeStreamRequest): string {
    if (!this.#options.stream) throw new RuntimeError('Unimplemented', 'this runtime has no streams')
    return this.#options.stream(request)
  }

  #stats({ status, behaviour }: FakeContainer): ContainerStats {
    const timestampMs = this.#options.clock.now()
    const ranMs = status.state === 'CONTAINER_RUNNING' ? timestampMs - status.startedAtMs : 0
    const nanoCores = ranMs > 0 ? (behaviour.cpuNanoCores ?? 0) : 0
    const { id, labels, annotations, metadata = { name: '', attempt: 0 } } = status
    return {
      attributes: { id, metadata, labels, annotations },
      cpu: { timestampMs, usageCoreNanoSeconds: { value: (nanoCores * ranMs) / 1000 }, usageNanoCores: { value: nanoCores } },
      memory: { timestampMs, workingSetBytes: { value: ranMs > 0 ? (behaviour.memoryBytes ?? 0) : 0 } },
    }
  }
}

function defaultPodIp(_sandbox: PodSandboxConfig, sequence: number): string {
  return `10.88.${(sequence >> 8) & 255}.${sequence & 255}`
}

/** What is not given stays as it was. */
function withResources(before: ContainerResources | undefined, given: LinuxContainerResources): ContainerResources {
  const none = { cpuPeriod: 0, cpuQuota: 0, cpuShares: 0, memoryLimitInBytes: 0, oomScoreAdj: 0, memorySwapLimitInBytes: 0 }
  const set = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
  return { linux: { ...none, cpusetCpus: '', cpusetMems: '', hugepageLimits: [], unified: {}, ...before?.linux, ...set } }
}

function imageSpec(image: string) {
  return { image, annotations: {}, userSpecifiedImage: '', runtimeHandler: '', imageRef: '' }
}

function listed({ status, sandbox }: FakeContainer): Container {
  const { id, metadata, image, imageRef, state, createdAtMs, labels, annotations, imageId } = status
  const optional = { ...(metadata ? { metadata } : {}), ...(image ? { image } : {}) }
  return { id, podSandboxId: sandbox.status.id, ...optional, imageRef, state, createdAtMs, labels, annotations, imageId }
}

function matches(
  filter: { readonly id?: string; readonly labelSelector?: Readonly<Record<string, string>> },
  subject: { readonly id: string; readonly labels: Readonly<Record<string, string>> },
): boolean {
  if (filter.id !== undefined && filter.id !== subject.id) return false
  return Object.entries(filter.labelSelector ?? {}).every(([key, value]) => subject.labels[key] === value)
}

/** 64 hex digits that depend on the whole name (FNV-1a, spread): an identity, not a secret. */
function fakeHash(name: string): string {
  let digits = ''
  for (let round = 0; round < 8; round++) {
    let hash = 0x811c9dc5 ^ round
    for (const char of name) hash = Math.imul(hash ^ char.codePointAt(0)!, 0x01000193) >>> 0
    digits += hash.toString(16).padStart(8, '0')
  }
  return digits
}
