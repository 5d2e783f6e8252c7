// Which pods go first when there are too many: those whose loss hurts least. The order is upstream's.

import type { Pod } from '../api/core/pod.ts'
import { isPodReady, podReadyTime } from '../api/core/pod-conditions.ts'

const DELETION_COST = 'controller.kubernetes.io/pod-deletion-cost'
const phaseRank: Readonly<Record<string, number>> = { Pending: 0, Unknown: 1, Running: 2 }

/**
 * The pods in the order in which to delete them. `related` are the active pods of all replicators that belong together: on nodes that
 * run many of them, pods go first.
 */
export function rankForDeletion(pods: readonly Pod[], related: readonly Pod[], now: number): readonly Pod[] {
  const onNode = new Map<string, number>()
  for (const { spec } of related) if (spec.nodeName) onNode.set(spec.nodeName, (onNode.get(spec.nodeName) ?? 0) + 1)
  const crowd = (pod: Pod) => onNode.get(pod.spec.nodeName ?? '') ?? 0
  return pods.toSorted(
    (a, b) =>
      Number(Boolean(a.spec.nodeName)) - Number(Boolean(b.spec.nodeName)) ||
      (phaseRank[a.status.phase ?? ''] ?? 0) - (phaseRank[b.status.phase ?? ''] ?? 0) ||
      Number(isPodReady(a)) - Number(isPodReady(b)) ||
      deletionCost(a) - deletionCost(b) ||
      crowd(b) - crowd(a) ||
      compareAges(podReadyTime(a), podReadyTime(b), a, b, now) ||
      restarts(b) - restarts(a) ||
      compareAges(Date.parse(a.metadata.creationTimestamp), Date.parse(b.metadata.creationTimestamp), a, b, now),
  )
}

function deletionCost(pod: Pod): number {
  const cost = pod.metadata.annotations?.[DELETION_COST] ?? '0'
  return /^(?:0|-?[1-9]\d*)$/.test(cost) ? Number(cost) : 0
}

function restarts(pod: Pod): number {
  return Math.max(0, ...(pod.status.containerStatuses ?? []).map(status => status.restartCount))
}

/** Younger first, where ages count by their order of magnitude: pods of about one age are drawn by uid. */
function compareAges(since: number | undefined, other: number | undefined, a: Pod, b: Pod, now: number): number {
  if (since === other || since === undefined || other === undefined) return 0
  const difference = magnitude(now - since) - magnitude(now - other)
  return difference !== 0 ? difference : a.metadata.uid < b.metadata.uid ? -1 : 1
}
function magnitude(ageMs: number): number {
  return ageMs > 0 ? Math.floor(Math.log2(ageMs * 1e6)) : -1
}
