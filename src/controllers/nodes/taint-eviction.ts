// Deletes pods from nodes whose NoExecute taints they do not tolerate, or no longer: a toleration may be for a time only.
import type { Toleration } from '../../api/core/affinity.ts'
import { Node, type Taint } from '../../api/core/node.ts'
import { Pod } from '../../api/core/pod.ts'
import { podCondition } from '../../api/core/pod-conditions.ts'
import { tolerates } from '../../api/core/tolerations.ts'
import { keyOf } from '../../api/kind.ts'
import { deepEqual } from '../../meta/deep-equal.ts'
import { formatTime, parseTime } from '../../meta/time.ts'
import { type Context, nothingToDo, type Outcome, type Reconciler, watch } from '../runtime/reconciler.ts'
import { write } from '../runtime/writes.ts'
import { BY_NODE, podsByNode } from './node-lifecycle.ts'

export const taintEvictionController: Reconciler = {
  name: 'taint-eviction-controller',
  account: 'node-controller',
  concurrency: 8,
  watches: [
    watch(
      Pod,
      pod => (pod.spec.nodeName ? [keyOf(pod)] : []),
      (pod, previous) => {
        return pod.spec.nodeName !== previous.spec.nodeName || !deepEqual(pod.spec.tolerations, previous.spec.tolerations)
      },
    ),
    watch(
      Node,
      (node, view) => (noExecute(node).length > 0 ? view.byIndex(Pod, BY_NODE, node.metadata.name).map(keyOf) : []),
      (node, previous) => !deepEqual(noExecute(node), noExecute(previous)),
    ),
  ],
  indices: [podsByNode],
  reconcile,
}

function noExecute(node: Node): readonly Taint[] {
  return (node.spec.taints ?? []).filter(taint => taint.effect === 'NoExecute')
}

function reconcile(key: string, { view, now }: Context): Outcome {
  const pod = view.get(Pod, key)
  const node = pod?.spec.nodeName ? view.get(Node, pod.spec.nodeName) : undefined
  if (!pod || !node || pod.metadata.deletionTimestamp) return nothingToDo
  const dueMs = evictionTimeMs(noExecute(node), pod.spec.tolerations ?? [], arrivalMs(pod), now)
  if (dueMs === undefined) return nothingToDo
  if (dueMs > now) return { writes: [], requeueAfterMs: dueMs - now }
  const disrupted = {
    ...{ type: 'DisruptionTarget', status: 'True', reason: 'DeletionByTaintManager' },
    message: 'Taint manager: deleting due to NoExecute taint',
    lastTransitionTime: formatTime(now),
  }
  return {
    writes: [
      write.event(Pod, pod, 'Normal', 'TaintManagerEviction', `Marking for deletion Pod ${key}`),
      write.patch(Pod, pod, 'strategic', { status: { conditions: [disrupted] } }, 'status'),
      write.delete(Pod, pod),
    ],
  }
}

/** A pod that comes to a tainted node has its time from then on. */
function arrivalMs(pod: Pod): number {
  return parseTime(podCondition(pod, 'PodScheduled')?.lastTransitionTime ?? pod.metadata.creationTimestamp)
}

/**
 * When the pod has to go: at once for a taint it does not tolerate; undefined when it may stay. The time of a taint that does not say since
 * when it is there does not run: node lifecycle dates it.
 */
export function evictionTimeMs(
  taints: readonly Taint[],
  tolerations: readonly Toleration[],
  arrivalMs: number,
  now: number,
): number | undefined {
  const times = taints.flatMap(taint => {
    const toleration = tolerations.find(candidate => tolerates(candidate, taint))
    if (!toleration) return [now]
    if (toleration.tolerationSeconds === undefined || taint.timeAdded === undefined) return []
    return [Math.max(parseTime(taint.timeAdded), arrivalMs) + Math.max(0, toleration.tolerationSeconds) * 1000]
  })
  return times.length === 0 ? undefined : Math.min(...times)
}
