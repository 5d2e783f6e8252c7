// The components that run as processes of the node itself, shown as pods: Running while the process lives, with its own log, and one more
// restart whenever it is another process than before.
import type { Pod } from '../../api/core/pod.ts'
import type { PodStatus } from '../../api/core/pod-status.ts'
import { type Clock, sleep } from '../../base/clock.ts'
import type { Files } from '../host.ts'
import type { LogSource } from '../logs/read.ts'
import { containerHash } from '../pod/containers.ts'
import { nothingObserved, type ObservedContainer } from '../pod/observed.ts'
import { podStatus } from '../pod/status.ts'
import { ServedError, type ServedPods } from '../served-pods.ts'
import { localPod } from './local-pod.ts'
import type { MirrorPods } from './mirror-pods.ts'

export interface BuiltinPod {
  /** Of the component: `kube-apiserver`. The pod's name ends in the node's. */
  readonly name: string
  readonly image: string
  readonly command: readonly string[]
  readonly labels: Readonly<Record<string, string>>
  /** Plain lines. */
  readonly logFile: string
  readonly priorityClassName?: string
  /** The process as it is now; undefined when there is none. */
  process(): Promise<{ readonly pid: number; readonly startedAtMs: number } | undefined>
}

export interface BuiltinPodsOptions {
  readonly components: readonly BuiltinPod[]
  readonly nodeName: string
  readonly nodeIp: string
  readonly files: Files
  readonly clock: Clock
  readonly mirrors: MirrorPods
  readonly signal: AbortSignal
  publish(mirror: Pod, status: PodStatus): void
}

const namespace = 'kube-system'
const periodMs = 1_000

interface Component {
  readonly given: BuiltinPod
  readonly pod: Pod
  container: ObservedContainer | undefined
  status: PodStatus
}

export class BuiltinPods implements ServedPods {
  readonly #options: BuiltinPodsOptions
  readonly #components = new Map<string, Component>()

  constructor(options: BuiltinPodsOptions) {
    this.#options = options
    const { components, nodeName, clock, mirrors } = options
    for (const given of components) {
      const pod = localPod(podOf(given), nodeName, 'node', clock.now())
      this.#components.set(pod.metadata.name, { given, pod, container: undefined, status: {} })
      mirrors.want(pod)
    }
  }

  async run(): Promise<void> {
    const { clock, signal } = this.#options
    while (!signal.aborted) {
      for (const component of this.#components.values()) await this.#look(component)
      await sleep(clock, periodMs, signal).catch(() => {})
    }
  }

  has(ns: string, name: string): boolean {
    return ns === namespace && this.#components.has(name)
  }
  list(): readonly Pod[] {
    return [...this.#components.values()].map(({ pod, status }) => ({ ...pod, status }))
  }
  logs(_namespace: string, name: string, container: string, isPrevious: boolean): LogSource {
    const component = this.#find(name, container)
    if (isPrevious)
      throw new ServedError(400, `previous terminated container ${JSON.stringify(container)} in pod ${JSON.stringify(name)} not found`)
    const { files, clock } = this.#options
    return { files, clock, path: component.given.logFile, isPlain: true, isRunning: () => component.container?.state === 'running' }
  }
  container(_namespace: string, name: string, container: string): never {
    this.#find(name, container)
    throw new ServedError(
      400,
      `${container} runs as a process of the node, outside any container: there is nothing to exec into or attach to`,
    )
  }
  sandbox(_namespace: string, name: string): never {
    throw new ServedError(
      400,
      `pod ${JSON.stringify(name)} runs as a process of the node, outside any sandbox: its ports are those of the node`,
    )
  }

  #find(name: string, container: string): Component {
    const component = this.#components.get(name)
    if (!component) throw new ServedError(404, `pod ${JSON.stringify(name)} not found`)
    if (component.given.name !== container)
      throw new ServedError(404, `container ${JSON.stringify(container)} not found in pod ${JSON.stringify(name)}`)
    return component
  }

  async #look(component: Component): Promise<void> {
    const { mirrors, clock, nodeIp, publish } = this.#options
    const mirror = mirrors.of(component.pod)
    if (!mirror) return
    const now = clock.now()
    const found = await component.given.process()
    component.container = nextContainer(component, mirror, found, now)
    const status = Object.keys(component.status).length === 0 ? mirror.status : component.status
    const pod = { ...component.pod, metadata: { ...component.pod.metadata, generation: mirror.metadata.generation }, status }
    const sandbox = { id: 'node', attempt: 0, ready: true, createdAtMs: 0, ips: [nodeIp] }
    const containers = component.container ? [component.container] : []
    const observed = { ...nothingObserved, sandboxes: [sandbox], containers, volumesReady: true }
    component.status = podStatus({ pod, observed, now, node: { ip: nodeIp, runtimeName: 'process' } }).status
    publish(mirror, component.status)
  }
}

/** The process as a container. Its restarts are counted on from what the mirror pod shows, as an agent may have been restarted between. */
export function nextContainer(
  { pod, container: before }: Pick<Component, 'pod' | 'container'>,
  mirror: Pod,
  found: { readonly pid: number; readonly startedAtMs: number } | undefined,
  now: number,
): ObservedContainer | undefined {
  const [definition] = pod.spec.containers
  if (!definition) return before
  if (!found) return before?.state === 'running' ? { ...before, state: 'exited', exitCode: 1, finishedAtMs: now } : before
  const id = `${found.pid}-${Math.floor(found.startedAtMs / 1000)}`
  if (before?.id === id) return before
  const shown = mirror.status.containerStatuses?.[0]
  const attempt = before
    ? before.attempt + 1
    : shown?.containerID
      ? shown.restartCount + (shown.containerID === `process://${id}` ? 0 : 1)
      : 0
  return {
    id,
    name: definition.name,
    sandboxId: 'node',
    attempt,
    state: 'running',
    createdAtMs: found.startedAtMs,
    startedAtMs: found.startedAtMs,
    finishedAtMs: 0,
    exitCode: 0,
    reason: '',
    message: '',
    image: definition.image ?? '',
    imageId: '',
    hash: containerHash(definition),
  }
}

function podOf({ name, image, command, labels, priorityClassName }: BuiltinPod) {
  return {
    metadata: { name, namespace, labels },
    spec: {
      hostNetwork: true,
      ...(priorityClassName && { priorityClassName }),
      containers: [{ name, image, command, imagePullPolicy: 'IfNotPresent' as const }],
    },
  }
}
