// What the server decides about services besides their addresses, which it gives out when it stores them.
import { deepEqual } from '../../meta/deep-equal.ts'
import { mapShared, withFields } from '../sharing.ts'
import type { ServicePort, ServiceSpec, ServiceStatus } from './service.ts'

/** Where traffic from outside the cluster may enter. */
export function isExternallyAccessible({ type, externalIPs }: ServiceSpec): boolean {
  return type === 'LoadBalancer' || type === 'NodePort' || (type === 'ClusterIP' && (externalIPs?.length ?? 0) > 0)
}

export function completeServiceSpec(spec: ServiceSpec): ServiceSpec {
  const isProxied = spec.type !== 'ExternalName'
  return withFields(spec, {
    // Zero stands for no port.
    ports: spec.ports && mapShared(spec.ports, port => withFields(port, { targetPort: port.targetPort || port.port })),
    sessionAffinityConfig: completeAffinity(spec),
    internalTrafficPolicy: spec.internalTrafficPolicy ?? (isProxied ? 'Cluster' : undefined),
    externalTrafficPolicy: spec.externalTrafficPolicy ?? (isExternallyAccessible(spec) ? 'Cluster' : undefined),
    allocateLoadBalancerNodePorts: spec.allocateLoadBalancerNodePorts ?? (spec.type === 'LoadBalancer' ? true : undefined),
  })
}

const affinityTimeoutSeconds = 10800

function completeAffinity({ sessionAffinity, sessionAffinityConfig }: ServiceSpec): ServiceSpec['sessionAffinityConfig'] {
  if (sessionAffinity === 'None') return undefined
  if (sessionAffinity !== 'ClientIP') return sessionAffinityConfig
  const config = sessionAffinityConfig ?? {}
  return withFields(config, { clientIP: config.clientIP ?? { timeoutSeconds: affinityTimeoutSeconds } })
}

/** Only what balances loads has entries. */
export function completeServiceStatus(status: ServiceStatus, { type }: ServiceSpec): ServiceStatus {
  const { loadBalancer } = status
  if (type !== 'LoadBalancer' || !loadBalancer.ingress) return status
  const ingress = mapShared(loadBalancer.ingress, i => (i.ip ? withFields(i, { ipMode: i.ipMode ?? 'VIP' }) : i))
  return withFields(status, { loadBalancer: withFields(loadBalancer, { ingress }) })
}

/**
 * A change of type leaves behind what only the old type had, where the client sent it back unchanged; what it changed itself is for
 * validation to judge.
 */
export function carryServiceSpec(next: ServiceSpec, previous: ServiceSpec): ServiceSpec {
  if (next.type === previous.type) return next
  let spec = next
  const drop = <K extends keyof ServiceSpec>(field: K, isMeaningful: boolean) => {
    if (!isMeaningful && spec[field] === previous[field]) spec = withFields(spec, { [field]: undefined })
  }
  drop('externalTrafficPolicy', isExternallyAccessible(next))
  drop('internalTrafficPolicy', next.type !== 'ExternalName')
  drop('allocateLoadBalancerNodePorts', next.type === 'LoadBalancer')
  drop('loadBalancerClass', next.type === 'LoadBalancer')
  drop('healthCheckNodePort', needsHealthCheckPort(next))
  return spec
}

export function needsHealthCheckPort({ type, externalTrafficPolicy }: ServiceSpec): boolean {
  return type === 'LoadBalancer' && externalTrafficPolicy === 'Local'
}

export function needsNodePorts({ type, allocateLoadBalancerNodePorts }: ServiceSpec): boolean {
  return type === 'NodePort' || (type === 'LoadBalancer' && allocateLoadBalancerNodePorts !== false)
}

/** What was given to a service stays with it where a client leaves it out: addresses, and the node ports of ports by their names. */
export function keepAllocated(next: ServiceSpec, previous: ServiceSpec): ServiceSpec {
  let spec = next
  if (next.type !== 'ExternalName' && previous.type !== 'ExternalName') {
    spec = withFields(spec, {
      clusterIP: spec.clusterIP || previous.clusterIP,
      clusterIPs: spec.clusterIPs?.length ? spec.clusterIPs : previous.clusterIPs,
    })
  }
  if (spec.ports && needsNodePorts(next) && needsNodePorts(previous)) {
    spec = withFields(spec, { ports: keepNodePorts(spec.ports, previous.ports ?? []) })
  }
  if (needsHealthCheckPort(next) && needsHealthCheckPort(previous)) {
    spec = withFields(spec, { healthCheckNodePort: spec.healthCheckNodePort || previous.healthCheckNodePort })
  }
  return alignAddresses(spec, previous)
}

function keepNodePorts(next: readonly ServicePort[], previous: readonly ServicePort[]): readonly ServicePort[] {
  const byName = new Map(previous.map(port => [port.name ?? '', port.nodePort]))
  const taken = new Set(next.map(port => port.nodePort))
  return mapShared(next, port => {
    const old = byName.get(port.name ?? '')
    if (port.nodePort || !old || taken.has(old)) return port
    taken.add(old)
    return withFields(port, { nodePort: old })
  })
}

/** A single cluster address and the list of them are one fact: where a client changed one of them, the other follows. */
export function alignAddresses(next: ServiceSpec, previous: ServiceSpec | undefined): ServiceSpec {
  const { clusterIP, clusterIPs = [] } = next
  if (clusterIP === previous?.clusterIP || !deepEqual(clusterIPs, previous?.clusterIPs ?? [])) return next
  return withFields(next, { clusterIPs: clusterIP ? [clusterIP] : undefined })
}
