// How a pod ends: ordinary containers together, then sidecars one after the other in reverse order, then the sandbox, the volumes
// and, for a pod that is deleted, every trace.
import type { Action } from './actions.ts'
import { roleOf } from './containers.ts'
import type { Plan } from './machine.ts'
import type { Ending, ObservedContainer, PodInput } from './observed.ts'

/** Operations whose results would outlive the clean-up. */
const making: ReadonlySet<string> = new Set(['createSandbox', 'keepAllocation', 'mountVolumes', 'resize'])

export function planTermination(input: PodInput, ending: Ending): Plan {
  const { observed } = input
  const stop = toStop(input)
  if (stop.length > 0) {
    const actions = stop.map((container): Action => {
      return { type: 'stopContainer', id: container.id, container: container.name, graceSeconds: graceLeft(ending, input.now) }
    })
    return { actions, wakeAtMs: [] }
  }
  // What is being started is stopped once it is there.
  const isMaking = (key: string) => making.has(key) || key.startsWith('startContainer/')
  if ([...observed.operations].some(isMaking)) return { actions: [], wakeAtMs: [] }
  const open = observed.sandboxes.filter(sandbox => sandbox.ready)
  if (open.length > 0) return { actions: open.map(({ id }): Action => ({ type: 'stopSandbox', id })), wakeAtMs: [] }
  if (!observed.cleanedUp) return { actions: [{ type: 'cleanUp' }], wakeAtMs: [] }
  if (ending.cause !== 'deleted' && ending.cause !== 'vanished') return { actions: [], wakeAtMs: [] }
  if (observed.sandboxes.length > 0)
    return { actions: observed.sandboxes.map(({ id }): Action => ({ type: 'removeSandbox', id })), wakeAtMs: [] }
  if (observed.containers.length > 0)
    return { actions: observed.containers.map(({ id }): Action => ({ type: 'removeContainer', id })), wakeAtMs: [] }
  return { actions: [{ type: 'forget' }], wakeAtMs: [] }
}

/** The containers whose turn it is. A sidecar waits for everything that started after it. */
function toStop({ observed, pod }: PodInput): readonly ObservedContainer[] {
  const running = observed.containers.filter(c => c.state === 'running' || c.state === 'unknown')
  const first = running.filter(c => roleOf(pod.spec, c.name) !== 'sidecar')
  if (first.length > 0) return first
  for (const { name } of [...(pod.spec.initContainers ?? [])].reverse()) {
    const sidecars = running.filter(c => c.name === name)
    if (sidecars.length > 0) return sidecars
  }
  return []
}

/** Grace is counted once, from the start of the ending: sidecars get what is left. One that completed by itself gives them all of it. */
function graceLeft(ending: Ending, now: number): number {
  if (ending.cause === 'completed') return ending.graceSeconds
  return Math.max(1, Math.ceil(ending.graceSeconds - (now - ending.sinceMs) / 1000))
}
