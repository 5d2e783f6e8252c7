import { condition } from '../../meta/condition.ts'
import {
  atomic,
  atomicList,
  boolean,
  defaulted,
  describe,
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
import { warnService, warnWaysIn } from './service-warnings.ts'
import { validateService } from './validate-service.ts'
import { validateServiceStatus } from './validate-service-status.ts'

const core = (name: string) => `io.k8s.api.core.v1.${name}`

export const clientIPConfig = object(core('ClientIPConfig'), '', {
  timeoutSeconds: defaulted(int32('How long a client stays with its pod; at most a day.'), 10800),
})
export type ClientIPConfig = Infer<typeof clientIPConfig>

export const portStatus = object(core('PortStatus'), '', {
  error: string('What is wrong with the port, in one word.'),
  port: required(int32('Number of the port.')),
  protocol: required(string('TCP, UDP or SCTP.')),
})
export type PortStatus = Infer<typeof portStatus>

export const loadBalancerIngress = object(core('LoadBalancerIngress'), '', {
  hostname: string('By name.'),
  ip: string('By address.'),
  ipMode: string('VIP or Proxy.'),
  ports: describe('What is known of its ports.', atomicList(portStatus)),
})
export type LoadBalancerIngress = Infer<typeof loadBalancerIngress>

export const loadBalancerStatus = object(core('LoadBalancerStatus'), '', {
  ingress: describe('Where it is reached.', atomicList(loadBalancerIngress)),
})
export type LoadBalancerStatus = Infer<typeof loadBalancerStatus>

export const servicePort = object(core('ServicePort'), 'A port of a service.', {
  appProtocol: string('The protocol spoken on it.'),
  name: string('Needed where there are several.'),
  nodePort: int32('The port on every node.'),
  port: required(int32('The port of the service.')),
  protocol: describe('TCP, UDP or SCTP.', defaulted(oneOf(['TCP', 'UDP', 'SCTP']), 'TCP')),
  targetPort: intOrString('Number or name of the port of the pods; the same by default.'),
})
export type ServicePort = Infer<typeof servicePort>

export const sessionAffinityConfig = object(core('SessionAffinityConfig'), '', {
  clientIP: describe("For affinity by the client's address.", clientIPConfig),
})
export type SessionAffinityConfig = Infer<typeof sessionAffinityConfig>

export const serviceSpec = object(core('ServiceSpec'), 'How a service is reached, and what it leads to.', {
  allocateLoadBalancerNodePorts: boolean('Whether a load balancer needs ports of the nodes.'),
  clusterIP: string('The address within the cluster; None for a service without one.'),
  clusterIPs: describe('The addresses, one a family.', atomicList(string())),
  externalIPs: describe('Addresses from outside that nodes accept for it.', atomicList(string())),
  externalName: string('The name that stands for it.'),
  externalTrafficPolicy: oneOf(['Cluster', 'Local'], 'Whether traffic from outside may go on to other nodes.'),
  healthCheckNodePort: int32('Where nodes tell load balancers whether they have endpoints.'),
  internalTrafficPolicy: oneOf(['Cluster', 'Local'], 'Whether traffic from inside may go on to other nodes.'),
  ipFamilies: describe('Families of its addresses.', atomicList(string())),
  ipFamilyPolicy: string('How many families it wants.'),
  loadBalancerClass: string('Which load balancer serves it.'),
  loadBalancerIP: string('The address it wants from the load balancer.'),
  loadBalancerSourceRanges: describe('Who may use the load balancer.', atomicList(string())),
  ports: describe('Its ports.', patch('merge', 'port', listMap(['port', 'protocol'], servicePort))),
  publishNotReadyAddresses: boolean('Whether pods count before they are ready.'),
  selector: describe('Labels of its pods.', atomic(map(string()))),
  sessionAffinity: describe('Whether a client always gets to the same pod.', defaulted(oneOf(['ClientIP', 'None']), 'None')),
  sessionAffinityConfig: describe('For how long.', sessionAffinityConfig),
  trafficDistribution: string('Which endpoints are preferred.'),
  type: describe('Who can reach it.', defaulted(oneOf(['ClusterIP', 'NodePort', 'LoadBalancer', 'ExternalName']), 'ClusterIP')),
})
export type ServiceSpec = Infer<typeof serviceSpec>

export const serviceStatus = object(core('ServiceStatus'), '', {
  conditions: describe('What else can be said of its state.', patch('merge', 'type', listMap(['type'], condition))),
  loadBalancer: describe("The load balancer's addresses.", defaulted(loadBalancerStatus, {})),
})
export type ServiceStatus = Infer<typeof serviceStatus>

const fields = {
  spec: defaulted(serviceSpec, {}),
  status: describe('What was made of it.', defaulted(serviceStatus, {})),
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
  doc: 'One lasting address and name for pods that come and go.',
  hasStatus: true,
  createsOnUpdate: true,
  fields,
  validate: validateService,
  validateStatus: validateServiceStatus,
  warnings: warnService,
  statusWarnings: warnWaysIn,
  columns,
  selectableFields: { 'spec.clusterIP': service => service.spec.clusterIP ?? '', 'spec.type': service => service.spec.type },
  checkName: checkDns1035Name,
  complete: service =>
    withFields(service, { spec: completeServiceSpec(service.spec), status: completeServiceStatus(service.status, service.spec) }),
  onUpdate: (next, previous) => withFields(next, { spec: carryServiceSpec(next.spec, previous.spec) }),
})
