// The pod machine: from what is wanted and what is there, the next actions, the status to show and when to look again. Pure: the
// worker carries the actions out and comes back. Level-triggered, so a lost event costs time and nothing else.
import type { PodStatus } from '../../api/core/pod-status.ts'
import { type Action, operationKey } from './actions.ts'
import type { Ending, PodInput } from './observed.ts'
import { planRun } from './run.ts'
import { podStatus } from './status.ts'
import { isFinished } from './terminal.ts'
import { planTermination } from './termination.ts'

export interface Decision {
  readonly actions: readonly Action[]
  readonly status: PodStatus
  readonly requeueAfterMs?: number
  /** Why the pod is to end, if it is: to be given back in the next input. */
  readonly ending?: Ending
}

export interface Plan {
  readonly actions: readonly Action[]
  /** Moments at which something may be tried again. */
  readonly wakeAtMs: readonly number[]
}

export function decide(input: PodInput): Decision {
  const ending = endingOf(input)
  const settled: PodInput = { ...input, ending }
  const plan = ending ? planTermination(settled, ending) : planRun(settled)
  const { failures, operations } = input.observed
  const wakeAtMs = [...plan.wakeAtMs, ...deadlineOf(input)]
  const actions = plan.actions.filter(action => {
    const key = operationKey(action)
    const retryAtMs = failures.get(key)?.retryAtMs
    if (retryAtMs !== undefined && retryAtMs > input.now) {
      wakeAtMs.push(retryAtMs)
      return false
    }
    return !operations.has(key) || isSooner(action, input)
  })
  const { status, changesAtMs } = podStatus(settled)
  wakeAtMs.push(...changesAtMs)
  const ahead = wakeAtMs.filter(at => at > input.now)
  return {
    actions,
    status,
    ...(ahead.length > 0 && { requeueAfterMs: Math.min(...ahead) - input.now }),
    ...(ending && { ending }),
  }
}

/** A stop under way is overtaken by one with clearly less grace. */
function isSooner(action: Action, { observed, now }: PodInput): boolean {
  if (action.type !== 'stopContainer') return false
  const deadlineMs = observed.stopDeadlines.get(action.id)
  return deadlineMs !== undefined && now + action.graceSeconds * 1000 + 1000 < deadlineMs
}

/** A cause given from outside holds; a deletion overrides whatever ended the pod before, as it may shorten the grace. */
function endingOf(input: PodInput): Ending | undefined {
  const { pod, ending, now } = input
  if (ending) return ending
  const { phase, reason, message } = pod.status
  const graceSeconds = pod.spec.terminationGracePeriodSeconds
  if (phase === 'Failed' || phase === 'Succeeded')
    return { cause: 'completed', sinceMs: now, graceSeconds, ...(reason && { reason }), ...(message && { message }) }
  const [deadline] = deadlineOf(input)
  if (deadline !== undefined && deadline <= now)
    return {
      cause: 'deadline',
      sinceMs: now,
      graceSeconds,
      reason: 'DeadlineExceeded',
      message: 'Pod was active on the node longer than the specified deadline',
    }
  return isFinished(pod.spec, input.observed) ? { cause: 'completed', sinceMs: now, graceSeconds } : undefined
}

function deadlineOf({ pod }: PodInput): readonly number[] {
  const { activeDeadlineSeconds } = pod.spec
  return activeDeadlineSeconds === undefined || !pod.status.startTime
    ? []
    : [Date.parse(pod.status.startTime) + activeDeadlineSeconds * 1000]
}
