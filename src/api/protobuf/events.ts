import type { FieldTable } from '../../schema/protobuf.ts'

export const fields: FieldTable = {
  'io.k8s.api.events.v1': {
    Event:
      'metadata= eventTime= series reportingController~ reportingInstance~ action~ reason~ regarding= related note~ type~ deprecatedSource= deprecatedFirstTimestamp= deprecatedLastTimestamp= deprecatedCount~',
    EventSeries: 'count= lastObservedTime=',
  },
}
