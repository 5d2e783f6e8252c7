import type { Plugin, QueuedPod } from '../framework.ts'

/** Higher priority first, then who has waited longer. */
export const prioritySort: Plugin = {
  name: 'PrioritySort',
  requeueOn: [],
  compare: (a, b) => priorityOf(b) - priorityOf(a) || a.queuedMs - b.queuedMs,
}

function priorityOf({ pod }: QueuedPod): number {
  return pod.spec.priority ?? 0
}
