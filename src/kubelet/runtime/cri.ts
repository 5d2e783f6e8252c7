// A container runtime over CRI runtime.v1: gRPC on a unix socket. gRPC is loaded with the first call, since a node that is only
// simulated never needs it.
import type { Client, ServiceError } from '@grpc/grpc-js'
import type { Clock } from '../../base/clock.ts'
import { imageService, runtimeService } from './cri-messages.ts'
import { type Draft, decode, encode, type MessageTable, type Value } from './proto.ts'
import { type ContainerFilter, type PodSandboxFilter, type Runtime, RuntimeError, runtimeErrorCodes } from './runtime.ts'

type Service = typeof runtimeService & typeof imageService
/** The stream of events is apart. */
type Method = Exclude<keyof Service, 'GetContainerEvents'>

export interface CriOptions {
  readonly socketPath: string
  readonly clock: Clock
  /** For calls that should be quick; 120 s as upstream's kubelet. Pulls and graceful stops have their own. */
  readonly timeoutMs?: number
}

/** A list of 150 pods with all their annotations is far from it. */
const maxMessageBytes = 16 * 1024 * 1024
/** An image may take long; without any limit a hung runtime would hold its worker for ever. */
const pullTimeoutMs = 60 * 60_000

export function connectCri(options: CriOptions): Runtime {
  return new CriRuntime(options)
}

class CriRuntime implements Runtime {
  readonly #options: CriOptions
  #client: Promise<Client> | undefined
  #closed = false

  constructor(options: CriOptions) {
    this.#options = options
  }

  async version(signal?: AbortSignal) {
    const { runtimeName, runtimeVersion, runtimeApiVersion } = await this.#call('Version', { version: 'v1' }, signal)
    return { runtimeName, runtimeVersion, runtimeApiVersion }
  }
  async status(signal?: AbortSignal) {
    const { status, runtimeHandlers } = await this.#call('Status', {}, signal)
    return { conditions: status?.conditions ?? [], handlers: runtimeHandlers }
  }
  async cgroupDriver(signal?: AbortSignal) {
    const answer = await this.#call('RuntimeConfig', {}, signal).catch(unlessCode('Unimplemented'))
    return answer?.linux?.cgroupDriver
  }
  async updatePodCidr(podCidr: string, signal?: AbortSignal) {
    await this.#call('UpdateRuntimeConfig', { runtimeConfig: { networkConfig: { podCidr } } }, signal)
  }

  async runPodSandbox(config: Parameters<Runtime['runPodSandbox']>[0], runtimeHandler: string, signal?: AbortSignal) {
    // Network plugins may take their time: twice as long as other calls, as upstream's kubelet.
    const answer = await this.#call('RunPodSandbox', { config, runtimeHandler }, signal, 2 * this.#timeoutMs)
    return answer.podSandboxId
  }
  async stopPodSandbox(podSandboxId: string, signal?: AbortSignal) {
    await this.#call('StopPodSandbox', { podSandboxId }, signal).catch(unlessCode('NotFound'))
  }
  async removePodSandbox(podSandboxId: string, signal?: AbortSignal) {
    await this.#call('RemovePodSandbox', { podSandboxId }, signal).catch(unlessCode('NotFound'))
  }
  async podSandboxStatus(podSandboxId: string, signal?: AbortSignal) {
    const { status } = await this.#call('PodSandboxStatus', { podSandboxId }, signal)
    return present(status, 'PodSandboxStatus')
  }
  async listPodSandboxes(filter?: PodSandboxFilter, signal?: AbortSignal) {
    const { items } = await this.#call('ListPodSandbox', { filter: withStateValue(filter) }, signal)
    return items
  }

  async createContainer(podSandboxId: string, ...[config, sandboxConfig, signal]: Tail<Parameters<Runtime['createContainer']>>) {
    const { containerId } = await this.#call('CreateContainer', { podSandboxId, config, sandboxConfig }, signal)
    return containerId
  }
  async startContainer(containerId: string, signal?: AbortSignal) {
    await this.#call('StartContainer', { containerId }, signal)
  }
  async stopContainer(containerId: string, gracePeriodSeconds: number, signal?: AbortSignal) {
    const timeoutMs = this.#timeoutMs + gracePeriodSeconds * 1000
    await this.#call('StopContainer', { containerId, timeout: gracePeriodSeconds }, signal, timeoutMs).catch(unlessCode('NotFound'))
  }
  async removeContainer(containerId: string, signal?: AbortSignal) {
    await this.#call('RemoveContainer', { containerId }, signal).catch(unlessCode('NotFound'))
  }
  async containerStatus(containerId: string, signal?: AbortSignal) {
    const { status } = await this.#call('ContainerStatus', { containerId }, signal)
    return present(status, 'ContainerStatus')
  }
  async listContainers(filter?: ContainerFilter, signal?: AbortSignal) {
    const { containers } = await this.#call('ListContainers', { filter: withStateValue(filter) }, signal)
    return containers
  }
  async updateContainerResources(containerId: string, ...[linux, signal]: Tail<Parameters<Runtime['updateContainerResources']>>) {
    await this.#call('UpdateContainerResources', { containerId, linux }, signal)
  }
  async reopenContainerLog(containerId: string, signal?: AbortSignal) {
    await this.#call('ReopenContainerLog', { containerId }, signal)
  }
  async execSync(containerId: string, cmd: readonly string[], timeoutSeconds: number, signal?: AbortSignal) {
    const timeoutMs = timeoutSeconds > 0 ? this.#timeoutMs + timeoutSeconds * 1000 : Number.POSITIVE_INFINITY
    return this.#call('ExecSync', { containerId, cmd, timeout: timeoutSeconds }, signal, timeoutMs)
  }

  async exec({ command, ...request }: Parameters<Runtime['exec']>[0], signal?: AbortSignal) {
    return (await this.#call('Exec', { ...request, cmd: command }, signal)).url
  }
  async attach(request: Parameters<Runtime['attach']>[0], signal?: AbortSignal) {
    return (await this.#call('Attach', request, signal)).url
  }
  async portForward(podSandboxId: string, port: readonly number[], signal?: AbortSignal) {
    return (await this.#call('PortForward', { podSandboxId, port }, signal)).url
  }

  async containerStats(containerId: string, signal?: AbortSignal) {
    const { stats } = await this.#call('ContainerStats', { containerId }, signal)
    return present(stats, 'ContainerStats')
  }
  async listContainerStats(filter?: Parameters<Runtime['listContainerStats']>[0], signal?: AbortSignal) {
    return (await this.#call('ListContainerStats', { filter }, signal)).stats
  }
  async listPodSandboxStats(filter?: Parameters<Runtime['listPodSandboxStats']>[0], signal?: AbortSignal) {
    return (await this.#call('ListPodSandboxStats', { filter }, signal)).stats
  }
  async *containerEvents(signal: AbortSignal) {
    const client = await this.#connect()
    const [request, response] = runtimeService.GetContainerEvents
    const serialize = () => encode(request, {})
    const call = client.makeServerStreamRequest('/runtime.v1.RuntimeService/GetContainerEvents', serialize, b => decode(response, b), {})
    const cancel = () => call.cancel()
    if (signal.aborted) cancel()
    signal.addEventListener('abort', cancel, { once: true })
    try {
      for await (const event of call) yield event as Value<typeof response>
    } catch (error) {
      if (signal.aborted) return
      throw runtimeErrorFrom(error as ServiceError)
    } finally {
      signal.removeEventListener('abort', cancel)
      cancel()
    }
  }

  async listImages(signal?: AbortSignal) {
    return (await this.#call('ListImages', {}, signal)).images
  }
  async imageStatus(image: Parameters<Runtime['imageStatus']>[0], signal?: AbortSignal) {
    const { image: found } = await this.#call('ImageStatus', { image }, signal)
    return found?.id ? found : undefined
  }
  async pullImage(image: Parameters<Runtime['pullImage']>[0], ...[auth, sandboxConfig, signal]: Tail<Parameters<Runtime['pullImage']>>) {
    return (await this.#call('PullImage', { image, auth, sandboxConfig }, signal, pullTimeoutMs)).imageRef
  }
  async removeImage(image: Parameters<Runtime['removeImage']>[0], signal?: AbortSignal) {
    await this.#call('RemoveImage', { image }, signal).catch(unlessCode('NotFound'))
  }
  async imageFsInfo(signal?: AbortSignal) {
    return (await this.#call('ImageFsInfo', {}, signal)).imageFilesystems
  }

  close(): void {
    this.#closed = true
    void this.#client?.then(client => client.close())
  }

  get #timeoutMs(): number {
    return this.#options.timeoutMs ?? 120_000
  }

  #connect(): Promise<Client> {
    if (this.#closed) return Promise.reject(new RuntimeError('Canceled', 'the connection to the runtime is closed'))
    this.#client ??= import('@grpc/grpc-js').then(
      grpc =>
        new grpc.Client(`unix:${this.#options.socketPath}`, grpc.credentials.createInsecure(), {
          'grpc.max_receive_message_length': maxMessageBytes,
          'grpc.max_send_message_length': maxMessageBytes,
          'grpc.enable_retries': 0,
          'grpc.default_authority': 'localhost',
          // A runtime that restarts is back in seconds; the default grows to two minutes.
          'grpc.max_reconnect_backoff_ms': 3000,
          'grpc.initial_reconnect_backoff_ms': 100,
        }),
    )
    return this.#client
  }

  async #call<M extends Method>(
    method: M,
    request: Draft<Service[M][0]>,
    signal: AbortSignal | undefined,
    timeoutMs = this.#timeoutMs,
  ): Promise<Value<Service[M][1]>> {
    signal?.throwIfAborted()
    const client = await this.#connect()
    const path = `/runtime.v1.${method in imageService ? 'ImageService' : 'RuntimeService'}/${method}`
    const [requestTable, responseTable]: readonly [MessageTable, MessageTable] = { ...runtimeService, ...imageService }[method]
    const deadline = timeoutMs === Number.POSITIVE_INFINITY ? timeoutMs : this.#options.clock.now() + timeoutMs
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        call.cancel()
        reject(signal?.reason)
      }
      const call = client.makeUnaryRequest<Draft<MessageTable>, Value<MessageTable>>(
        path,
        value => encode(requestTable, value),
        bytes => decode(responseTable, bytes),
        request as Draft<MessageTable>,
        { deadline },
        (error, answer) => {
          signal?.removeEventListener('abort', onAbort)
          if (error) reject(runtimeErrorFrom(error))
          else resolve(answer as Value<Service[M][1]>)
        },
      )
      signal?.addEventListener('abort', onAbort, { once: true })
    })
  }
}

type Tail<T extends readonly unknown[]> = T extends readonly [unknown, ...infer Rest] ? Rest : never

function runtimeErrorFrom(error: ServiceError): RuntimeError {
  return new RuntimeError(runtimeErrorCodes[error.code] ?? 'Unknown', error.details || error.message)
}

/** For `catch`: the outcome with this code is `undefined`, any other failure stays one. */
function unlessCode(code: RuntimeError['code']): (error: unknown) => undefined {
  return error => {
    if (error instanceof RuntimeError && error.code === code) return undefined
    throw error
  }
}

function present<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new RuntimeError('Internal', `the runtime's answer to ${what} is empty`)
  return value
}

function withStateValue<S>(filter: { readonly state?: S } | undefined) {
  return filter && { ...filter, state: filter.state === undefined ? undefined : { state: filter.state } }
}
