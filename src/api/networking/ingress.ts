import { always, atomic, atomicList, defaulted, describe, type Infer, int32, object, oneOf, required, string } from '../../schema/schema.ts'
import { text } from '../columns.ts'
import { typedLocalObjectReference } from '../core/reference.ts'
import { warnWaysIn } from '../core/service-warnings.ts'
import { ageColumn, type Column, type Kind, type NamespacedObject, nameColumn, namespacedKind } from '../kind.ts'
import { warnIngress } from './networking-warnings.ts'
import { validateIngress, validateIngressStatus } from './validate-ingress.ts'

const networking = (name: string) => `io.k8s.api.networking.v1.${name}`

export const serviceBackendPort = atomic(
  object(networking('ServiceBackendPort'), 'A port of a service, by name or by number.', {
    name: string('Its name; not together with a number.'),
    number: int32('Its number; not together with a name.'),
  }),
)
export const ingressServiceBackend = object(networking('IngressServiceBackend'), 'A service that takes requests.', {
  name: describe('Its name, in the namespace of the ingress.', required(string())),
  port: describe('Which of its ports.', defaulted(serviceBackendPort, {})),
})
export const ingressBackend = object(networking('IngressBackend'), 'What takes requests: a service or another resource.', {
  resource: describe('A resource of the namespace that takes them; not together with a service.', typedLocalObjectReference),
  service: describe('A service that takes them; not together with a resource.', ingressServiceBackend),
})
export type IngressBackend = Infer<typeof ingressBackend>

export const httpIngressPath = object(networking('HTTPIngressPath'), 'Requests to some paths, and what takes them.', {
  backend: describe('What takes them.', always(ingressBackend, {})),
  path: string('The path that requests are held against.'),
  pathType: describe('How they are held against it.', required(oneOf(['Exact', 'Prefix', 'ImplementationSpecific']))),
})
export type HTTPIngressPath = Infer<typeof httpIngressPath>

export const httpIngressRuleValue = object(networking('HTTPIngressRuleValue'), 'Where HTTP requests go.', {
  paths: describe('By their paths.', required(atomicList(httpIngressPath))),
})
export const ingressRule = object(networking('IngressRule'), 'Where the requests to one host go.', {
  host: string('The host, or `*.` and a domain; every host when empty.'),
  http: describe('Where its HTTP requests go.', httpIngressRuleValue),
})
export type IngressRule = Infer<typeof ingressRule>

export const ingressTLS = object(networking('IngressTLS'), 'The certificate of some hosts.', {
  hosts: describe('The hosts that it is good for.', atomicList(string())),
  secretName: string('The secret with certificate and key.'),
})
export type IngressTLS = Infer<typeof ingressTLS>

export const ingressSpec = object(networking('IngressSpec'), 'How requests from outside come to services.', {
  defaultBackend: describe('What takes the requests that no rule is for.', ingressBackend),
  ingressClassName: string('The class, which says whose work the ingress is.'),
  rules: describe('Where requests go, by host.', atomicList(ingressRule)),
  tls: describe('Certificates, by host.', atomicList(ingressTLS)),
})
export type IngressSpec = Infer<typeof ingressSpec>

export const ingressPortStatus = object(networking('IngressPortStatus'), 'How a port fares.', {
  error: string('Why it could not be had.'),
  port: describe('Its number.', always(int32(), 0)),
  protocol: describe('TCP, UDP or SCTP.', required(oneOf(['TCP', 'UDP', 'SCTP']))),
})
export const ingressLoadBalancerIngress = object(networking('IngressLoadBalancerIngress'), 'One way in.', {
  hostname: string('Its name, where it is known by that.'),
  ip: string('Its address, where it is known by that.'),
  ports: describe('Its ports.', atomicList(ingressPortStatus)),
})
export const ingressLoadBalancerStatus = object(networking('IngressLoadBalancerStatus'), 'The ways in.', {
  ingress: describe('Each of them.', atomicList(ingressLoadBalancerIngress)),
})
export type IngressLoadBalancerStatus = Infer<typeof ingressLoadBalancerStatus>

export const ingressStatus = object(networking('IngressStatus'), 'What was made of it.', {
  loadBalancer: describe('Where it can be reached.', defaulted(ingressLoadBalancerStatus, {})),
})

const fields = {
  spec: describe('What is wanted.', defaulted(ingressSpec, {})),
  status: describe('What there is.', defaulted(ingressStatus, {})),
}
export type Ingress = NamespacedObject<typeof fields>

const maxHosts = 3

/** The first hosts. Those left out are counted as upstream does: all rules but three, with a host or without. */
function hosts(rules: readonly IngressRule[]): string {
  const named = rules.flatMap((rule, i) => (rule.host ? [{ host: rule.host, i }] : []))
  const shown = named.slice(0, maxHosts)
  if (shown.length === 0) return '*'
  const last = shown.at(-1)?.i ?? 0
  const isMore = shown.length === maxHosts && rules.length > last + 1
  return shown.map(({ host }) => host).join(',') + (isMore ? ` + ${rules.length - maxHosts} more...` : '')
}

function addresses({ loadBalancer }: Ingress['status']): string {
  const found = (loadBalancer.ingress ?? []).map(({ ip, hostname }) => ip || hostname || '').filter(address => address !== '')
  return [...new Set(found)].sort().join(',')
}

const columns: readonly Column<Ingress>[] = [
  nameColumn,
  text('Class', 'The class, which says whose work it is.', ({ spec }) => spec.ingressClassName ?? '<none>'),
  text('Hosts', 'The hosts whose requests it takes.', ({ spec }) => hosts(spec.rules ?? [])),
  text('Address', 'Where it can be reached.', ({ status }) => addresses(status)),
  text('Ports', 'The ports on which it can be reached.', ({ spec }) => (spec.tls?.length ? '80, 443' : '80')),
  ageColumn,
]

export const Ingress: Kind<Ingress> = namespacedKind({
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'Ingress',
  plural: 'ingresses',
  shortNames: ['ing'],
  definition: networking('Ingress'),
  doc: 'Leads HTTP requests from outside to services, by host and path.',
  fields,
  hasStatus: true,
  hasGeneration: true,
  columns,
  validate: validateIngress,
  validateStatus: next => validateIngressStatus(next.status.loadBalancer),
  warnings: warnIngress,
  statusWarnings: warnWaysIn,
})
