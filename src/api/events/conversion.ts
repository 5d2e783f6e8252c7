// events.k8s.io/v1 Events and core/v1 Events are one set of objects under two schemas; core is the stored one.
import type { KubeObject } from '../../meta/object-meta.ts'
import type { Event as CoreEvent } from '../core/event.ts'
import type { Event } from './event.ts'

function toStored(object: KubeObject): KubeObject {
  const { regarding, note, deprecatedCount, deprecatedFirstTimestamp, deprecatedLastTimestamp, deprecatedSource, ...rest } = object as Event
  const stored = {
    ...rest,
    apiVersion: 'v1',
    involvedObject: regarding ?? {},
    ...(note !== undefined && { message: note }),
    ...(deprecatedCount !== undefined && { count: deprecatedCount }),
    ...(deprecatedFirstTimestamp !== undefined && { firstTimestamp: deprecatedFirstTimestamp }),
    ...(deprecatedLastTimestamp !== undefined && { lastTimestamp: deprecatedLastTimestamp }),
    ...(deprecatedSource !== undefined && { source: deprecatedSource }),
    reportingComponent: rest.reportingController ?? '',
    reportingInstance: rest.reportingInstance ?? '',
  }
  delete (stored as { reportingController?: string }).reportingController
  return stored
}

function fromStored(object: KubeObject): KubeObject {
  const { involvedObject, message, count, firstTimestamp, lastTimestamp, source, reportingComponent, ...rest } = object as CoreEvent
  return {
    ...rest,
    apiVersion: 'events.k8s.io/v1',
    regarding: involvedObject,
    ...(message !== undefined && { note: message }),
    ...(count !== undefined && { deprecatedCount: count }),
    ...(firstTimestamp !== undefined && { deprecatedFirstTimestamp: firstTimestamp }),
    ...(lastTimestamp !== undefined && { deprecatedLastTimestamp: lastTimestamp }),
    ...(source !== undefined && { deprecatedSource: source }),
    ...(reportingComponent && { reportingController: reportingComponent }),
  } as KubeObject
}

export const eventsView = { toStored, fromStored }
