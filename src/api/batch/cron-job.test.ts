import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Draft } from '../../schema/schema.ts'
import { complaints, row, stored } from '../testkit.ts'
import { CronJob } from './cron-job.ts'

type Wish = Draft<CronJob>
type Spec = NonNullable<Wish['spec']>

const template = { spec: { restartPolicy: 'OnFailure', containers: [{ name: 'c', image: 'i:1' }] } } as const
const cronJob = (spec: Spec = {}, more: Wish = {}) =>
  stored(CronJob, { ...more, spec: { schedule: '0 3 * * *', jobTemplate: { spec: { template } }, ...spec } })

describe('a cron job', () => {
  it('lets jobs overlap and keeps a few of them', () => {
    const { jobTemplate, ...spec } = cronJob().spec
    assert.deepEqual(spec, {
      schedule: '0 3 * * *',
      concurrencyPolicy: 'Allow',
      suspend: false,
      successfulJobsHistoryLimit: 3,
      failedJobsHistoryLimit: 1,
    })
    assert.equal(jobTemplate.spec?.template.spec?.containers[0]?.imagePullPolicy, 'IfNotPresent')
    assert.equal(jobTemplate.spec?.completions, undefined, 'what a job gets is decided when it is made')
  })

  const wrongZone = (zone: string) => `spec.timeZone: Invalid value: ${JSON.stringify(zone)}: unknown time zone ${zone}`
  const noZone = (schedule: string) =>
    `spec.schedule: Invalid value: ${JSON.stringify(schedule)}: cannot use TZ or CRON_TZ in schedule, use timeZone field instead`
  const rows: readonly (readonly [name: string, cronJob: () => CronJob, expected: readonly string[]])[] = [
    ['as it should be', () => cronJob({ timeZone: 'Europe/Berlin', schedule: '@hourly' }), []],
    ['without a schedule', () => cronJob({ schedule: '' }), ['spec.schedule: Required value']],
    [
      'with what is no schedule',
      () => cronJob({ schedule: 'a b' }),
      ['spec.schedule: Invalid value: "a b": expected exactly 5 fields, found 2: [a b]'],
    ],
    ['with a zone in its schedule', () => cronJob({ schedule: 'TZ=Europe/Berlin 0 3 * * *' }), [noZone('TZ=Europe/Berlin 0 3 * * *')]],
    ['with an empty zone', () => cronJob({ timeZone: '' }), ['spec.timeZone: Invalid value: "": timeZone must be nil or non-empty string']],
    ['with a zone of nowhere', () => cronJob({ timeZone: 'Mars/Base' }), [wrongZone('Mars/Base')]],
    ['with a zone of another form', () => cronJob({ timeZone: 'Europe/../Berlin' }), [wrongZone('Europe/../Berlin')]],
    [
      'with the zone of whoever runs it',
      () => cronJob({ timeZone: 'Local' }),
      ['spec.timeZone: Invalid value: "Local": timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones'],
    ],
    [
      'with an unknown policy',
      () => cronJob({ concurrencyPolicy: 'Maybe' as 'Allow' }),
      ['spec.concurrencyPolicy: Unsupported value: "Maybe": supported values: "Allow", "Forbid", "Replace"'],
    ],
    [
      'with numbers below zero',
      () => cronJob({ startingDeadlineSeconds: -1, successfulJobsHistoryLimit: -2, failedJobsHistoryLimit: -3 }),
      [
        'spec.startingDeadlineSeconds: Invalid value: -1: must be greater than or equal to 0',
        'spec.successfulJobsHistoryLimit: Invalid value: -2: must be greater than or equal to 0',
        'spec.failedJobsHistoryLimit: Invalid value: -3: must be greater than or equal to 0',
      ],
    ],
    [
      'whose jobs choose their pods',
      () => cronJob({ jobTemplate: { spec: { template, manualSelector: true, selector: { matchLabels: { a: 'b' } } } } }),
      [
        'spec.jobTemplate.spec.selector: Invalid value: {"matchLabels":{"a":"b"}}: `selector` will be auto-generated',
        'spec.jobTemplate.spec.manualSelector: Unsupported value: true: supported values: "nil", "false"',
      ],
    ],
    [
      'of nothing',
      () => stored(CronJob, {}),
      [
        'spec.schedule: Required value',
        'spec.jobTemplate.spec.template.spec.containers: Required value',
        'spec.jobTemplate.spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"',
      ],
    ],
    [
      'with a long name',
      () => cronJob({}, { metadata: { name: 'n'.repeat(53) } }),
      [`metadata.name: Invalid value: "${'n'.repeat(53)}": must be no more than 52 characters`],
    ],
  ]
  for (const [name, object, expected] of rows) it(name, () => assert.deepEqual(complaints(CronJob, object()), expected))

  it('may keep a zone in its schedule, and then has no other', () => {
    const previous = cronJob({ schedule: 'TZ=UTC 0 3 * * *' })
    assert.deepEqual(complaints(CronJob, cronJob({ schedule: 'TZ=UTC 0 4 * * *' }), previous), [])
    assert.deepEqual(complaints(CronJob, cronJob({ schedule: 'TZ=UTC 0 4 * * *', timeZone: 'UTC' }), previous), [
      'spec.schedule: Invalid value: "TZ=UTC 0 4 * * *": cannot use both timeZone field and TZ or CRON_TZ in schedule',
    ])
  })

  it('may keep a zone that is known no more, and a name that was always too long', () => {
    const metadata = { name: 'n'.repeat(53) }
    const previous = cronJob({ timeZone: 'Mars/Base' }, { metadata })
    assert.deepEqual(complaints(CronJob, cronJob({ timeZone: 'Mars/Base', suspend: true }, { metadata }), previous), [])
  })

  it('in a table', () => {
    const base = { Name: 'a', Schedule: '0 3 * * *', Age: '5m', Containers: 'c', Images: 'i:1', Selector: '<none>' }
    assert.deepEqual(row(CronJob, cronJob()), { ...base, Timezone: '<none>', Suspend: 'False', Active: 0, 'Last Schedule': '<none>' })
    const status = { active: [{ name: 'j' }], lastScheduleTime: '2026-01-01T00:04:00Z' }
    const shown = row(CronJob, cronJob({ timeZone: 'Etc/UTC', suspend: true }, { status }))
    assert.deepEqual(shown, { ...base, Timezone: 'Etc/UTC', Suspend: 'True', Active: 1, 'Last Schedule': '60s' })
  })
})
