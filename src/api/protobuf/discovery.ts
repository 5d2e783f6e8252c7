import type { FieldTable } from '../../schema/protobuf.ts'

export const fields: FieldTable = {
  'io.k8s.api.discovery.v1': {
    Endpoint: 'addresses conditions= hostname targetRef deprecatedTopology nodeName zone hints',
    EndpointConditions: 'ready serving terminating',
    EndpointHints: 'forZones forNodes',
    EndpointPort: 'name protocol port appProtocol',
    EndpointSlice: 'metadata= endpoints ports addressType=',
    ForNode: 'name=',
    ForZone: 'name=',
  },
}
