// The condition PodScheduled=False, by which users and autoscalers learn that a pod waits, and why.
import { Pod } from '../api/core/pod.ts'
import type { Client } from '../client/client.ts'
import { findCondition, setCondition } from '../meta/conditions.ts'
import { formatTime } from '../meta/time.ts'

export interface Unscheduled {
  readonly reason: 'Unschedulable' | 'SchedulerError'
  readonly message: string
  readonly nowMs: number
}

/** Writes nothing when the pod says so already. Fails with a `StatusError`. */
export async function writeUnscheduled(client: Client, pod: Pod, { reason, message, nowMs }: Unscheduled): Promise<void> {
  const { namespace, name, uid, generation } = pod.metadata
  const before = findCondition(pod.status.conditions, 'PodScheduled')
  const next = {
    type: 'PodScheduled',
    status: 'False',
    reason,
    message,
    ...(generation !== undefined && { observedGeneration: generation }),
  }
  if (before?.status === 'False' && before.reason === reason && before.message === message) return
  const condition = findCondition(setCondition(pod.status.conditions, next, formatTime(nowMs)), 'PodScheduled')
  await client.patch(
    Pod,
    { namespace, name },
    'strategic',
    { metadata: { uid }, status: { conditions: [condition] } },
    { subresource: 'status' },
  )
}
