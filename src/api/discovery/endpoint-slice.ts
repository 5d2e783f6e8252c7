import {
  atomic,
  atomicList,
  boolean,
  defaulted,
  type Infer,
  int32,
  map,
  object,
  oneOf,
  required,
  set,
  string,
} from '../../schema/schema.ts'
import { listWithMore, text } from '../columns.ts'
import { objectReference } from '../core/reference.ts'
import { ageColumn, type Column, type Kind, type NamespacedObject, nameColumn, namespacedKind } from '../kind.ts'
import { mapShared, withFields } from '../sharing.ts'
import { validateEndpointSlice } from '../validate-endpoints.ts'

const discovery = (name: string) => `io.k8s.api.discovery.v1.${name}`

export const endpointConditions = object(discovery('EndpointConditions'), '', {
  ready: boolean(),
  serving: boolean(),
  terminating: boolean(),
})
export type EndpointConditions = Infer<typeof endpointConditions>

export const forNode = object(discovery('ForNode'), '', {
  name: required(string()),
})
export type ForNode = Infer<typeof forNode>

export const forZone = object(discovery('ForZone'), '', {
  name: required(string()),
})
export type ForZone = Infer<typeof forZone>

export const endpointHints = object(discovery('EndpointHints'), '', {
  forNodes: atomicList(forNode),
  forZones: atomicList(forZone),
})
export type EndpointHints = Infer<typeof endpointHints>

export const endpoint = object(discovery('Endpoint'), '', {
  addresses: required(set(string())),
  conditions: endpointConditions,
  deprecatedTopology: map(string()),
  hints: endpointHints,
  hostname: string(),
  nodeName: string(),
  targetRef: objectReference,
  zone: string(),
})
export type Endpoint = Infer<typeof endpoint>

export const endpointPort = atomic(
  object(discovery('EndpointPort'), '', {
    appProtocol: string(),
    name: string(),
    port: int32(),
    protocol: defaulted(oneOf(['TCP', 'UDP', 'SCTP']), 'TCP'),
  }),
)
export type EndpointPort = Infer<typeof endpointPort>

const fields = {
  addressType: required(oneOf(['IPv4', 'IPv6', 'FQDN'])),
  endpoints: atomicList(endpoint),
  ports: atomicList(endpointPort),
}
export type EndpointSlice = NamespacedObject<typeof fields>

function portText({ port, name }: EndpointPort): string {
  return port === undefined ? name || '*' : String(port)
}

function completePort(port: EndpointPort): EndpointPort {
  return withFields(port, { name: port.name ?? '' })
}

const columns: readonly Column<EndpointSlice>[] = [
  nameColumn,
  text('AddressType', 'Kind of the addresses.', slice => slice.addressType),
  text('Ports', 'Ports of every address.', slice => listWithMore((slice.ports ?? []).map(portText), '<unset>')),
  text('Endpoints', 'Addresses.', slice =>
    listWithMore(
      (slice.endpoints ?? []).flatMap(e => e.addresses),
      '<unset>',
    ),
  ),
  ageColumn,
]

export const EndpointSlice: Kind<EndpointSlice> = namespacedKind({
  group: 'discovery.k8s.io',
  version: 'v1',
  kind: 'EndpointSlice',
  plural: 'endpointslices',
  definition: 'io.k8s.api.discovery.v1.EndpointSlice',
  doc: 'Some of the addresses behind a service, with their ports and states.',
  fields,
  validate: validateEndpointSlice,
  columns,
  complete: slice => withFields(slice, { ports: slice.ports && mapShared(slice.ports, completePort) }),
})
