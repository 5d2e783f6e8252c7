// Removes pods that nobody else will: ended ones beyond a number, those of nodes that are gone, and those that were never on a node.
import { Node } from '../../api/core/node.ts'
import { Pod } from '../../api/core/pod.ts'
import { isPodTerminal } from '../../api/core/pod-conditions.ts'
import { keyOf } from '../../api/kind.ts'
import { isConditionTrue } from '../../meta/conditions.ts'
import { StatusError } from '../../meta/status-error.ts'
import { formatTime } from '../../meta/time.ts'
import { index, nothingToDo, type Reconciler, watch } from '../runtime/reconciler.ts'
import { type Write, write } from '../runtime/writes.ts'
import { BY_NODE, podsByNode } from './node-lifecycle.ts'

const NAME = 'pod-garbage-collector'
const ENDED = 'ended'
/** A node that is gone may come back under its name: its pods are given that time. */
const QUARANTINE_MS = 40_000
const OUT_OF_SERVICE = 'node.kubernetes.io/out-of-service'

/** Keeps the newest `most` pods that have ended; those that were evicted go before all others. */
export function endedPodCollector(most = 12_500): Reconciler {
  return {
    name: NAME,
    concurrency: 1,
    watches: [
      watch(
        Pod,
        pod => (isPodTerminal(pod) ? [ENDED] : []),
        (pod, previous) => isPodTerminal(pod) !== isPodTerminal(previous),
      ),
    ],
    indices: [index(Pod, ENDED, pod => (isPodTerminal(pod) ? [ENDED] : []))],
    reconcile: (_key, { view, now }) => {
      const ended = view.byIndex(Pod, ENDED, ENDED)
      if (most <= 0 || ended.length <= most) return nothingToDo
      const byWorth = ended.toSorted((a, b) => (worth(a) < worth(b) ? -1 : 1))
      return { writes: byWorth.slice(0, ended.length - most).flatMap(pod => remove(pod, undefined, now)) }
    },
  }
}

function worth({ metadata, status }: Pod): string {
  return `${status.phase === 'Failed' && status.reason === 'Evicted' ? 0 : 1} ${metadata.creationTimestamp}`
}

/** Pods that are to go and were never on a node, or whose node was declared out of service. */
export const strandedPodCollector: Reconciler = {
  name: NAME,
  watches: [
    watch(Pod, pod => (pod.metadata.deletionTimestamp ? [keyOf(pod)] : [])),
    watch(Node, (node, view) => (isOutOfService(node) ? view.byIndex(Pod, BY_NODE, node.metadata.name).map(keyOf) : [])),
  ],
  indices: [podsByNode],
  reconcile: (key, { view, now }) => {
    const pod = view.get(Pod, key)
    if (!pod?.metadata.deletionTimestamp) return nothingToDo
    if (!pod.spec.nodeName) return { writes: remove(pod, undefined, now) }
    const node = view.get(Node, pod.spec.nodeName)
    return node && isOutOfService(node) ? { writes: remove(pod, undefined, now) } : nothingToDo
  },
}

function isOutOfService({ spec, status }: Node): boolean {
  return !isConditionTrue(status.conditions, 'Ready') && (spec.taints ?? []).some(taint => taint.key === OUT_OF_SERVICE)
}

interface NodeFacts {
  readonly isGone: boolean
  readonly sinceMs: number
}

/** Pods of nodes that are gone, once the server confirms it and the quarantine is over. */
export function lostPodCollector(): Reconciler<NodeFacts> {
  const missingSinceMs = new Map<string, number>()
  return {
    name: NAME,
    watches: [
      watch(Pod, (pod, view) => (pod.spec.nodeName && !view.get(Node, pod.spec.nodeName) ? [pod.spec.nodeName] : []), isNewlyBound),
      watch(
        Node,
        node => [keyOf(node)],
        () => false,
      ),
    ],
    indices: [podsByNode],
    observe: async (name, { view, client, now }) => {
      if (view.get(Node, name) || view.byIndex(Pod, BY_NODE, name).length === 0) {
        missingSinceMs.delete(name)
        return { isGone: false, sinceMs: now }
      }
      const sinceMs = missingSinceMs.get(name) ?? now
      missingSinceMs.set(name, sinceMs)
      if (now - sinceMs < QUARANTINE_MS) return { isGone: true, sinceMs }
      try {
        await client.get(Node, { name })
        return { isGone: false, sinceMs }
      } catch (error) {
        if (!StatusError.is(error, 'NotFound')) throw error
        return { isGone: true, sinceMs }
      }
    },
    reconcile: (name, { view, now, facts }) => {
      const pods = view.byIndex(Pod, BY_NODE, name)
      if (!facts.isGone || pods.length === 0) return nothingToDo
      const leftMs = facts.sinceMs + QUARANTINE_MS - now
      if (leftMs > 0) return { writes: [], requeueAfterMs: leftMs }
      return { writes: pods.flatMap(pod => remove(pod, 'PodGC: node no longer exists', now)) }
    },
  }
}
function isNewlyBound(pod: Pod, previous: Pod): boolean {
  return pod.spec.nodeName !== previous.spec.nodeName
}

/**
 * At once, as no kubelet is there to end it. A pod that had not ended is told to have failed, and why, for those who wait for its outcome.
 * That is a patch, as writes of whole statuses come last, when the pod may be gone.
 */
function remove(pod: Pod, why: string | undefined, now: number): readonly Write[] {
  const { deletionTimestamp, deletionGracePeriodSeconds } = pod.metadata
  const disrupted = {
    type: 'DisruptionTarget',
    status: 'True',
    reason: 'DeletionByPodGC',
    message: why,
    lastTransitionTime: formatTime(now),
  }
  const status = { phase: 'Failed', ...(why !== undefined && { conditions: [disrupted] }) }
  const isGoing = deletionTimestamp !== undefined && deletionGracePeriodSeconds === 0
  return [
    ...(isPodTerminal(pod) ? [] : [write.patch(Pod, pod, 'strategic', { status }, 'status')]),
    ...(isGoing ? [] : [write.delete(Pod, pod, { gracePeriodSeconds: 0 })]),
  ]
}
