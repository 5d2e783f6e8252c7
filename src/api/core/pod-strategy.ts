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

/**
 * The class does not change over a pod's life, whoever writes the status; pods of before it was kept get theirs.
 * A single address and the list of them are one fact, whichever is written.
 */
export function updatePodStatus(next: PodObject, previous: PodObject): PodObject {
  const { status } = next
  const qosClass = previous.status.qosClass || status.qosClass || qosClassOf(next.spec)
  const podIPs = status.podIPs?.length ? status.podIPs : status.podIP ? [{ ip: status.podIP }] : undefined
  const hostIPs = status.hostIPs?.length ? status.hostIPs : status.hostIP ? [{ ip: status.hostIP }] : undefined
  const addresses = { podIPs, podIP: podIPs?.[0]?.ip, hostIPs, hostIP: status.hostIP || hostIPs?.[0]?.ip }
  return withFields(next, { status: withFields(status, { qosClass, ...addresses }) })
}
