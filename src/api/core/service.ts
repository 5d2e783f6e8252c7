import { condition } from '../../meta/condition.ts'
import {
  atomic,
  atomicList,
  boolean,
  defaulted,
  type Infer,
  int32,
  intOrString,
  listMap,
  map,
  object,
  oneOf,
  patch,
  required,
  string,
} from '../../schema/schema.ts'
import { formatLabels, text } from '../columns.ts'
import { ageColumn, type Column, type Kind, type NamespacedObject, nameColumn, namespacedKind } from '../kind.ts'
import { withFields } from '../sharing.ts'
import { checkDns1035Name } from '../validate-name.ts'
import { carryServiceSpec, completeServiceSpec, completeServiceStatus } from './service-strategy.ts'
import { validateServiceSpec } from './validate-service.ts'

const core = (name: string) => `io.k8s.api.core.v1.${name}`

export const clientIPConfig = object(core('ClientIPConfig'), '', {
  timeoutSeconds: defaulted(int32(), 10800),
})
export type ClientIPConfig = Infer<typeof clientIPConfig>

export const portStatus = object(core('PortStatus'), '', {
  error: string(),
  port: required(int32()),
  protocol: required(string()),
})
export type PortStatus = Infer<typeof portStatus>

export const loadBalancerIngress = object(core('LoadBalancerIngress'), '', {
  hostname: string(),
  ip: string(),
  ipMode: string(),
  ports: atomicList(portStatus),
})
export type LoadBalancerIngress = Infer<typeof loadBalancerIngress>

export const loadBalancerStatus = object(core('LoadBalancerStatus'), '', {
  ingress: atomicList(loadBalancerIngress),
})
export type LoadBalancerStatus = Infer<typeof loadBalancerStatus>

export const servicePort = object(core('ServicePort'), '', {
  appProtocol: string(),
  name: string(),
  nodePort: int32(),
  port: required(int32()),
  protocol: defaulted(oneOf(['TCP', 'UDP', 'SCTP']), 'TCP'),
  targetPort: intOrString(),
})
export type ServicePort = Infer<typeof servicePort>

export const sessionAffinityConfig = object(core('SessionAffinityConfig'), '', {
  clientIP: clientIPConfig,
})
export type SessionAffinityConfig = Infer<typeof sessionAffinityConfig>

export const serviceSpec = object(core('ServiceSpec'), '', {
  allocateLoadBalancerNodePorts: boolean(),
  clusterIP: string(),
  clusterIPs: atomicList(string()),
  externalIPs: atomicList(string()),
  externalName: string(),
  externalTrafficPolicy: oneOf(['Cluster', 'Local']),
  healthCheckNodePort: int32(),
  internalTrafficPolicy: oneOf(['Cluster', 'Local']),
  ipFamilies: atomicList(string()),
  ipFamilyPolicy: string(),
  loadBalancerClass: string(),
  loadBalancerIP: string(),
  loadBalancerSourceRanges: atomicList(string()),
  ports: patch('merge', 'port', listMap(['port', 'protocol'], servicePort)),
  publishNotReadyAddresses: boolean(),
  selector: atomic(map(string())),
  sessionAffinity: defaulted(oneOf(['ClientIP', 'None']), 'None'),
  sessionAffinityConfig: sessionAffinityConfig,
  trafficDistribution: string(),
  type: defaulted(oneOf(['ClusterIP', 'NodePort', 'LoadBalancer', 'ExternalName']), 'ClusterIP'),
})
export type ServiceSpec = Infer<typeof serviceSpec>

export const serviceStatus = object(core('ServiceStatus'), '', {
  conditions: patch('merge', 'type', listMap(['type'], condition)),
  loadBalancer: defaulted(loadBalancerStatus, {}),
})
export type ServiceStatus = Infer<typeof serviceStatus>

const fields = {
  spec: defaulted(serviceSpec, {}),
  status: defaulted(serviceStatus, {}),
}
export type Service = NamespacedObject<typeof fields>

function externalAddresses({ spec, status }: Service): string {
  if (spec.type === 'ExternalName') return spec.externalName ?? ''
  const external = spec.externalIPs ?? []
  if (spec.type !== 'LoadBalancer') return external.join(',') || '<none>'
  const ingress = (status.loadBalancer.ingress ?? []).map(i => i.ip || i.hostname || '').filter(a => a !== '')
  return [...[...new Set(ingress)].sort(), ...external].join(',') || '<pending>'
}

function portText({ port, nodePort, protocol }: ServicePort): string {
  return nodePort ? `${port}:${nodePort}/${protocol}` : `${port}/${protocol}`
}

const columns: readonly Column<Service>[] = [
  nameColumn,
  text('Type', 'How the service is reached.', service => service.spec.type),
  text('Cluster-IP', 'Its address in the cluster.', service => service.spec.clusterIPs?.[0] || '<none>'),
  text('External-IP', 'Its addresses from outside.', externalAddresses),
  text(
    'Port(s)',
    'Its ports, with the ports of nodes that lead to them.',
    service => (service.spec.ports ?? []).map(portText).join(',') || '<none>',
  ),
  ageColumn,
  text('Selector', 'Labels of the pods behind it.', service => formatLabels(service.spec.selector), 1),
]

export const Service: Kind<Service> = namespacedKind({
  group: '',
  version: 'v1',
  kind: 'Service',
  plural: 'services',
  shortNames: ['svc'],
  categories: ['all'],
  definition: 'io.k8s.api.core.v1.Service',
  doc: '',
  hasStatus: true,
  fields,
  validate: (next, previous) => validateServiceSpec(next.spec, previous?.spec),
  columns,
  selectableFields: { 'spec.clusterIP': service => service.spec.clusterIP ?? '', 'spec.type': service => service.spec.type },
  checkName: checkDns1035Name,
  complete: service => withFields(service, { spec: completeServiceSpec(service.spec), status: completeServiceStatus(service.status) }),
  onUpdate: (next, previous) => withFields(next, { spec: carryServiceSpec(next.spec, previous.spec) }),
})
