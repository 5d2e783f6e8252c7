// How the parts of the kubelet tell a pod's story.
import type { Pod } from '../../api/core/pod.ts'
import { roleOf } from './containers.ts'

export type EventType = 'Normal' | 'Warning'
/** `fieldPath` names the container that the event is about. */
export type PodEvents = (pod: Pod, type: EventType, reason: string, message: string, fieldPath?: string) => void

/** `spec.containers{nginx}`, as `kubectl describe` reads it. */
export function fieldPathOf({ spec }: Pod, container: string): string {
  const role = roleOf(spec, container)
  const list = role === 'init' || role === 'sidecar' ? 'initContainers' : role === 'ephemeral' ? 'ephemeralContainers' : 'containers'
  return `spec.${list}{${container}}`
}
