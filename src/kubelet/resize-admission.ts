// The node's word on pods that ask for other resources than are set aside for them: which is heard first, and whether it may have them. Pure.
import type { Pod } from '../api/core/pod.ts'
import { shortageOf } from './admission.ts'
import type { PendingResize } from './pod/observed.ts'
import { qosClass } from './pod/qos.ts'
import { type Amounts, amountOf, podAmount } from './pod/resources.ts'

export interface ResizeContext {
  /** The other pods of the node that have not ended, with what is set aside for them. */
  readonly others: readonly Pod[]
  readonly allocatable: Amounts
}

/** Undefined when the pod may have what it asks for. */
export function judgeResize(wanted: Pod, { others, allocatable }: ResizeContext): PendingResize | undefined {
  for (const resource of resizable) {
    const requested = podAmount(wanted.spec, resource, 'requests')
    const capacity = amountOf(resource, allocatable) ?? 0
    const message = `Node didn't have enough capacity: ${resource}, requested: ${requested}, capacity: ${capacity}`
    if (requested > capacity) return { reason: 'Infeasible', message }
  }
  const shortage = shortageOf(wanted, others, allocatable)
  return shortage && { reason: 'Deferred', message: shortage.message }
}

export interface Applicant {
  readonly wanted: Pod
  /** With what is set aside for it. */
  readonly allocated: Pod
  /** Since when it waits; undefined for one that was not heard yet. */
  readonly sinceMs: number | undefined
}

/** Who asks for no more than before; then by priority, by class of quality, by time of waiting. */
export function byUrgency(a: Applicant, b: Applicant): number {
  return (
    Number(asksForMore(a)) - Number(asksForMore(b)) ||
    (b.wanted.spec.priority ?? 0) - (a.wanted.spec.priority ?? 0) ||
    Number(isGuaranteed(b)) - Number(isGuaranteed(a)) ||
    (a.sinceMs ?? Number.MAX_SAFE_INTEGER) - (b.sinceMs ?? Number.MAX_SAFE_INTEGER)
  )
}

const resizable = ['memory', 'cpu']

function asksForMore({ wanted, allocated }: Applicant): boolean {
  return resizable.some(resource => podAmount(wanted.spec, resource, 'requests') > podAmount(allocated.spec, resource, 'requests'))
}

function isGuaranteed({ wanted }: Applicant): boolean {
  return qosClass(wanted.spec) === 'Guaranteed'
}
