// How the addresses of services are kept: each has an IPAddress with the service as its parent, out of the ranges of the ServiceCIDRs.
import ipaddr from 'ipaddr.js'
import { isConditionTrue } from '../../meta/conditions.ts'
import type { ObjectMeta } from '../../meta/object-meta.ts'
import type { Draft } from '../../schema/schema.ts'
import type { Service } from '../core/service.ts'
import { familyOf } from '../validate-address.ts'
import type { IPAddress, ParentReference } from './ip-address.ts'
import type { ServiceCIDR } from './service-cidr.ts'

export const familyLabel = 'ipaddress.kubernetes.io/ip-family'
const managerLabel = 'ipaddress.kubernetes.io/managed-by'
const manager = 'ipallocator.k8s.io'

export const defaultRangeName = 'kubernetes'
/** Keeps a range that is being deleted until no service needs it. */
export const rangeFinalizer = 'networking.k8s.io/service-cidr-finalizer'

/** The addresses of a service within the cluster, one a family at most. */
export function addressesOf({ spec }: Service): readonly string[] {
  if (spec.type === 'ExternalName' || !spec.clusterIP || spec.clusterIP === 'None') return []
  return spec.clusterIPs ?? [spec.clusterIP]
}

/** The object that says of an address that a service has it. */
export function addressFor(
  service: Service,
  address: string,
): Draft<IPAddress> & { readonly spec: { readonly parentRef: ParentReference } } {
  const { namespace, name } = service.metadata
  return {
    metadata: { name: address, labels: { [familyLabel]: familyOf(address) ?? 'IPv4', [managerLabel]: manager } },
    spec: { parentRef: { group: '', resource: 'services', namespace, name } },
  }
}

/** Whether the API server made it for a service, and may remove it. */
export function isManaged({ metadata }: { readonly metadata: Pick<ObjectMeta, 'labels'> }): boolean {
  return metadata.labels?.[managerLabel] === manager
}

/** `namespace/name` of the service that has the address; undefined when another object has it. */
export function parentService({ spec }: IPAddress): string | undefined {
  const { group, resource, namespace, name } = spec.parentRef
  return !group && resource === 'services' ? `${namespace}/${name}` : undefined
}

/** One whose state nobody tells is ready: so services get addresses where no controllers run. */
export function isRangeReady({ metadata, status }: ServiceCIDR): boolean {
  if (metadata.deletionTimestamp) return false
  const conditions = status.conditions ?? []
  return !conditions.some(c => c.type === 'Ready') || isConditionTrue(conditions, 'Ready')
}

/** Whether services can get the address out of the range, which they cannot the first of it, nor the last of IPv4. Canonical texts. */
export function holdsAddress(range: ServiceCIDR, address: string): boolean {
  return (range.spec.cidrs ?? []).some(cidr => {
    if (familyOf(address) !== familyOfRange(cidr) || !isWithin(address, cidr)) return false
    if (familyOf(address) === 'IPv6') return address !== cidr.slice(0, cidr.indexOf('/'))
    const ends = [ipaddr.IPv4.networkAddressFromCIDR(cidr), ipaddr.IPv4.broadcastAddressFromCIDR(cidr)]
    return !ends.some(end => end.toString() === address)
  })
}

/** Whether all of a network is in the range. */
export function holdsNetwork(range: ServiceCIDR, network: string): boolean {
  const [address = '', bits] = network.split('/')
  return (range.spec.cidrs ?? []).some(
    cidr => familyOfRange(cidr) === familyOfRange(network) && Number(cidr.split('/')[1]) <= Number(bits) && isWithin(address, cidr),
  )
}

function familyOfRange(cidr: string): ReturnType<typeof familyOf> {
  return familyOf(cidr.slice(0, cidr.indexOf('/')))
}

function isWithin(address: string, cidr: string): boolean {
  return ipaddr.parse(address).match(ipaddr.parseCIDR(cidr))
}
