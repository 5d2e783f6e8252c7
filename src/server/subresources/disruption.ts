// Whether disruption budgets let a pod be evicted, and what is written down of it: decisions alone, without reading or writing.
import type { Pod } from '../../api/core/pod.ts'
import { isPodReady, isPodTerminal } from '../../api/core/pod-conditions.ts'
import type { PodDisruptionBudget } from '../../api/policy/pod-disruption-budget.ts'
import { findCondition, setCondition } from '../../meta/conditions.ts'
import type { Cause } from '../../meta/field-error.ts'
import { selectorOf } from '../../meta/selector.ts'
import { StatusError } from '../../meta/status-error.ts'

/** How many evictions a budget can have granted that its controller has not seen under way. */
const maxDisruptedPods = 2000

export function budgetsOf(pod: Pod, budgets: readonly PodDisruptionBudget[]): readonly PodDisruptionBudget[] {
  return budgets.filter(({ metadata, spec }) => {
    const read = selectorOf(spec.selector)
    return metadata.namespace === pod.metadata.namespace && read.ok && read.selector.matches(pod.metadata.labels)
  })
}

/** What has ended, not begun or is going disrupts nothing. */
export function needsNoBudget(pod: Pod): boolean {
  return isPodTerminal(pod) || pod.status.phase === 'Pending' || pod.metadata.deletionTimestamp !== undefined
}

/** A pod that is not ready is not among those that the budget counts as healthy, so its going takes nothing from it. */
export function isSpared(pod: Pod, { spec, status }: PodDisruptionBudget): boolean {
  if (isPodReady(pod)) return false
  if (spec.unhealthyPodEvictionPolicy === 'AlwaysAllow') return true
  return status.currentHealthy >= status.desiredHealthy && status.desiredHealthy > 0
}

/** The budget with the eviction of a pod taken off it and written down. Fails where it allows none. `now` is a time of the API. */
export function granted(budget: PodDisruptionBudget, podName: string, now: string): PodDisruptionBudget {
  const { name, generation = 0 } = budget.metadata
  const { status } = budget
  if ((status.observedGeneration ?? 0) < generation) throw notYet(name)
  const forbidden = (why: string) => StatusError.forbidden({ group: 'policy', resource: 'poddisruptionbudget' }, name, why)
  if (status.disruptionsAllowed < 0) throw forbidden('pdb disruptions allowed is negative')
  if (Object.keys(status.disruptedPods ?? {}).length > maxDisruptedPods)
    throw forbidden('DisruptedPods map too big - too many evictions not confirmed by PDB controller')
  if (status.disruptionsAllowed === 0) throw refused(denial(budget), 0)
  const disruptionsAllowed = status.disruptionsAllowed - 1
  const conditions = disruptionsAllowed === 0 ? exhausted(budget, now) : status.conditions
  const disruptedPods = { ...status.disruptedPods, [podName]: now }
  return { ...budget, status: { ...status, disruptionsAllowed, disruptedPods, ...(conditions && { conditions }) } }
}

const allowed = 'DisruptionAllowed'

function exhausted(
  { status: { conditions, observedGeneration } }: PodDisruptionBudget,
  now: string,
): PodDisruptionBudget['status']['conditions'] {
  const condition = { type: allowed, status: 'False', reason: 'InsufficientPods', message: '', lastTransitionTime: now }
  return setCondition(conditions, { ...condition, ...(observedGeneration && { observedGeneration }) }, now)
}

/** The controller of the budget has not come to it, or not in time. */
export function notYet(name: string): StatusError {
  return refused(`The disruption budget ${name} is still being processed by the server.`, 10)
}

/** Numbers of a budget whose controller failed cannot be relied on, so that comes first. */
function denial({ metadata: { name }, status }: PodDisruptionBudget): string {
  const { currentHealthy, desiredHealthy, conditions } = status
  const condition = findCondition(conditions, allowed)
  const told = condition?.status === 'False' && condition.message ? condition : undefined
  const denied = `The disruption budget ${name} does not allow evicting pods currently`
  if (told?.reason === 'SyncFailed') return `${denied} because it failed sync: ${told.message}`
  if (currentHealthy <= desiredHealthy)
    return `The disruption budget ${name} needs ${desiredHealthy} healthy pods and has ${currentHealthy} currently`
  return told ? `${denied} (${told.reason}): ${told.message}` : denied
}

function refused(message: string, retryAfterSeconds: number): StatusError {
  const causes: readonly Cause[] = [{ reason: 'DisruptionBudget', message }]
  const details = { causes, ...(retryAfterSeconds > 0 && { retryAfterSeconds }) }
  return new StatusError('TooManyRequests', "Cannot evict pod as it would violate the pod's disruption budget.", details)
}
