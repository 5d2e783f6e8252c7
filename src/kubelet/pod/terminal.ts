// When a pod is over by itself: no container is left that would run again.
import type { PodSpec } from '../../api/core/pod-spec.ts'
import { runsAgain } from './containers.ts'
import { latest, type Observed } from './observed.ts'

export type Outcome = 'open' | 'succeeded' | 'failed'

/** How the containers of a pod came out, sidecars left aside: they end with the pod. */
export function outcomeOf(spec: PodSpec, observed: Observed): Outcome {
  for (const container of spec.initContainers ?? []) {
    const found = latest(observed, container.name)
    if (found?.state === 'exited' && found.exitCode !== 0 && !runsAgain(spec, container, found)) return 'failed'
  }
  let failed = false
  for (const container of spec.containers) {
    const found = latest(observed, container.name)
    if (found?.state !== 'exited' || runsAgain(spec, container, found)) return 'open'
    failed ||= found.exitCode !== 0
  }
  return failed ? 'failed' : 'succeeded'
}

export function isFinished(spec: PodSpec, observed: Observed): boolean {
  return outcomeOf(spec, observed) !== 'open'
}
