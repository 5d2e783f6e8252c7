import { objectMeta } from '../../meta/object-meta.ts'
import {
  always,
  atomicList,
  boolean,
  defaulted,
  describe,
  type Infer,
  int32,
  int64,
  object,
  oneOf,
  required,
  string,
  time,
} from '../../schema/schema.ts'
import { count, formatLabelSelector, text } from '../columns.ts'
import { completeTemplateOf } from '../core/complete-pod-spec.ts'
import { objectReference } from '../core/reference.ts'
import { age, ageColumn, type Column, type Kind, type NamespacedObject, nameColumn, namespacedKind } from '../kind.ts'
import { withFields } from '../sharing.ts'
import { jobSpec } from './job-spec.ts'
import { warnCronJob } from './job-warnings.ts'
import { validateCronJob } from './validate-cron-job.ts'

const batch = (name: string) => `io.k8s.api.batch.v1.${name}`

export const jobTemplateSpec = object(batch('JobTemplateSpec'), 'What the jobs of a schedule are like.', {
  metadata: describe('Labels and annotations of the jobs.', objectMeta),
  spec: describe('What a job should do. Its selector is always made up.', jobSpec),
})
export type JobTemplateSpec = Infer<typeof jobTemplateSpec>

export const cronJobSpec = object(batch('CronJobSpec'), 'What runs when.', {
  concurrencyPolicy: describe(
    'When a job is due while one still runs: both run (Allow), the new one is left out (Forbid), or it takes the place of the old one (Replace).',
    defaulted(oneOf(['Allow', 'Forbid', 'Replace']), 'Allow'),
  ),
  failedJobsHistoryLimit: defaulted(int32('How many failed jobs to keep.'), 1),
  jobTemplate: describe('What the jobs are like.', required(jobTemplateSpec)),
  schedule: required(string('When jobs are due, as five fields of a crontab or a word such as `@daily`.')),
  startingDeadlineSeconds: int64('Seconds after its time at which a job that was not started is missed; never when absent.'),
  successfulJobsHistoryLimit: defaulted(int32('How many jobs that succeeded to keep.'), 3),
  suspend: defaulted(boolean('Whether no more jobs are started; those that run go on.'), false),
  timeZone: string('The zone whose clocks the schedule goes by, such as `Europe/Berlin`; that of the controller when absent.'),
})
export type CronJobSpec = Infer<typeof cronJobSpec>

export const cronJobStatus = object(batch('CronJobStatus'), 'What a schedule has set going.', {
  active: describe('The jobs that run.', atomicList(objectReference)),
  lastScheduleTime: time('When a job was last due and started.'),
  lastSuccessfulTime: time('When a job last succeeded.'),
})
export type CronJobStatus = Infer<typeof cronJobStatus>

const fields = {
  spec: describe('What runs when.', always(cronJobSpec, {})),
  status: describe('What it has set going.', defaulted(cronJobStatus, {})),
}
export type CronJob = NamespacedObject<typeof fields>

function complete(cronJob: CronJob): CronJob {
  const { spec } = cronJob
  const { jobTemplate } = spec
  if (!jobTemplate?.spec) return cronJob
  return withFields(cronJob, {
    spec: withFields(spec, { jobTemplate: withFields(jobTemplate, { spec: completeTemplateOf(jobTemplate.spec) }) }),
  })
}

const containers = (cronJob: CronJob) => cronJob.spec.jobTemplate?.spec?.template?.spec?.containers ?? []

const columns: readonly Column<CronJob>[] = [
  nameColumn,
  text('Schedule', 'When jobs are due.', cj => cj.spec.schedule ?? ''),
  text('Timezone', 'The zone whose clocks the schedule goes by.', cj => cj.spec.timeZone ?? '<none>'),
  text('Suspend', 'Whether no more jobs are started.', cj => (cj.spec.suspend ? 'True' : 'False')),
  count('Active', 'Jobs that run.', cj => cj.status.active?.length ?? 0),
  text('Last Schedule', 'Time since a job was last due and started.', (cj, now) =>
    cj.status.lastScheduleTime === undefined ? '<none>' : age(cj.status.lastScheduleTime, now),
  ),
  ageColumn,
  text(
    'Containers',
    "Names of the pod template's containers.",
    cj =>
      containers(cj)
        .map(c => c.name)
        .join(','),
    1,
  ),
  text(
    'Images',
    "Images of the pod template's containers.",
    cj =>
      containers(cj)
        .map(c => c.image ?? '')
        .join(','),
    1,
  ),
  text('Selector', 'Labels of the pods.', cj => formatLabelSelector(cj.spec.jobTemplate?.spec?.selector), 1),
]

export const CronJob: Kind<CronJob> = namespacedKind({
  group: 'batch',
  version: 'v1',
  kind: 'CronJob',
  plural: 'cronjobs',
  shortNames: ['cj'],
  categories: ['all'],
  definition: 'io.k8s.api.batch.v1.CronJob',
  doc: 'Starts jobs by a schedule.',
  hasStatus: true,
  hasGeneration: true,
  fields,
  complete,
  validate: validateCronJob,
  warnings: warnCronJob,
  columns,
})
