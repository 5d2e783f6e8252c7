// Removes pods that nobody else will: those whose node is gone, those deleted before they had a node, those that cannot end because their
// node is out of service, and the oldest of too many that have ended.
import { Node } from '../api/core/node.ts'
import { Pod } from '../api/core/pod.ts'
import { isPodTerminal } from '../api/core/pod-conditions.ts'
import { keyOf } from '../api/kind.ts'
import type { Client } from '../client/client.ts'
import { isConditionTrue } from '../meta/conditions.ts'
import { StatusError } from '../meta/status-error.ts'
import { formatTime } from '../meta/time.ts'
import { OUT_OF_SERVICE } from './node-lifecycle/taints.ts'
import { type Context, index, nothingToDo, type Outcome, type Reconciler, watch } from './runtime/reconciler.ts'
import type { View } from './runtime/view.ts'
import { type Write, write } from './runtime/writes.ts'

/** How long a node has to be gone before its pods are. */
const QUARANTINE_MS = 40_000
const BY_NODE = 'node'
const ENDED = 'ended'

/** What is known of a pod's node when the view has none of that name: how long to wait yet, or what the server said then. */
type Facts = { readonly type: 'present' } | { readonly type: 'missing'; readonly leftMs: number } | { readonly type: 'gone' }

export function podGarbageCollector(): Reconciler<Facts> {
  const absences = new Absences()
  return {
    name: 'pod-garbage-collector-controller',
    watches: [
      watch(Pod, pod => [keyOf(pod)], matters),
      watch(
        Node,
        (node, view) => view.byIndex(Pod, BY_NODE, node.metadata.name).map(keyOf),
        (next, previous) => isOutOfService(next) !== isOutOfService(previous),
      ),
    ],
    indices: [index(Pod, BY_NODE, pod => (pod.spec.nodeName ? [pod.spec.nodeName] : []))],
    observe: (key, { view, client, now }) => absences.observe(view.get(Pod, key)?.spec.nodeName, view, client, now),
    reconcile: reconcilePod,
  }
}

function matters(next: Pod, previous: Pod): boolean {
  return next.spec.nodeName !== previous.spec.nodeName || next.metadata.deletionTimestamp !== previous.metadata.deletionTimestamp
}

function isOutOfService({ spec, status }: Node): boolean {
  return !isConditionTrue(status.conditions, 'Ready') && (spec.taints ?? []).some(taint => taint.key === OUT_OF_SERVICE)
}

function reconcilePod(key: string, { view, now, facts }: Context<Facts>): Outcome {
  const pod = view.get(Pod, key)
  if (!pod) return nothingToDo
  const { nodeName } = pod.spec
  const isTerminating = Boolean(pod.metadata.deletionTimestamp)
  if (!nodeName) return { writes: isTerminating ? failAndDelete(pod) : [] }
  const node = view.get(Node, nodeName)
  if (node) return { writes: isTerminating && isOutOfService(node) ? failAndDelete(pod) : [] }
  if (facts.type === 'missing') return { writes: [], requeueAfterMs: facts.leftMs }
  if (facts.type === 'present') return { writes: [], requeueAfterMs: QUARANTINE_MS }
  const condition = { type: 'DisruptionTarget', status: 'True', reason: 'DeletionByPodGC', message: 'PodGC: node no longer exists' }
  return { writes: failAndDelete(pod, [{ ...condition, lastTransitionTime: formatTime(now) }]) }
}

/** A pod that goes without having ended counts as failed, so that whoever waits for its outcome gets one. */
function failAndDelete(pod: Pod, conditions: readonly object[] = []): readonly Write[] {
  const status = { phase: 'Failed', ...(conditions.length > 0 && { conditions }) }
  const fail = isPodTerminal(pod) ? [] : [write.patch(Pod, pod, 'strategic', { status }, 'status')]
  return [...fail, write.delete(Pod, pod, { gracePeriodSeconds: 0 })]
}

/** Remembers since when nodes that have pods are missing. */
class Absences {
  readonly #sinceMs = new Map<string, number>()

  async observe(name: string | undefined, view: View, client: Client, now: number): Promise<Facts> {
    for (const other of this.#sinceMs.keys()) if (view.byIndex(Pod, BY_NODE, other).length === 0) this.#sinceMs.delete(other)
    if (!name) return { type: 'present' }
    if (view.get(Node, name)) {
      this.#sinceMs.delete(name)
      return { type: 'present' }
    }
    const sinceMs = this.#sinceMs.get(name) ?? now
    this.#sinceMs.set(name, sinceMs)
    const leftMs = sinceMs + QUARANTINE_MS - now
    if (leftMs > 0) return { type: 'missing', leftMs }
    try {
      await client.get(Node, { name })
      return { type: 'present' }
    } catch (error) {
      if (StatusError.is(error, 'NotFound')) return { type: 'gone' }
      throw error
    }
  }
}

/** Keeps no more than `threshold` pods that have ended; 0 keeps all. Evicted ones go first, then the oldest. */
export function endedPodCollector(threshold = 12_500): Reconciler {
  return {
    name: 'ended-pod-garbage-collector-controller',
    watches: [
      watch(
        Pod,
        pod => (isPodTerminal(pod) ? [ENDED] : []),
        (next, previous) => isPodTerminal(next) && !isPodTerminal(previous),
      ),
    ],
    indices: [index(Pod, ENDED, pod => (isPodTerminal(pod) ? [''] : []))],
    reconcile(_key, { view }) {
      const ended = view.byIndex(Pod, ENDED, '')
      if (threshold <= 0 || ended.length <= threshold) return nothingToDo
      const surplus = [...ended].sort(byWorth).slice(0, ended.length - threshold)
      return { writes: surplus.map(pod => write.delete(Pod, pod, { gracePeriodSeconds: 0 })) }
    },
  }
}

function byWorth(a: Pod, b: Pod): number {
  return rank(a) < rank(b) ? -1 : 1
}
function rank(pod: Pod): string {
  const isEvicted = pod.status.phase === 'Failed' && pod.status.reason === 'Evicted'
  return `${isEvicted ? 0 : 1} ${pod.metadata.creationTimestamp} ${keyOf(pod)}`
}
