// What the pod machine knows of the world: the runtime's sandboxes and containers, and what the worker remembers of its own
// operations. All of it is plain data, so that a decision can be made, tested and replayed without a node.
import type { ResourceRequirements } from '../../api/core/container.ts'
import type { Pod } from '../../api/core/pod.ts'
import type { KernelAmounts } from './container-resources.ts'

export interface ObservedSandbox {
  readonly id: string
  /** Counts the sandboxes of a pod from 0. */
  readonly attempt: number
  readonly ready: boolean
  readonly createdAtMs: number
  readonly ips: readonly string[]
}

export interface ObservedContainer {
  readonly id: string
  readonly name: string
  readonly sandboxId: string
  /** The restart count of this instance. */
  readonly attempt: number
  readonly state: 'created' | 'running' | 'exited' | 'unknown'
  readonly createdAtMs: number
  readonly startedAtMs: number
  readonly finishedAtMs: number
  readonly exitCode: number
  /** The runtime's word for the end: Completed, Error, OOMKilled, StartError. */
  readonly reason: string
  /** The termination message. */
  readonly message: string
  readonly image: string
  readonly imageId: string
  /** See `containerHash`: another one means that the definition has changed. */
  readonly hash: string
  /** What the kernel grants it; what is not known is left out. */
  readonly amounts?: Partial<KernelAmounts>
  /** CPU and memory as its definition had them when it was created; undefined for one that somebody else created. */
  readonly madeWith?: ResourceRequirements
  /** It was stopped to make way for another instance, which starts whatever its policy says. */
  readonly isReplaced?: boolean
  readonly user?: { readonly uid: number; readonly gid: number; readonly supplementalGroups: readonly number[] } | undefined
}

export type ImageState =
  | { readonly state: 'present'; readonly ref: string }
  | { readonly state: 'failed'; readonly reason: string; readonly message: string; readonly atMs: number; readonly backoff: Backoff }

/** Why an operation failed the last time, and when it may be tried again. */
export interface Failure {
  readonly reason: string
  readonly message: string
  readonly atMs: number
  readonly retryAtMs: number
  readonly count: number
}

export interface Backoff {
  readonly delayMs: number
  /** When the delay was last set. */
  readonly sinceMs: number
}

export type ProbeVerdict = 'unknown' | 'success' | 'failure'
export interface ProbeResults {
  readonly startup?: ProbeVerdict
  readonly liveness?: ProbeVerdict
  readonly readiness?: ProbeVerdict
}

/** Why a pod that the API server still wants is to end, or how one that it does not want any more. */
export interface Ending {
  readonly cause: 'deleted' | 'vanished' | 'rejected' | 'deadline' | 'completed'
  readonly sinceMs: number
  readonly graceSeconds: number
  /** The pod's status reason and message: `DeadlineExceeded`, `OutOfcpu`. */
  readonly reason?: string
  readonly message?: string
}

export interface Observed {
  /** Newest first. */
  readonly sandboxes: readonly ObservedSandbox[]
  /** Newest first within a name. */
  readonly containers: readonly ObservedContainer[]
  /** Keys of the operations under way: `operationKey(action)`. */
  readonly operations: ReadonlySet<string>
  /** By operation key. */
  readonly failures: ReadonlyMap<string, Failure>
  /** When a stop under way runs out of grace, by container id. */
  readonly stopDeadlines: ReadonlyMap<string, number>
  readonly volumesReady: boolean
  /** By container name; an entry is used up by a start. */
  readonly images: ReadonlyMap<string, ImageState>
  /** By container name. */
  readonly backoffs: ReadonlyMap<string, Backoff>
  /** By container id. */
  readonly probes: ReadonlyMap<string, ProbeResults>
  /** What the pod's own cgroup was set to last; undefined when that was before our time. */
  readonly cgroup: KernelAmounts | undefined
  /** Whether what is set aside for the pod is on disk, and may be given to it. */
  readonly isAllocationKept: boolean
  /** Nothing of the pod is left on the node but, perhaps, dead containers and their logs. */
  readonly cleanedUp: boolean
}

export const nothingObserved: Observed = {
  sandboxes: [],
  containers: [],
  operations: new Set(),
  failures: new Map(),
  stopDeadlines: new Map(),
  volumesReady: false,
  images: new Map(),
  backoffs: new Map(),
  probes: new Map(),
  cgroup: undefined,
  isAllocationKept: true,
  cleanedUp: false,
}

/** Why the node does not give a pod what it asks for: not now, or never. */
export interface PendingResize {
  readonly reason: 'Deferred' | 'Infeasible'
  readonly message: string
}

export interface PodInput {
  /** With the resources that are set aside for it, which may differ from those that it asks for. */
  readonly pod: Pod
  readonly pendingResize?: PendingResize | undefined
  /** Of the pod whose resources were set aside. */
  readonly allocatedGeneration?: number | undefined
  /** Set by the worker from outside causes; the machine finds deadline and completion itself. */
  readonly ending?: Ending | undefined
  readonly observed: Observed
  readonly now: number
  /** `runtimeName` is the scheme of container ids; `containerd` when absent. */
  readonly node: { readonly ip: string; readonly runtimeName?: string }
}

export function latest(observed: Observed, name: string): ObservedContainer | undefined {
  return observed.containers.find(c => c.name === name)
}

/** The instance before the newest, for `lastState` and `logs --previous`. */
export function previous(observed: Observed, name: string): ObservedContainer | undefined {
  return observed.containers.filter(c => c.name === name)[1]
}
