import { atomic, atomicList, defaulted, describe, type Infer, int32, object, oneOf, required, string } from '../../schema/schema.ts'
import { listWithMore, text } from '../columns.ts'
import { ageColumn, type Column, type Kind, type NamespacedObject, nameColumn, namespacedKind } from '../kind.ts'
import { validateEndpoints } from '../validate-endpoints.ts'
import { warnEndpoints } from './endpoint-warnings.ts'
import { objectReference } from './reference.ts'

const core = (name: string) => `io.k8s.api.core.v1.${name}`

export const endpointAddress = atomic(
  object(core('EndpointAddress'), '', {
    hostname: string("Name of the endpoint within the service's domain."),
    ip: required(string('The address; neither loopback nor link-local.')),
    nodeName: string('The node that the endpoint is on.'),
    targetRef: describe('The object behind the address, usually a pod.', objectReference),
  }),
)
export type EndpointAddress = Infer<typeof endpointAddress>

export const endpointPort = atomic(
  object(core('EndpointPort'), '', {
    appProtocol: string('What is spoken on the port, such as `kubernetes.io/h2c`.'),
    name: string("Name of the port; the same as the service's."),
    port: required(int32('Number of the port.')),
    protocol: describe('Transport: TCP, UDP or SCTP.', defaulted(oneOf(['TCP', 'UDP', 'SCTP']), 'TCP')),
  }),
)
export type EndpointPort = Infer<typeof endpointPort>

export const endpointSubset = object(core('EndpointSubset'), '', {
  addresses: describe('Addresses that are ready.', atomicList(endpointAddress)),
  notReadyAddresses: describe('Addresses that are starting, failing or ending.', atomicList(endpointAddress)),
  ports: describe('The ports that every address of the group serves.', atomicList(endpointPort)),
})
export type EndpointSubset = Infer<typeof endpointSubset>

const fields = {
  subsets: describe('Groups of addresses that share their ports.', atomicList(endpointSubset)),
}
export type Endpoints = NamespacedObject<typeof fields>

function addresses(endpoints: Endpoints): string[] {
  return (endpoints.subsets ?? []).flatMap(({ addresses = [], ports = [] }) =>
    ports.length === 0 ? addresses.map(a => a.ip) : ports.flatMap(({ port }) => addresses.map(a => hostPort(a.ip, port))),
  )
}

function hostPort(ip: string, port: number): string {
  return ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`
}

const columns: readonly Column<Endpoints>[] = [
  nameColumn,
  text('Endpoints', 'Addresses with their ports.', o => listWithMore(addresses(o), '<none>')),
  ageColumn,
]

export const Endpoints: Kind<Endpoints> = namespacedKind({
  group: '',
  version: 'v1',
  kind: 'Endpoints',
  plural: 'endpoints',
  shortNames: ['ep'],
  definition: 'io.k8s.api.core.v1.Endpoints',
  doc: 'The addresses behind a service. EndpointSlice has taken its place.',
  createsOnUpdate: true,
  fields,
  validate: validateEndpoints,
  warnings: warnEndpoints,
  columns,
})
