// What the server decides about pods when they are completed, created and changed.
import type { KubeObject } from '../../meta/object-meta.ts'
import { mapShared, withFields } from '../sharing.ts'
import { completeOwnPodSpec } from './complete-pod-spec.ts'
import { withMatchedLabels, withProfiles } from './pod-derivation.ts'
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
  const { metadata } = pod
  const spec = withProfiles(withMatchedLabels(pod.spec, metadata.labels), metadata.annotations)
  return { ...pod, spec, status: { phase: 'Pending', qosClass: qosClassOf(spec), ...gatedStatus(spec) } }
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
 * Who does not know of a class, of generations or of claims does not take them away; pods of before the class was kept get theirs.
 * A single address and the list of them are one fact; where they differ, the single one holds. Owners are not changed in this way,
 * as old kubelets lose them.
 */
export function updatePodStatus(next: PodObject, previous: PodObject): PodObject {
  const { status } = next
  const before = previous.status
  const isFirst = !status.podIP || status.podIPs?.[0]?.ip === status.podIP
  const podIPs = status.podIPs?.length && isFirst ? status.podIPs : status.podIP ? [{ ip: status.podIP }] : undefined
  const hostIPs = status.hostIPs?.length ? status.hostIPs : status.hostIP ? [{ ip: status.hostIP }] : undefined
  const written = withFields(status, {
    qosClass: status.qosClass || before.qosClass || qosClassOf(next.spec),
    observedGeneration: status.observedGeneration || before.observedGeneration,
    conditions: status.conditions && keepGenerations(status.conditions, before.conditions),
    resourceClaimStatuses: status.resourceClaimStatuses ?? before.resourceClaimStatuses,
    extendedResourceClaimStatus: status.extendedResourceClaimStatus ?? before.extendedResourceClaimStatus,
    podIPs,
    podIP: podIPs?.[0]?.ip,
    hostIPs,
    hostIP: status.hostIP || hostIPs?.[0]?.ip,
  })
  const metadata = withFields(next.metadata, { ownerReferences: previous.metadata.ownerReferences })
  return withFields(next, { metadata, status: written })
}

type Conditions = NonNullable<PodStatus['conditions']>

/** The first condition of a type goes with the first one there was of it, and so on. */
function keepGenerations(conditions: Conditions, previous: PodStatus['conditions'] = []): Conditions {
  const left = [...previous]
  return mapShared(conditions, condition => {
    const at = left.findIndex(({ type }) => type === condition.type)
    const [old] = at < 0 ? [] : left.splice(at, 1)
    return withFields(condition, { observedGeneration: condition.observedGeneration || old?.observedGeneration })
  })
}
