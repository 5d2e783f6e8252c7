// Where the servers behind an API service listen, and what is in the way: worked out from its service and that one's endpoints. The
// endpoints are used themselves, not the service's address: that leads nowhere outside the nodes.
import type { APIService } from '../../api/apiregistration/api-service.ts'
import type { Service } from '../../api/core/service.ts'
import type { EndpointSlice } from '../../api/discovery/endpoint-slice.ts'

export interface Address {
  readonly host: string
  readonly port: number
}
export type Backend =
  | { readonly ok: true; readonly addresses: readonly Address[] }
  /** As the condition `Available` says it. */
  | { readonly ok: false; readonly reason: string; readonly message: string }

export type ServiceReference = NonNullable<APIService['spec']['service']>

/** `service` is undefined where there is none; `slices` are those of its own. */
export function backendOf(reference: ServiceReference, service: Service | undefined, slices: readonly EndpointSlice[]): Backend {
  const { port } = reference
  const name = `service/${reference.name ?? ''} in ${JSON.stringify(reference.namespace ?? '')}`
  if (!service) return unavailable('ServiceNotFound', `${name} is not present`)
  if (service.spec.type === 'ExternalName') return { ok: true, addresses: [{ host: service.spec.externalName ?? '', port }] }
  const chosen = service.spec.ports?.find(p => p.port === port)
  if (!chosen) return unavailable('ServicePortError', `${name} is not listening on port ${port}`)
  if (slices.length === 0) return unavailable('EndpointsNotFound', `cannot find endpointslices for ${name}`)
  const portName = chosen.name ?? ''
  const addresses = slices.flatMap(slice => readyAddresses(slice, portName))
  if (addresses.length > 0) return { ok: true, addresses }
  return unavailable('MissingEndpoints', `endpointslices for ${name} have no addresses with port name ${JSON.stringify(portName)}`)
}

function unavailable(reason: string, message: string): Backend {
  return { ok: false, reason, message }
}

function readyAddresses(slice: EndpointSlice, portName: string): readonly Address[] {
  const port = slice.ports?.find(p => (p.name ?? '') === portName)?.port
  if (port === undefined) return []
  return (slice.endpoints ?? []).filter(e => e.conditions?.ready !== false).flatMap(e => e.addresses.map(host => ({ host, port })))
}
