import { isConditionTrue } from '../../meta/conditions.ts'
import { humanDuration } from '../../meta/duration.ts'
import { atomicList, defaulted, describe, type Infer, int32, object, patch, required, set, string, time } from '../../schema/schema.ts'
import { containerColumns, formatLabelSelector, text } from '../columns.ts'
import { ageColumn, type Column, type Kind, type NamespacedObject, nameColumn, namespacedKind } from '../kind.ts'
import { jobSpec } from './job-spec.ts'
import { completeJob, createJob } from './job-strategy.ts'
import { warnJob } from './job-warnings.ts'
import { validateJob } from './validate-job.ts'
import { validateJobStatus } from './validate-job-status.ts'

const batch = (name: string) => `io.k8s.api.batch.v1.${name}`

export const jobCondition = object(batch('JobCondition'), 'Something that can be said of a job.', {
  lastProbeTime: time('When this was last looked at.'),
  lastTransitionTime: time('When the status last changed.'),
  message: string('Why, for people.'),
  reason: string('Why, in one word.'),
  status: required(string('Whether it holds: True, False or Unknown.')),
  type: required(string('What is said: Complete, Failed, Suspended, FailureTarget or SuccessCriteriaMet.')),
})
export type JobCondition = Infer<typeof jobCondition>

export const uncountedTerminatedPods = object(
  batch('UncountedTerminatedPods'),
  'Pods that have ended and are not yet in the counts of the status, so that each is counted once.',
  {
    failed: describe('Their uids, of those that failed.', set(string())),
    succeeded: describe('Their uids, of those that succeeded.', set(string())),
  },
)
export type UncountedTerminatedPods = Infer<typeof uncountedTerminatedPods>

export const jobStatus = object(batch('JobStatus'), 'How far a job is.', {
  active: int32('Pods that run or wait, and are not going.'),
  completedIndexes: string('The indexes that succeeded, as numbers and ranges: `1,3-5,7`.'),
  completionTime: time('When the job was done; absent where it failed.'),
  conditions: describe('What is to be said of it.', patch('merge', 'type', atomicList(jobCondition))),
  failed: int32('Pods that failed.'),
  failedIndexes: string('The indexes that failed, as numbers and ranges, where each has its own backoff limit.'),
  ready: int32('Active pods that are ready.'),
  startTime: time('When its controller began with it, or went on after it was suspended.'),
  succeeded: int32('Pods that succeeded.'),
  terminating: int32('Pods that are going.'),
  uncountedTerminatedPods: describe('Pods that have ended and are not yet counted.', uncountedTerminatedPods),
})
export type JobStatus = Infer<typeof jobStatus>

const fields = {
  spec: describe('What the job should do.', defaulted(jobSpec, {})),
  status: describe('How far it is.', defaulted(jobStatus, {})),
}
export type Job = NamespacedObject<typeof fields>

/** The word of the status, by what weighs most. */
function state({ metadata, status: { conditions } }: Job): string {
  if (isConditionTrue(conditions, 'Complete')) return 'Complete'
  if (isConditionTrue(conditions, 'Failed')) return 'Failed'
  if (metadata.deletionTimestamp) return 'Terminating'
  if (isConditionTrue(conditions, 'Suspended')) return 'Suspended'
  return isConditionTrue(conditions, 'FailureTarget') ? 'FailureTarget' : 'Running'
}

function completions({ spec, status }: Job): string {
  const succeeded = status.succeeded ?? 0
  if (spec.completions !== undefined) return `${succeeded}/${spec.completions}`
  const parallelism = spec.parallelism ?? 0
  return parallelism > 1 ? `${succeeded}/1 of ${parallelism}` : `${succeeded}/1`
}

function duration({ status: { startTime, completionTime } }: Job, now: number): string {
  if (startTime === undefined) return ''
  return humanDuration((completionTime === undefined ? now : Date.parse(completionTime)) - Date.parse(startTime))
}

const columns: readonly Column<Job>[] = [
  nameColumn,
  text('Status', 'How the job stands.', state),
  text('Completions', 'Pods that succeeded, of those that have to.', completions),
  text('Duration', 'How long it has taken, or took.', duration),
  ageColumn,
  ...containerColumns,
  text('Selector', 'Labels of the pods.', job => formatLabelSelector(job.spec.selector), 1),
]

export const Job: Kind<Job> = namespacedKind({
  group: 'batch',
  version: 'v1',
  kind: 'Job',
  plural: 'jobs',
  categories: ['all'],
  definition: 'io.k8s.api.batch.v1.Job',
  doc: 'Runs pods until enough of them have succeeded.',
  hasStatus: true,
  hasGeneration: true,
  fields,
  complete: completeJob,
  onCreate: createJob,
  validate: validateJob,
  validateStatus: validateJobStatus,
  warnings: warnJob,
  selectableFields: { 'status.successful': job => String(job.status.succeeded ?? 0) },
  columns,
})
