// The rules of a job's status. Others than the built-in controller may see to a job, so what is written must make sense:
// a job that has ended stays so, and tells of its end without contradiction. A rule about fields that did not change is
// not held against a write of others.
import { isConditionTrue } from '../../meta/conditions.ts'
import { deepEqual } from '../../meta/deep-equal.ts'
import { duplicateValue, type FieldError, invalidValue, requiredValue } from '../../meta/field-error.ts'
import { type Errors, must, notNegative, together } from '../validation.ts'
import { overlapOf, parseIndexes } from './indexes.ts'
import type { JobStatus } from './job.ts'
import type { JobObject } from './job-strategy.ts'

export function validateJobStatus(next: JobObject, previous: JobObject): Errors {
  return together(
    ...counts.map(name => notNegative(next.status[name], `status.${name}`)),
    validateUncounted(next.status),
    validateEnd(next, previous),
    validateIndexes(next, previous),
    validateSuccess(next.status, previous.status, next.spec.successPolicy !== undefined),
    validateProgress(next, previous),
  )
}

const counts = ['active', 'succeeded', 'failed', 'ready', 'terminating'] as const

type End = 'Complete' | 'Failed' | 'FailureTarget' | 'SuccessCriteriaMet'
const is = ({ conditions }: JobStatus, type: End) => isConditionTrue(conditions, type)
const isFinished = (status: JobStatus) => is(status, 'Complete') || is(status, 'Failed')

function wrongConditions(detail: string): FieldError {
  return { type: 'FieldValueInvalid', field: 'status.conditions', detail }
}

/** A pod is in one of the lists, once. */
function validateUncounted({ uncountedTerminatedPods: { succeeded = [], failed = [] } = {} }: JobStatus): Errors {
  const seen = new Set<string>()
  const check = (uids: readonly string[], field: string) =>
    uids.flatMap((uid, i): Errors => {
      const at = `status.uncountedTerminatedPods.${field}[${i}]`
      if (uid === '') return [invalidValue(at, uid, 'must not be empty')]
      if (seen.has(uid)) return [duplicateValue(at, uid)]
      seen.add(uid)
      return []
    })
  return [...check(succeeded, 'succeeded'), ...check(failed, 'failed')]
}

function validateEnd({ status }: JobObject, { status: old }: JobObject): Errors {
  const { completionTime, startTime, active = 0, uncountedTerminatedPods: uncounted } = status
  const [complete, failed, finished] = [is(status, 'Complete'), is(status, 'Failed'), isFinished(status)]
  const completeChanged = is(old, 'Complete') !== complete
  const failedChanged = is(old, 'Failed') !== failed
  const targetChanged = is(old, 'FailureTarget') !== is(status, 'FailureTarget')
  const finishedChanged = isFinished(old) !== finished
  const startChanged = old.startTime !== startTime
  const completionChanged = old.completionTime !== completionTime
  const uncountedChanged = !deepEqual(old.uncountedTerminatedPods, uncounted)
  const isLeft = (uncounted?.failed?.length ?? 0) + (uncounted?.succeeded?.length ?? 0) > 0
  const isBackwards = startTime !== undefined && completionTime !== undefined && Date.parse(completionTime) < Date.parse(startTime)
  return together(
    must(!(completeChanged || failedChanged) || !complete || !failed, () =>
      wrongConditions('cannot set Complete=True and Failed=true conditions'),
    ),
    must(!(completeChanged || targetChanged) || !complete || !is(status, 'FailureTarget'), () =>
      wrongConditions('cannot set Complete=True and FailureTarget=true conditions'),
    ),
    must(!(completeChanged || completionChanged) || completionTime === undefined || complete, () =>
      invalidValue('status.completionTime', completionTime, 'cannot set completionTime when there is no Complete=True condition'),
    ),
    must(!(completeChanged || completionChanged) || completionTime !== undefined || !complete, () =>
      requiredValue('status.completionTime', 'completionTime is required for Complete jobs'),
    ),
    must(!(startChanged || completionChanged) || !isBackwards, () =>
      invalidValue('status.completionTime', completionTime, 'completionTime cannot be set before startTime'),
    ),
    must(!(finishedChanged || old.active !== status.active) || active <= 0 || !finished, () =>
      invalidValue('status.active', active, 'active>0 is invalid for finished job'),
    ),
    must(!(finishedChanged || startChanged) || startTime !== undefined || !finished, () =>
      requiredValue('status.startTime', 'startTime is required for finished job'),
    ),
    must(!(finishedChanged || uncountedChanged) || !finished || !isLeft, () =>
      invalidValue('status.uncountedTerminatedPods', uncounted, 'uncountedTerminatedPods needs to be empty for finished job'),
    ),
  )
}

function validateIndexes({ spec, status }: JobObject, { status: old }: JobObject): Errors {
  const { completions, completionMode, backoffLimitPerIndex } = spec
  const { completedIndexes = '', failedIndexes } = status
  const completedChanged = (old.completedIndexes ?? '') !== completedIndexes
  const failedChanged = old.failedIndexes !== failedIndexes
  const unreadable = (name: 'completedIndexes' | 'failedIndexes', text: string): Errors => {
    const read = completions === undefined ? undefined : parseIndexes(text, completions)
    return read && !read.ok ? [invalidValue(`status.${name}`, text, `error parsing ${name}: ${read.error}`)] : []
  }
  const overlap =
    (completedChanged || failedChanged) && completions !== undefined && failedIndexes !== undefined
      ? overlapOf(completedIndexes, failedIndexes, completions)
      : undefined
  return together(
    completedChanged ? unreadable('completedIndexes', completedIndexes) : [],
    failedChanged && failedIndexes !== undefined && backoffLimitPerIndex !== undefined ? unreadable('failedIndexes', failedIndexes) : [],
    must(!completedChanged || completedIndexes === '' || completionMode === 'Indexed', () =>
      invalidValue('status.completedIndexes', completedIndexes, 'cannot set non-empty completedIndexes when non-indexed completion mode'),
    ),
    must(!failedChanged || backoffLimitPerIndex !== undefined || failedIndexes === undefined, () =>
      invalidValue('status.failedIndexes', failedIndexes, 'cannot set non-null failedIndexes when backoffLimitPerIndex is null'),
    ),
    must(overlap === undefined, () =>
      invalidValue('status.failedIndexes', failedIndexes, `failedIndexes and completedIndexes overlap at index: ${overlap}`),
    ),
  )
}

/** What is announced comes before what is final, and the one announcement rules the other out. */
function validateSuccess(status: JobStatus, old: JobStatus, hasPolicy: boolean): Errors {
  const [met, wasMet] = [is(status, 'SuccessCriteriaMet'), is(old, 'SuccessCriteriaMet')]
  return together(
    must(!met || !is(status, 'Failed'), () => wrongConditions('cannot set SuccessCriteriaMet=True and Failed=true conditions')),
    must(!met || !is(status, 'FailureTarget'), () =>
      wrongConditions('cannot set SuccessCriteriaMet=True and FailureTarget=true conditions'),
    ),
    must(!hasPolicy || met || !is(status, 'Complete'), () =>
      wrongConditions('cannot set Complete=True for Job with SuccessPolicy unless SuccessCriteriaMet=True'),
    ),
    must(!wasMet || met, () => wrongConditions('cannot disable the SuccessCriteriaMet=True condition')),
    must(!is(old, 'Complete') || wasMet || !met, () =>
      wrongConditions('cannot set SuccessCriteriaMet=True for Job already has Complete=true conditions'),
    ),
  )
}

const terminal = ['Failed', 'Complete', 'FailureTarget'] as const

/** What was counted and said stays. */
function validateProgress({ spec, status }: JobObject, { status: old }: JobObject): Errors {
  const { failed = 0, succeeded = 0, completionTime, startTime } = status
  // A job whose completions follow its parallelism can shrink.
  const canShrink = spec.completionMode === 'Indexed' && spec.completions === spec.parallelism
  return together(
    ...terminal.map(type =>
      must(!is(old, type) || is(status, type), () => wrongConditions(`cannot disable the terminal ${type}=True condition`)),
    ),
    must(failed >= (old.failed ?? 0), () => invalidValue('status.failed', failed, 'cannot decrease the failed counter')),
    must(canShrink || succeeded >= (old.succeeded ?? 0), () =>
      invalidValue('status.succeeded', succeeded, 'cannot decrease the succeeded counter'),
    ),
    must(completionTime === undefined || old.completionTime === undefined || completionTime === old.completionTime, () =>
      invalidValue('status.completionTime', completionTime, 'completionTime cannot be mutated'),
    ),
    must(old.startTime === undefined || old.startTime === startTime || (spec.suspend ?? false), () =>
      requiredValue('status.startTime', 'startTime cannot be removed for unsuspended job'),
    ),
  )
}
