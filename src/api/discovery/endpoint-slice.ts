import {
  atomic,
  atomicList,
  boolean,
  defaulted,
  describe,
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
import { warnEndpointSlice } from '../core/endpoint-warnings.ts'
import { objectReference } from '../core/reference.ts'
import { ageColumn, type Column, type Kind, type NamespacedObject, nameColumn, namespacedKind } from '../kind.ts'
import { mapShared, withFields } from '../sharing.ts'
import { validateEndpointSlice } from '../validate-endpoints.ts'

const discovery = (name: string) => `io.k8s.api.discovery.v1.${name}`

export const endpointConditions = object(discovery('EndpointConditions'), '', {
  ready: boolean('Whether it serves and is not ending.'),
  serving: boolean('Whether it serves, ending or not.'),
  terminating: boolean('Whether it is ending.'),
})
export type EndpointConditions = Infer<typeof endpointConditions>

export const forNode = object(discovery('ForNode'), '', {
  name: required(string('Name of the node.')),
})
export type ForNode = Infer<typeof forNode>

export const forZone = object(discovery('ForZone'), '', {
  name: required(string('Name of the zone.')),
})
export type ForZone = Infer<typeof forZone>

export const endpointHints = object(discovery('EndpointHints'), '', {
  forNodes: describe('Nodes that should use it.', atomicList(forNode)),
  forZones: describe('Zones that should use it.', atomicList(forZone)),
})
export type EndpointHints = Infer<typeof endpointHints>

export const endpoint = object(discovery('Endpoint'), '', {
  addresses: describe('Addresses of the endpoint; the first one is used.', required(set(string()))),
  conditions: describe('Whether it can be used.', endpointConditions),
  deprecatedTopology: describe('Labels of its node, for old clients.', map(string())),
  hints: describe('Who should use it.', endpointHints),
  hostname: string("Its name within the service's domain."),
  nodeName: string('The node that it is on.'),
  targetRef: describe('The object behind it, usually a pod.', objectReference),
  zone: string('The zone that it is in.'),
})
export type Endpoint = Infer<typeof endpoint>

export const endpointPort = atomic(
  object(discovery('EndpointPort'), '', {
    appProtocol: string('What is spoken on the port, such as `kubernetes.io/h2c`.'),
    name: string('Name of the port.'),
    port: int32('Number of the port.'),
    protocol: describe('TCP, UDP or SCTP.', defaulted(oneOf(['TCP', 'UDP', 'SCTP']), 'TCP')),
  }),
)
export type EndpointPort = Infer<typeof endpointPort>

const fields = {
  addressType: required(oneOf(['IPv4', 'IPv6', 'FQDN'], 'IPv4, IPv6 or FQDN.')),
  endpoints: describe('The endpoints.', atomicList(endpoint)),
  ports: describe('The ports that every endpoint serves.', atomicList(endpointPort)),
}
export type EndpointSlice = NamespacedObject<typeof fields>

function portText({ port, name }: EndpointPort): string {
  return port === undefined ? name || '*' : String(port)
}

function completePort(port: EndpointPort): EndpointPort {
  return withFields(port, { name: port.name ?? '' })
}

/** Labels of nodes are of an older version of the API; this one takes none in. */
function withoutTopology(slice: EndpointSlice): EndpointSlice {
  const { endpoints } = slice
  return withFields(slice, { endpoints: endpoints && mapShared(endpoints, one => withFields(one, { deprecatedTopology: undefined })) })
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
  hasGeneration: true,
  generationCounts: ({ labels }) => labels ?? {},
  onCreate: withoutTopology,
  onUpdate: withoutTopology,
  fields,
  validate: validateEndpointSlice,
  warnings: warnEndpointSlice,
  columns,
  complete: slice => withFields(slice, { ports: slice.ports && mapShared(slice.ports, completePort) }),
})
