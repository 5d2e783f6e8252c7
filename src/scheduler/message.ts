// Why a pod is on no node, as the event FailedScheduling and the condition PodScheduled say it. The wording is kube-scheduler's.
import type { Diagnosis, Rejection } from './framework.ts'

export const NO_NODES = 'no nodes available to schedule pods'

/** `0/3 nodes are available: 1 node(s) had untolerated taint(s), 2 Insufficient cpu. ` and what post filters have to add. */
export function describeFailure(diagnosis: Diagnosis, postFilterMessages: readonly string[]): string {
  if (diagnosis.nodeCount === 0) return NO_NODES
  const reasons =
    diagnosis.preFilterMessage === undefined ? countReasons(diagnosis, rejection => rejection.reasons) : diagnosis.preFilterMessage
  const more = postFilterMessages.length === 0 ? '' : ` ${postFilterMessages.join(', ')}`
  return `${sentence(diagnosis.nodeCount, reasons)}${more}`
}

export function sentence(nodeCount: number, reasons: string): string {
  return `0/${nodeCount} nodes are available:${reasons === '' ? '' : ` ${reasons}.`}`
}

/** `2 Insufficient cpu, 1 Too many pods`: how many nodes gave each reason, sorted as text. */
export function countReasons({ rejections, others, nodeCount }: Diagnosis, reasonsOf: (rejection: Rejection) => readonly string[]): string {
  const counts = new Map<string, number>()
  const count = (rejection: Rejection, nodes: number) => {
    for (const reason of reasonsOf(rejection)) counts.set(reason, (counts.get(reason) ?? 0) + nodes)
  }
  for (const rejection of rejections.values()) count(rejection, 1)
  if (others && nodeCount > rejections.size) count(others, nodeCount - rejections.size)
  return [...counts]
    .map(([reason, nodes]) => `${nodes} ${reason}`)
    .sort()
    .join(', ')
}
