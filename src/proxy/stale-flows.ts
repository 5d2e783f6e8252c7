// UDP has no end of connection: the kernel goes on sending a client to where its first packet went. When an endpoint goes, or
// the first one comes to a service that had none, such flows must be forgotten.
import type { ServiceRules } from './rules.ts'

/** UDP flows to an address and port (any address where it is absent), of one endpoint or of whichever. */
export interface StaleFlow {
  readonly address: string | undefined
  readonly port: number
  readonly endpoint: string | undefined
}

export function staleFlows(before: ServiceRules | undefined, after: ServiceRules | undefined): readonly StaleFlow[] {
  const stale: StaleFlow[] = []
  const ways = new Set([...(before?.udp.keys() ?? []), ...(after?.udp.keys() ?? [])])
  for (const way of ways) {
    const [address = '', port] = way.split(':')
    const flow = { address: address === '' ? undefined : address, port: Number(port) }
    const were = before?.udp.get(way) ?? new Set<string>()
    const are = after?.udp.get(way) ?? new Set<string>()
    if (were.size === 0 && are.size > 0) stale.push({ ...flow, endpoint: undefined })
    const gone = [...were].filter(endpoint => !are.has(endpoint)).map(endpoint => endpoint.split(' ')[0]!)
    for (const endpoint of new Set(gone)) stale.push({ ...flow, endpoint })
  }
  return stale
}
