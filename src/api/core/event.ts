import { type Infer, int32, microTime, object, required, string, time } from '../../schema/schema.ts'
import { type Column, type Kind, type NamespacedObject, namespacedKind } from '../kind.ts'
import { validateCoreEvent } from '../validate-event.ts'
import { eventColumns } from './event-columns.ts'
import { objectReference } from './reference.ts'

const core = (name: string) => `io.k8s.api.core.v1.${name}`

export const eventSeries = object(core('EventSeries'), '', {
  count: int32(),
  lastObservedTime: microTime(),
})
export type EventSeries = Infer<typeof eventSeries>

export const eventSource = object(core('EventSource'), '', {
  component: string(),
  host: string(),
})
export type EventSource = Infer<typeof eventSource>

const fields = {
  action: string(),
  count: int32(),
  eventTime: microTime(),
  firstTimestamp: time(),
  involvedObject: required(objectReference),
  lastTimestamp: time(),
  message: string(),
  reason: string(),
  related: objectReference,
  reportingComponent: string(),
  reportingInstance: string(),
  series: eventSeries,
  source: eventSource,
  type: string(),
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
