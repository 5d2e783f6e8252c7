// What the server decides about services besides their addresses, which it gives out when it stores them.
import { mapShared, withFields } from '../sharing.ts'
import type { ServiceSpec, ServiceStatus } from './service.ts'

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

export function completeServiceStatus(status: ServiceStatus): ServiceStatus {
  const { loadBalancer } = status
  const ingress = loadBalancer.ingress && mapShared(loadBalancer.ingress, i => (i.ip ? withFields(i, { ipMode: i.ipMode ?? 'VIP' }) : i))
  return withFields(status, { loadBalancer: withFields(loadBalancer, { ingress }) })
}

/**
 * A change of type leaves behind what only the old type had, where the client sent it back unchanged; what it changed itself is for
 * validation to judge. A single cluster address and the list of them are one fact.
 */
export function carryServiceSpec(next: ServiceSpec, previous: ServiceSpec): ServiceSpec {
  let spec = alignAddresses(next, previous)
  if (next.type === previous.type) return spec
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

function alignAddresses(next: ServiceSpec, previous: ServiceSpec): ServiceSpec {
  const { clusterIP, clusterIPs } = next
  if (clusterIP === previous.clusterIP || clusterIPs?.[0] !== previous.clusterIPs?.[0]) return next
  return withFields(next, { clusterIPs: clusterIP ? [clusterIP, ...(clusterIPs ?? []).slice(1)] : undefined })
}
