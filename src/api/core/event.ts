import { type Infer, int32, microTime, object, required, string, time } from '../../schema/schema.ts'
import { type Kind, type NamespacedObject, namespacedKind } from '../kind.ts'
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

export const Event: Kind<Event> = namespacedKind({
  group: '',
  version: 'v1',
  kind: 'Event',
  plural: 'events',
  shortNames: ['ev'],
  definition: 'io.k8s.api.core.v1.Event',
  doc: '',
  fields,
})
