// How a resize is told of: that it may begin, must wait, cannot be, goes wrong, is done. The texts are upstream's.
import type { Pod } from '../../api/core/pod.ts'
import { podCondition } from '../../api/core/pod-conditions.ts'
import type { PodCondition, PodStatus } from '../../api/core/pod-status.ts'
import { resizeInProgress, resizePending } from '../../api/core/reserved-spec.ts'
import type { AnyContainer } from './containers.ts'
import type { EventType } from './events.ts'
import type { Amounts } from './resources.ts'

export interface ResizeEvent {
  readonly type: EventType
  readonly reason: string
  readonly message: string
}

/** The wish is granted. `pod` has the resources that it gets. */
export function resizeStarted(pod: Pod): ResizeEvent {
  return { type: 'Normal', reason: 'ResizeStarted', message: told('started', pod, pod.metadata.generation) }
}
export function resizeCompleted(pod: Pod, generation: number): ResizeEvent {
  return { type: 'Normal', reason: 'ResizeCompleted', message: told('completed', pod, generation) }
}

/** What is new in the second status. `wanted` has the resources that are asked for, `allocated` those that are set aside. */
export function resizeEvents(before: PodStatus | undefined, next: PodStatus, wanted: Pod, allocated: Pod): readonly ResizeEvent[] {
  const changed = (type: string): PodCondition | undefined => {
    const [old, now] = [before, next].map(status => status && podCondition({ status }, type))
    return now && (now.reason !== old?.reason || now.message !== old?.message) ? now : undefined
  }
  const pending = changed(resizePending)
  const inProgress = changed(resizeInProgress)
  const events: ResizeEvent[] = []
  if (pending?.reason) {
    const { reason, message, observedGeneration } = pending
    events.push({ type: 'Warning', reason: `Resize${reason}`, message: told(reason, wanted, observedGeneration, message) })
  }
  if (inProgress?.reason === 'Error') {
    const { message, observedGeneration } = inProgress
    events.push({ type: 'Warning', reason: 'ResizeError', message: told('error', allocated, observedGeneration, message) })
  }
  return events
}

function told(what: string, { spec }: Pod, generation = 0, error?: string): string {
  const { initContainers = [], containers } = spec
  const summary = {
    ...(initContainers.length > 0 && { initContainers: initContainers.map(resourcesOf) }),
    containers: containers.map(resourcesOf),
    generation,
    ...(error !== undefined && { error }),
  }
  return `Pod resize ${what}: ${JSON.stringify(summary)}`
}

function resourcesOf({ name, resources: { limits, requests } }: AnyContainer): object {
  return { name, resources: { ...(limits && { limits: sorted(limits) }), ...(requests && { requests: sorted(requests) }) } }
}

function sorted(amounts: Amounts): Amounts {
  return Object.fromEntries(Object.entries(amounts).sort(([a], [b]) => (a < b ? -1 : 1)))
}
