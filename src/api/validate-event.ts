// The rules of events, in both shapes.

import { type FieldError, invalidValue, requiredValue } from '../meta/field-error.ts'
import { checkQualifiedName } from '../meta/names.ts'
import type { Event as CoreEvent } from './core/event.ts'
import type { Event } from './events/event.ts'
import { type Errors, immutable, must, named } from './validation.ts'

const maxWords = 128
const maxNote = 1024

interface Target {
  readonly namespace?: string | undefined
}

/** Events without a time of their own come from older reporters, of whom less is asked. */
export function validateCoreEvent(next: CoreEvent): Errors {
  const ofTarget = validateNamespace(next.involvedObject ?? {}, next.metadata.namespace, 'involvedObject')
  if (!next.eventTime) return ofTarget
  return [...ofTarget, ...validateReport(next, next.reportingComponent, next.message, 'message')]
}

const deprecated = ['deprecatedFirstTimestamp', 'deprecatedLastTimestamp', 'deprecatedCount', 'deprecatedSource'] as const
const fixed = ['eventTime', 'reason', 'action', 'note', 'regarding', 'related', 'type', 'reportingController', 'reportingInstance'] as const

export function validateEvent(next: Event, previous: Event | undefined): Errors {
  const ofTarget = validateNamespace(next.regarding ?? {}, next.metadata.namespace, 'regarding')
  if (previous) return [...ofTarget, ...fixed.flatMap(field => immutable(next[field], previous[field], field))]
  return [
    ...ofTarget,
    ...must(Boolean(next.eventTime), () => requiredValue('eventTime')),
    ...must(next.type === 'Normal' || next.type === 'Warning', () => invalidValue('type', '', `has invalid value: ${next.type ?? ''}`)),
    ...validateReport(next, next.reportingController, next.note, 'note'),
    ...deprecated.filter(field => isSet(next[field])).map(field => invalidValue(field, '', 'needs to be unset')),
  ]
}

function isSet(value: unknown): boolean {
  return typeof value === 'object' && value !== null ? Object.keys(value).length > 0 : Boolean(value)
}

/** Events live beside what they tell of; those of cluster-scoped objects in the default namespace. */
function validateNamespace({ namespace }: Target, eventNamespace: string, field: string): Errors {
  const fits = namespace ? namespace === eventNamespace : eventNamespace === 'default' || eventNamespace === 'kube-system'
  return must(fits, () => invalidValue(`${field}.namespace`, namespace ?? '', 'does not match event.namespace'))
}

interface Report {
  readonly action?: string | undefined
  readonly reason?: string | undefined
  readonly reportingInstance?: string | undefined
}

function validateReport(event: Report, controller: string | undefined, note: string | undefined, noteField: string): FieldError[] {
  const words = (value: string | undefined, field: string) => (value ? atMost(value, maxWords, field) : [requiredValue(field)])
  return [
    ...named(controller, 'reportingController', checkQualifiedName),
    ...words(event.reportingInstance, 'reportingInstance'),
    ...words(event.action, 'action'),
    ...words(event.reason, 'reason'),
    ...atMost(note ?? '', maxNote, noteField),
  ]
}

function atMost(text: string, max: number, field: string): Errors {
  return must(Buffer.byteLength(text) <= max, () => invalidValue(field, '', `can have at most ${max} characters`))
}
