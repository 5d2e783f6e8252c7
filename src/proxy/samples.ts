// Services and slices for tests and benchmarks.
import { Service, type ServicePort, type ServiceSpec } from '../api/core/service.ts'
import { EndpointSlice } from '../api/discovery/endpoint-slice.ts'
import type { Kind } from '../api/kind.ts'
import type { KubeObject } from '../meta/object-meta.ts'
import { applyDefaults } from '../schema/default.ts'

export type SamplePort = Partial<ServicePort> & { readonly port: number }
export interface SampleEndpoint {
  readonly ip: string
  readonly node?: string
  readonly ready?: boolean
  readonly serving?: boolean
  readonly terminating?: boolean
}
interface Extra {
  readonly ingress?: readonly { readonly ip?: string; readonly hostname?: string; readonly ipMode?: string }[]
}

export function sampleService(
  name: string,
  spec: Omit<Partial<ServiceSpec>, 'ports'> & { readonly ports?: readonly SamplePort[] },
  { ingress }: Extra = {},
): Service {
  return made(Service, { metadata: metadata(name), spec, ...(ingress && { status: { loadBalancer: { ingress } } }) })
}

/** Every endpoint listens at 8080. */
export function sampleSlice(
  service: string,
  name: string,
  endpoints: readonly SampleEndpoint[],
  ports: readonly SamplePort[],
): EndpointSlice {
  return made(EndpointSlice, {
    metadata: { ...metadata(name), labels: { 'kubernetes.io/service-name': service } },
    addressType: 'IPv4',
    endpoints: endpoints.map(({ ip, node, ready = true, serving, terminating }) => ({
      addresses: [ip],
      conditions: { ready, ...(serving !== undefined && { serving }), ...(terminating !== undefined && { terminating }) },
      ...(node !== undefined && { nodeName: node }),
    })),
    ports: ports.map(({ name: port = '', protocol = 'TCP' }) => ({ name: port, protocol, port: 8080 })),
  })
}

function metadata(name: string) {
  return { name, namespace: 'default', uid: name, resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z' }
}
/** Filled in as the server does. */
function made<O extends KubeObject>(kind: Kind<O>, object: object): O {
  const filled = applyDefaults(kind.schema.node, { apiVersion: kind.version, kind: kind.kind, ...object }) as unknown as O
  return kind.complete ? kind.complete(filled) : filled
}
