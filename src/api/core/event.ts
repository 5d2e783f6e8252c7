import { describe, type Infer, int32, microTime, object, required, string, time } from '../../schema/schema.ts'
import { type Column, type Kind, type NamespacedObject, namespacedKind } from '../kind.ts'
import { validateCoreEvent } from '../validate-event.ts'
import { eventColumns } from './event-columns.ts'
import { objectReference } from './reference.ts'

const core = (name: string) => `io.k8s.api.core.v1.${name}`

export const eventSeries = object(core('EventSeries'), '', {
  count: int32('How often it has happened in this series.'),
  lastObservedTime: microTime('When it was last seen.'),
})
export type EventSeries = Infer<typeof eventSeries>

export const eventSource = object(core('EventSource'), '', {
  component: string('Name of the component.'),
  host: string('The node that the component runs on.'),
})
export type EventSource = Infer<typeof eventSource>

const fields = {
  action: string('What was done or tried.'),
  count: int32('How often this has happened.'),
  eventTime: microTime('When it was first seen, to the microsecond.'),
  firstTimestamp: time('When it was first seen.'),
  involvedObject: describe('The object that it is about.', required(objectReference)),
  lastTimestamp: time('When it was last seen.'),
  message: string('What happened, for people.'),
  reason: string('Why, in one word for programs.'),
  related: describe('A second object that has part in it.', objectReference),
  reportingComponent: string('The controller that reports, such as `kubernetes.io/kubelet`.'),
  reportingInstance: string('Which instance of the controller reports.'),
  series: describe('How it goes on, where it repeats itself.', eventSeries),
  source: describe('The component that reports.', eventSource),
  type: string('Normal or Warning.'),
}
export type Event = NamespacedObject<typeof fields>

const columns: readonly Column<Event>[] = eventColumns(event => ({
  target: event.involvedObject,
  message: event.message,
  count: event.count,
  first: event.firstTimestamp,
  last: event.lastTimestamp,
  source: event.source,
  component: event.reportingComponent,
}))

export const Event: Kind<Event> = namespacedKind({
  group: '',
  version: 'v1',
  kind: 'Event',
  plural: 'events',
  shortNames: ['ev'],
  definition: 'io.k8s.api.core.v1.Event',
  doc: 'Something that happened to an object, as told by a component.',
  createsOnUpdate: true,
  fields,
  validate: validateCoreEvent,
  columns,
  selectableFields: {
    'involvedObject.kind': event => event.involvedObject.kind ?? '',
    'involvedObject.namespace': event => event.involvedObject.namespace ?? '',
    'involvedObject.name': event => event.involvedObject.name ?? '',
    'involvedObject.uid': event => event.involvedObject.uid ?? '',
    'involvedObject.apiVersion': event => event.involvedObject.apiVersion ?? '',
    'involvedObject.resourceVersion': event => event.involvedObject.resourceVersion ?? '',
    'involvedObject.fieldPath': event => event.involvedObject.fieldPath ?? '',
    reason: event => event.reason ?? '',
    reportingComponent: event => event.reportingComponent ?? '',
    source: event => event.source?.component || event.reportingComponent || '',
    type: event => event.type ?? '',
  },
})
