// What a scheduler plugin is. Each method is one extension point of a pod's way to its node, in the order below; all but the last three
// are pure. What `preFilter` and `preScore` compute once for the pod is handed to `filter` and `score` for each node.
import type { Pod } from '../api/core/pod.ts'
import type { Client } from '../client/client.ts'
import type { NodeInfo } from './node-info.ts'

export type Verdict =
  | { readonly fits: true }
  | {
      readonly fits: false
      /** As users read them: `Insufficient cpu`. */
      readonly reasons: readonly string[]
      /** Evicting pods from the node cannot help. */
      readonly isFinal: boolean
    }
export type Rejection = Extract<Verdict, { fits: false }>

export const fits: Verdict = { fits: true }
export const rejects = (...reasons: readonly string[]): Rejection => ({ fits: false, reasons, isFinal: false })
export const rejectsForGood = (...reasons: readonly string[]): Rejection => ({ fits: false, reasons, isFinal: true })

/** What may have changed about an object so that a pod fits now. `update` is any change; the others are told apart for nodes. */
export type Action = 'add' | 'delete' | 'update' | 'allocatable' | 'labels' | 'taints' | 'unschedulable'
export interface ClusterEvent {
  /** `Pod/assigned`: a pod on a node; `Pod/self`: the waiting pod itself. */
  readonly kind: 'Node' | 'Pod/assigned' | 'Pod/self'
  readonly actions: readonly Action[]
}
/** An event with the object before and after. */
export interface Occurred {
  readonly kind: ClusterEvent['kind']
  readonly actions: readonly Action[]
  readonly node?: NodeInfo | undefined
  readonly pod?: Pod | undefined
}

export interface Snapshot {
  readonly nodes: readonly NodeInfo[]
  get(name: string): NodeInfo | undefined
}

export type PreFilterOutcome<State> =
  /** `nodes`, where given, are the only ones that can fit. */
  | { readonly kind: 'go on'; readonly state: State; readonly nodes?: ReadonlySet<string> | undefined }
  /** The plugin has no say about this pod: its filter is left out. */
  | { readonly kind: 'skip' }
  | { readonly kind: 'reject'; readonly rejection: Rejection }

/** The pod failed on each node for one reason, or before it came to nodes. */
export interface Diagnosis {
  readonly rejections: ReadonlyMap<string, Rejection>
  /** Of nodes that no filter was asked about. */
  readonly others: Rejection | undefined
  readonly preFilterMessage: string | undefined
  /** The plugins that must hear of a change before it is worth another try. */
  readonly plugins: ReadonlySet<string>
  readonly nodeCount: number
}

export interface QueuedPod {
  readonly pod: Pod
  /** When it came into the queue, now or again. */
  readonly queuedMs: number
}

/** F and S are the states of the two phases. */
export interface Plugin<F = unknown, S = unknown> {
  readonly name: string
  /** After which events a pod that this plugin has rejected may fit. */
  readonly requeueOn: readonly ClusterEvent[]
  /** Whether the event may make the pod fit; without it every event of `requeueOn` may. */
  mayHelp?(pod: Pod, event: Occurred): boolean

  /** Whether the pod may be tried at all. */
  preEnqueue?(pod: Pod): Verdict
  /** Negative when `a` goes first. Exactly one plugin of a profile has it. */
  compare?(a: QueuedPod, b: QueuedPod): number
  preFilter?(pod: Pod, snapshot: Snapshot): PreFilterOutcome<F>
  filter?(pod: Pod, node: NodeInfo, state: F): Verdict
  /** After no node was found: makes room, or says why not. The texts are appended to the pod's message. */
  postFilter?(pod: Pod, snapshot: Snapshot, diagnosis: Diagnosis): string
  /** `skip`: the plugin does not score this pod. */
  preScore?(pod: Pod, nodes: readonly NodeInfo[]): { readonly kind: 'go on'; readonly state: S } | { readonly kind: 'skip' }
  score?(pod: Pod, node: NodeInfo, state: S, snapshot: Snapshot): number
  /** Brings the scores of all nodes into 0..100, in place. */
  normalize?(scores: number[]): void
  /** Takes what the pod needs beyond the node's resources; `unreserve` gives it back. */
  reserve?(pod: Pod, node: string): Verdict
  unreserve?(pod: Pod, node: string): void

  /** May hold the pod back from being bound. */
  permit?(pod: Pod, node: string): Promise<Verdict> | Verdict
  preBind?(pod: Pod, node: string, client: Client): Promise<void>
  /** The first plugin that answers true has bound the pod. */
  bind?(pod: Pod, node: string, client: Client): Promise<boolean>
  postBind?(pod: Pod, node: string): void
}

export const MAX_SCORE = 100

/** Scales to 0..100 by the greatest score; `reverse` turns much into little. All 0 stays 0 (reversed: 100). */
export function normalizeByMax(scores: number[], reverse: boolean): void {
  const max = Math.max(0, ...scores)
  for (const [i, score] of scores.entries()) {
    const scaled = max === 0 ? 0 : Math.floor((score * MAX_SCORE) / max)
    scores[i] = reverse ? MAX_SCORE - scaled : scaled
  }
}
