// What is to be said of services: fields that do nothing for them, and what is deprecated.
import { quoted, type Warnings, warnAddress, warnEach, warnNetwork } from '../warnings.ts'
import type { Service } from './service.ts'

const topologyHints = 'service.kubernetes.io/topology-aware-hints'

export function warnService({ metadata, spec }: Service): Warnings {
  const { clusterIP, clusterIPs, externalIPs, externalName, loadBalancerIP, sessionAffinity, trafficDistribution, type } = spec
  const isHeadless = type === 'ClusterIP' && clusterIP === 'None'
  const isName = type === 'ExternalName'
  const hasExternal = (externalIPs?.length ?? 0) > 0
  const rows: readonly (readonly [boolean, string])[] = [
    [isHeadless && !!loadBalancerIP, 'spec.loadBalancerIP is ignored for headless services'],
    [isHeadless && hasExternal, 'spec.externalIPs is ignored for headless services'],
    [isHeadless && sessionAffinity !== 'None', 'spec.SessionAffinity is ignored for headless services'],
    [hasExternal && !isHeadless && !isName, 'spec.externalIPs is deprecated and may no longer be implemented in some clusters'],
    [isName && hasExternal, 'spec.externalIPs is ignored when spec.type is "ExternalName"'],
    [!isName && !!externalName, 'spec.externalName is ignored when spec.type is not "ExternalName"'],
    [
      trafficDistribution === 'PreferClose',
      `spec.trafficDistribution: ${quoted('PreferClose')} is deprecated; use ${quoted('PreferSameZone')}`,
    ],
  ]
  return [
    ...(metadata.annotations && Object.hasOwn(metadata.annotations, topologyHints)
      ? [`annotation ${topologyHints} is deprecated, please use service.kubernetes.io/topology-mode instead`]
      : []),
    ...(isName || isHeadless ? [] : warnEach(clusterIPs, 'spec.clusterIPs', warnAddress)),
    ...warnEach(externalIPs, 'spec.externalIPs', warnAddress),
    ...warnAddress(loadBalancerIP, 'spec.loadBalancerIP'),
    ...warnEach(spec.loadBalancerSourceRanges, 'spec.loadBalancerSourceRanges', (range, at) => warnNetwork(range.trim(), at)),
    ...rows.filter(([holds]) => holds).map(([, warning]) => warning),
  ]
}

/** Of services and ingresses. */
export function warnWaysIn({
  status,
}: {
  readonly status: { readonly loadBalancer: { readonly ingress?: readonly { readonly ip?: string | undefined }[] | undefined } }
}): Warnings {
  return warnEach(status.loadBalancer.ingress, 'status.loadBalancer.ingress', ({ ip }, at) => warnAddress(ip, at))
}
