import { describe, type Infer, int32, microTime, object, required, string, time } from '../../schema/schema.ts'
import { eventSource } from '../core/event.ts'
import { eventColumns } from '../core/event-columns.ts'
import { objectReference } from '../core/reference.ts'
import { type Column, type Kind, type NamespacedObject, namespacedKind } from '../kind.ts'
import { validateEvent } from '../validate-event.ts'

const events = (name: string) => `io.k8s.api.events.v1.${name}`

export const eventSeries = object(events('EventSeries'), '', {
  count: required(int32('How often it has happened in this series.')),
  lastObservedTime: required(microTime('When it was last seen.')),
})
export type EventSeries = Infer<typeof eventSeries>

const fields = {
  action: string('What was done or tried.'),
  deprecatedCount: int32('How often, for old clients.'),
  deprecatedFirstTimestamp: time('When first, for old clients.'),
  deprecatedLastTimestamp: time('When last, for old clients.'),
  deprecatedSource: describe('Who reports, for old clients.', eventSource),
  eventTime: required(microTime('When it was first seen.')),
  note: string('What happened, for people.'),
  reason: string('Why, in one word for programs.'),
  regarding: describe('The object that it is about.', objectReference),
  related: describe('A second object that has part in it.', objectReference),
  reportingController: string('The controller that reports.'),
  reportingInstance: string('Which instance of the controller reports.'),
  series: describe('How it goes on, where it repeats itself.', eventSeries),
  type: string('Normal or Warning.'),
}
export type Event = NamespacedObject<typeof fields>

const columns: readonly Column<Event>[] = eventColumns(event => ({
  target: event.regarding,
  message: event.note,
  count: event.deprecatedCount,
  first: event.deprecatedFirstTimestamp,
  last: event.deprecatedLastTimestamp,
  source: event.deprecatedSource,
  component: event.reportingController,
}))

export const Event: Kind<Event> = namespacedKind({
  group: 'events.k8s.io',
  version: 'v1',
  kind: 'Event',
  plural: 'events',
  shortNames: ['ev'],
  definition: 'io.k8s.api.events.v1.Event',
  doc: 'Something that happened to an object, as told by a component.',
  createsOnUpdate: true,
  fields,
  validate: validateEvent,
  columns,
  selectableFields: {
    'regarding.kind': event => event.regarding?.kind ?? '',
    'regarding.namespace': event => event.regarding?.namespace ?? '',
    'regarding.name': event => event.regarding?.name ?? '',
    'regarding.uid': event => event.regarding?.uid ?? '',
    'regarding.apiVersion': event => event.regarding?.apiVersion ?? '',
    'regarding.resourceVersion': event => event.regarding?.resourceVersion ?? '',
    'regarding.fieldPath': event => event.regarding?.fieldPath ?? '',
    reason: event => event.reason ?? '',
    reportingController: event => event.reportingController ?? '',
    type: event => event.type ?? '',
  },
})
