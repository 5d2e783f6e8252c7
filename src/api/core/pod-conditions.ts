// What a pod's status says, asked for by those who count, route to or replace pods.
import type { StoredMeta } from '../../meta/object-meta.ts'
import type { PodCondition, PodStatus } from './pod-status.ts'

interface Judged {
  readonly metadata: Pick<StoredMeta, 'deletionTimestamp'>
  readonly status: PodStatus
}

export function podCondition(pod: Pick<Judged, 'status'>, type: string): PodCondition | undefined {
  return pod.status.conditions?.find(c => c.type === type)
}

export function isPodReady(pod: Pick<Judged, 'status'>): boolean {
  return podCondition(pod, 'Ready')?.status === 'True'
}

/** It has ended and will not run again. */
export function isPodTerminal(pod: Pick<Judged, 'status'>): boolean {
  return pod.status.phase === 'Succeeded' || pod.status.phase === 'Failed'
}

/** It runs or may still run: neither ended nor being deleted. */
export function isPodActive(pod: Judged): boolean {
  return !isPodTerminal(pod) && !pod.metadata.deletionTimestamp
}

/** Milliseconds since the epoch at which the pod became ready; undefined when it is not ready. */
export function podReadyTime(pod: Pick<Judged, 'status'>): number | undefined {
  const ready = podCondition(pod, 'Ready')
  return ready?.status === 'True' && ready.lastTransitionTime ? Date.parse(ready.lastTransitionTime) : undefined
}

/** Ready for at least `minReadySeconds`. */
export function isPodAvailable(pod: Pick<Judged, 'status'>, minReadySeconds: number, now: number): boolean {
  if (!isPodReady(pod)) return false
  if (minReadySeconds === 0) return true
  const since = podReadyTime(pod)
  return since !== undefined && since + minReadySeconds * 1000 <= now
}
