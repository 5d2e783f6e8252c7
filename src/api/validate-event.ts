// The rules of events, in both shapes. What is wrong is called by its name in the older shape, in both, as upstream does.
import { deepEqual } from '../meta/deep-equal.ts'
import { invalidValue, requiredValue } from '../meta/field-error.ts'
import { checkDns1123Subdomain, checkQualifiedName } from '../meta/names.ts'
import type { Event as CoreEvent } from './core/event.ts'
import type { Event } from './events/event.ts'
import { type Errors, immutable, must, shaped, together } from './validation.ts'

const maxWords = 128
const maxNote = 1024

/** What both shapes say. */
interface Report {
  readonly namespace: string
  readonly target: { readonly namespace?: string | undefined } | undefined
  readonly eventTime?: string | undefined
  readonly controller?: string | undefined
  readonly instance?: string | undefined
  readonly action?: string | undefined
  readonly reason?: string | undefined
  readonly message?: string | undefined
}

export function validateCoreEvent(event: CoreEvent): Errors {
  const { metadata, involvedObject: target, reportingComponent: controller, reportingInstance: instance } = event
  return validateReport({ ...event, namespace: metadata.namespace, target, controller, instance })
}

/** The fields of the newer shape that stay as they are, with their names in the older one. */
const fixed = {
  regarding: 'involvedObject',
  reason: 'reason',
  note: 'message',
  deprecatedSource: 'source',
  deprecatedFirstTimestamp: 'firstTimestamp',
  deprecatedLastTimestamp: 'lastTimestamp',
  deprecatedCount: 'count',
  type: 'type',
  eventTime: 'eventTime',
  action: 'action',
  related: 'related',
  reportingController: 'reportingController',
  reportingInstance: 'reportingInstance',
} as const
const deprecated = ['deprecatedFirstTimestamp', 'deprecatedLastTimestamp', 'deprecatedCount', 'deprecatedSource'] as const

export function validateEvent(next: Event, previous: Event | undefined): Errors {
  const { metadata, regarding: target, reportingController: controller, reportingInstance: instance, note: message } = next
  const report = validateReport({ ...next, namespace: metadata.namespace, target, controller, instance, message })
  if (previous) {
    // What is absent and what is empty are the same.
    const names = (Object.keys(fixed) as (keyof typeof fixed)[]).filter(name => isSet(next[name]) || isSet(previous[name]))
    return together(
      report,
      deepEqual(next.series, previous.series) ? [] : validateSeries(next.series),
      names.flatMap(name => immutable(next[name], previous[name], fixed[name])),
    )
  }
  return together(
    report,
    validateSeries(next.series),
    must(Boolean(next.eventTime), () => requiredValue('eventTime')),
    must(next.type === 'Normal' || next.type === 'Warning', () => invalidValue('type', '', `has invalid value: ${next.type ?? ''}`)),
    deprecated.filter(name => isSet(next[name])).map(name => invalidValue(fixed[name], '', 'needs to be unset')),
  )
}

function isSet(value: unknown): boolean {
  return typeof value === 'object' && value !== null ? Object.values(value).some(Boolean) : Boolean(value)
}

function validateSeries(series: Event['series']): Errors {
  if (!series) return []
  return together(
    must((series.count ?? 0) >= 2, () => invalidValue('series.count', '', 'should be at least 2')),
    must(Boolean(series.lastObservedTime), () => requiredValue('series.lastObservedTime')),
  )
}

/** Events without a time of their own come from older reporters, of whom less is asked. */
function validateReport(report: Report): Errors {
  const { namespace, eventTime, controller = '', instance, action, reason, message = '' } = report
  return together(
    must(isBeside(report), () =>
      invalidValue('involvedObject.namespace', report.target?.namespace ?? '', 'does not match event.namespace'),
    ),
    eventTime
      ? together(
          must(controller !== '', () => requiredValue('reportingController')),
          shaped(controller, 'reportingController', checkQualifiedName),
          validateWords(instance, 'reportingInstance'),
          validateWords(action, 'action'),
          validateWords(reason, 'reason'),
          atMost(message, maxNote, 'message'),
        )
      : [],
    shaped(namespace, 'namespace', checkDns1123Subdomain),
  )
}

/** Events live beside what they tell of; those of objects without a namespace in the default one, and newer ones in the system's too. */
function isBeside({ namespace, target, eventTime }: Report): boolean {
  const of = target?.namespace
  if (eventTime) return Boolean(of) || namespace === 'default' || namespace === 'kube-system'
  return of ? of === namespace : namespace === 'default'
}

function validateWords(words: string | undefined, field: string): Errors {
  return words ? atMost(words, maxWords, field) : [requiredValue(field)]
}

function atMost(text: string, max: number, field: string): Errors {
  return must(Buffer.byteLength(text) <= max, () => invalidValue(field, '', `can have at most ${max} characters`))
}
