import { parseCron } from '../../base/cron.ts'
import { isTimeZone } from '../../base/time-zone.ts'
import { invalidValue, requiredValue, unsupportedValue } from '../../meta/field-error.ts'
import type { KubeObject } from '../../meta/object-meta.ts'
import { type Errors, must, notNegative, together, when } from '../validation.ts'
import type { CronJobSpec } from './cron-job.ts'
import type { JobSpec } from './job-spec.ts'
import { validateJobSpec } from './validate-job-spec.ts'

/** A job's name is that of its cron job with the time in minutes behind it. */
const maxNameLength = 52

export function validateCronJob(
  { metadata, spec }: KubeObject & { readonly spec: CronJobSpec },
  previous: { readonly spec: CronJobSpec } | undefined,
): Errors {
  const template = spec.jobTemplate?.spec ?? ({} as JobSpec)
  return together(
    validateSchedule(spec, previous?.spec, 'spec.schedule'),
    notNegative(spec.startingDeadlineSeconds, 'spec.startingDeadlineSeconds'),
    previous?.spec.timeZone === spec.timeZone ? [] : when(spec.timeZone, zone => validateTimeZone(zone, 'spec.timeZone')),
    validateJobSpec(template, 'spec.jobTemplate.spec'),
    must(template.selector === undefined, () =>
      invalidValue('spec.jobTemplate.spec.selector', template.selector, '`selector` will be auto-generated'),
    ),
    must(!template.manualSelector, () => unsupportedValue('spec.jobTemplate.spec.manualSelector', true, ['nil', 'false'])),
    notNegative(spec.successfulJobsHistoryLimit, 'spec.successfulJobsHistoryLimit'),
    notNegative(spec.failedJobsHistoryLimit, 'spec.failedJobsHistoryLimit'),
    must(previous !== undefined || metadata.name.length <= maxNameLength, () =>
      invalidValue('metadata.name', metadata.name, `must be no more than ${maxNameLength} characters`),
    ),
  )
}

/** A zone in the schedule itself is left to those that always had one there. */
function validateSchedule({ schedule, timeZone }: CronJobSpec, previous: CronJobSpec | undefined, field: string): Errors {
  if (!schedule) return [requiredValue(field)]
  const parsed = parseCron(schedule)
  const hasZone = schedule.includes('TZ')
  const mayHaveZone = previous?.schedule?.includes('TZ') ?? false
  return together(
    parsed.ok ? [] : [invalidValue(field, schedule, parsed.error)],
    must(!hasZone || !mayHaveZone || timeZone === undefined, () =>
      invalidValue(field, schedule, 'cannot use both timeZone field and TZ or CRON_TZ in schedule'),
    ),
    must(!hasZone || mayHaveZone, () => invalidValue(field, schedule, 'cannot use TZ or CRON_TZ in schedule, use timeZone field instead')),
  )
}

function validateTimeZone(zone: string, field: string): Errors {
  if (zone === '') return [invalidValue(field, zone, 'timeZone must be nil or non-empty string')]
  const unknown = invalidValue(field, zone, `unknown time zone ${zone}`)
  const isName = zone
    .split('/')
    .every(part => part !== '.' && part !== '..' && !part.startsWith('-') && /^[A-Za-z.\-_0-9+]{1,14}$/.test(part))
  if (!isName) return [unknown]
  return together(
    must(zone.toLowerCase() !== 'local', () =>
      invalidValue(field, zone, 'timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones'),
    ),
    must(zone === 'Local' || isTimeZone(zone), () => unknown),
  )
}
