// What is to be said of jobs and cron jobs.
import { isOther } from '../apps/workload-warnings.ts'
import { warnTemplate } from '../core/pod-warnings.ts'
import { nothing, type Warnings, warnPodNames } from '../warnings.ts'
import type { CronJob } from './cron-job.ts'
import type { Job } from './job.ts'
import type { JobSpec } from './job-spec.ts'

export function warnJob(next: Job, previous: Job | undefined): Warnings {
  return [
    ...(previous ? nothing : warnPodNames(next.metadata.name)),
    ...(isOther(next, previous) ? warnJobSpec(next.spec, 'spec') : nothing),
  ]
}

const noZone =
  'cannot use TZ or CRON_TZ in spec.spec.schedule, use timeZone instead, see https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for more details'

export function warnCronJob(next: CronJob, previous: CronJob | undefined): Warnings {
  const { jobTemplate, schedule } = next.spec
  return [
    ...(previous ? nothing : warnPodNames(next.metadata.name)),
    ...(jobTemplate?.spec && isOther(next, previous) ? warnJobSpec(jobTemplate.spec, 'spec.jobTemplate.spec') : nothing),
    ...(previous && schedule?.includes('TZ') ? [noZone] : nothing),
  ]
}

const manyCompletions = 100_000
const manyAtOnce = 10_000
const tooMany =
  'In Indexed Jobs with a number of completions higher than 10^5 and a parallelism higher than 10^4, Kubernetes might not be able to track completedIndexes when a big number of indexes fail'

function warnJobSpec({ completionMode, completions = 0, parallelism = 0, template }: JobSpec, field: string): Warnings {
  const isLarge = completionMode === 'Indexed' && completions > manyCompletions && parallelism > manyAtOnce
  return [...(isLarge ? [`${field}: ${tooMany}`] : nothing), ...(template ? warnTemplate(template, `${field}.template`) : nothing)]
}
