// What is to be said of the addresses behind services. Those that the controllers write are in order.
import type { EndpointSlice } from '../discovery/endpoint-slice.ts'
import { nothing, type Warnings, warnAddress, warnEach } from '../warnings.ts'
import type { Endpoints } from './endpoints.ts'

export function warnEndpoints({ metadata, subsets }: Endpoints): Warnings {
  if (metadata.labels?.['endpoints.kubernetes.io/managed-by'] === 'endpoint-controller') return nothing
  return warnEach(subsets, 'subsets', ({ addresses, notReadyAddresses }, at) => [
    ...warnEach(addresses, `${at}.addresses`, ({ ip }, at) => warnAddress(ip, `${at}.ip`)),
    ...warnEach(notReadyAddresses, `${at}.notReadyAddresses`, ({ ip }, at) => warnAddress(ip, `${at}.ip`)),
  ])
}

const controllers = ['endpointslice-controller.k8s.io', 'endpointslicemirroring-controller.k8s.io']

export function warnEndpointSlice({ metadata, addressType, endpoints }: EndpointSlice, previous: EndpointSlice | undefined): Warnings {
  const isManaged = controllers.includes(metadata.labels?.['endpointslice.kubernetes.io/managed-by'] ?? '')
  return [
    ...(!previous && addressType === 'FQDN' ? ['spec.addressType: FQDN endpoints are deprecated'] : nothing),
    ...(isManaged ? nothing : warnEach(endpoints, 'endpoints', ({ addresses }, at) => warnEach(addresses, `${at}.addresses`, warnAddress))),
  ]
}
