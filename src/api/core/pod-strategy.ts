// What the server decides about pods when they are completed, created and changed.
import type { KubeObject } from '../../meta/object-meta.ts'
import { withFields } from '../sharing.ts'
import { completeOwnPodSpec } from './complete-pod-spec.ts'
import { qosClassOf } from './pod-qos.ts'
import type { PodSpec } from './pod-spec.ts'
import type { PodStatus } from './pod-status.ts'

export type PodObject = KubeObject & {
  readonly metadata: { readonly namespace: string }
  readonly spec: PodSpec
  readonly status: PodStatus
}

export function completePod(pod: PodObject): PodObject {
  return withFields(pod, { spec: completeOwnPodSpec(pod.spec) })
}

export function createPod(pod: PodObject): PodObject {
  return { ...pod, status: { phase: 'Pending', qosClass: qosClassOf(pod.spec), ...gatedStatus(pod.spec) } }
}

/** A pod with scheduling gates says from the start why it waits. */
function gatedStatus({ schedulingGates }: PodSpec): Pick<PodStatus, 'conditions'> {
  if (!schedulingGates?.length) return {}
  return {
    conditions: [
      {
        type: 'PodScheduled',
        status: 'False',
        reason: 'SchedulingGated',
        message: 'Scheduling is blocked due to non-empty scheduling gates',
      },
    ],
  }
}

/** The class does not change over a pod's life, whoever writes the status; pods of before it was kept get theirs. */
export function updatePodStatus(next: PodObject, previous: PodObject): PodObject {
  const qosClass = previous.status.qosClass || next.status.qosClass || qosClassOf(next.spec)
  return withFields(next, { status: withFields(next.status, { qosClass }) })
}
