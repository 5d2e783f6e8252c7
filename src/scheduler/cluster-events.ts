// Which change of a node may matter to pods that wait. Heartbeats matter to nobody.
import type { Node } from '../api/core/node.ts'
import { deepEqual } from '../meta/deep-equal.ts'
import type { Action } from './framework.ts'

export function nodeActions(next: Node, previous: Node | undefined): readonly Action[] {
  if (!previous) return ['add']
  const actions: Action[] = []
  if (!deepEqual(next.status.allocatable, previous.status.allocatable)) actions.push('allocatable')
  if (!deepEqual(next.metadata.labels, previous.metadata.labels)) actions.push('labels')
  if (!deepEqual(next.spec.taints, previous.spec.taints)) actions.push('taints')
  if ((next.spec.unschedulable ?? false) !== (previous.spec.unschedulable ?? false)) actions.push('unschedulable')
  return actions
}

/** Whether the scheduler's picture of the node is still right. */
export function looksTheSame(next: Node, previous: Node): boolean {
  return nodeActions(next, previous).length === 0 && deepEqual(next.status.images, previous.status.images)
}
