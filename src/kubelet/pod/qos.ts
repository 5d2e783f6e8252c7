// The quality-of-service class of a pod. https://kubernetes.io/docs/concepts/workloads/pods/pod-qos/
import type { PodSpec } from '../../api/core/pod-spec.ts'
import { type Amounts, amountOf } from './resources.ts'

export type QosClass = 'Guaranteed' | 'Burstable' | 'BestEffort'

const counted = ['cpu', 'memory']

export function qosClass(spec: PodSpec): QosClass {
  const all = spec.resources ? [spec] : [...(spec.initContainers ?? []), ...spec.containers]
  const isSet = (amounts: Amounts | undefined) => counted.some(resource => (amountOf(resource, amounts) ?? 0) > 0)
  if (!all.some(c => isSet(c.resources?.requests) || isSet(c.resources?.limits))) return 'BestEffort'
  const isGuaranteed = all.every(({ resources }) =>
    counted.every(resource => {
      const limit = amountOf(resource, resources?.limits) ?? 0
      return limit > 0 && (amountOf(resource, resources?.requests) ?? limit) === limit
    }),
  )
  return isGuaranteed ? 'Guaranteed' : 'Burstable'
}

/** How readily the kernel kills a container of the pod when memory runs out: the more of it the container asked for, the less. */
export function oomScoreAdj(qos: QosClass, requestBytes: number, capacityBytes: number): number {
  if (qos === 'Guaranteed') return -997
  if (qos === 'BestEffort') return 1000
  const score = 1000 - Math.floor((1000 * requestBytes) / capacityBytes)
  return Math.min(Math.max(score, 3), 999)
}
