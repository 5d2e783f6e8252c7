// The endpoints of one service port, read from the service's slices.
import type { ServicePort } from '../api/core/service.ts'
import type { EndpointSlice } from '../api/discovery/endpoint-slice.ts'

export interface Endpoint {
  readonly address: string
  /** `10.244.1.5 . 8080`, as the maps hold it. */
  readonly target: string
  /** On this node. */
  readonly isLocal: boolean
  readonly isReady: boolean
  readonly isServing: boolean
  readonly isTerminating: boolean
}

/** Sorted and each once, though slices may overlap while they are rewritten. Absent conditions mean a ready endpoint. */
export function endpointsOf(slices: readonly EndpointSlice[], port: ServicePort, nodeName: string): readonly Endpoint[] {
  const found = new Map<string, Endpoint>()
  for (const slice of slices) {
    const number = slice.ports?.find(p => (p.name ?? '') === (port.name ?? '') && p.protocol === port.protocol)?.port
    if (slice.addressType !== 'IPv4' || number === undefined) continue
    for (const { addresses, conditions, nodeName: node } of slice.endpoints ?? []) {
      const address = addresses[0]
      if (address === undefined) continue
      const isReady = conditions?.ready ?? true
      const target = `${address} . ${number}`
      if (found.get(target)?.isReady) continue
      found.set(target, {
        address,
        target,
        isLocal: node === nodeName,
        isReady,
        isServing: conditions?.serving ?? isReady,
        isTerminating: conditions?.terminating ?? false,
      })
    }
  }
  return [...found.values()].sort((a, b) => (a.target < b.target ? -1 : 1))
}
