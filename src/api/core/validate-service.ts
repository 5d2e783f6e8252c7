// The rules of services. Which addresses and node ports are free is known where they are given out.
import { duplicateValue, forbiddenValue, invalidValue, requiredValue, unsupportedValue } from '../../meta/field-error.ts'
import { checkDns1123Label, checkDns1123Subdomain, checkQualifiedName } from '../../meta/names.ts'
import { checkCidr, checkNotSpecialAddress } from '../validate-address.ts'
import { type Errors, each, labels, must, portNumber, portNumberOrName, shaped, together, unique } from '../validation.ts'
import type { Service, ServicePort, ServiceSpec } from './service.ts'
import { isExternallyAccessible, needsHealthCheckPort } from './service-strategy.ts'
import { isHeadless, validateClusterAddresses, validateKeptAddresses } from './validate-service-addresses.ts'

type OfService = Pick<Service, 'metadata' | 'spec'>
type Annotations = OfService['metadata']['annotations']

const onlyOfLoadBalancer = "may only be used when `type` is 'LoadBalancer'"

export function validateService({ metadata, spec }: OfService, previous?: OfService): Errors {
  return together(
    previous ? validateKeptAddresses(spec, previous.spec) : [],
    previous ? validateKept(spec, previous.spec) : [],
    validateTopology(metadata.annotations),
    must(Boolean(spec.ports?.length) || isHeadless(spec) || spec.type === 'ExternalName', () => requiredValue('spec.ports')),
    validateType(spec),
    each(spec.ports, 'spec.ports', (port, at, i) => validatePort(port, spec.ports ?? [], i, at)),
    labels(spec.selector, 'spec.selector'),
    validateAffinity(spec),
    validateClusterAddresses(spec),
    each(spec.externalIPs, 'spec.externalIPs', (ip, at) => shaped(ip, at, checkNotSpecialAddress)),
    validateNumbers(spec),
    validateSources(spec, metadata.annotations, previous?.metadata.annotations),
    validateLoadBalancer(spec),
    validateTraffic(spec),
  )
}

/** What a load balancer was told does not change while it is one. */
function validateKept(next: ServiceSpec, previous: ServiceSpec): Errors {
  const isBalanced = next.type === 'LoadBalancer' && previous.type === 'LoadBalancer'
  const isChecked = needsHealthCheckPort(next) && needsHealthCheckPort(previous)
  return together(
    must(!isBalanced || next.loadBalancerClass === previous.loadBalancerClass, () =>
      invalidValue('spec.loadBalancerClass', next.loadBalancerClass, 'may not change once set'),
    ),
    must(!isChecked || next.healthCheckNodePort === previous.healthCheckNodePort, () =>
      forbiddenValue('spec.healthCheckNodePort', 'field is immutable'),
    ),
  )
}

const topologyMode = 'service.kubernetes.io/topology-mode'
const topologyHints = 'service.kubernetes.io/topology-aware-hints'

/** The old name and the new one of the same wish. */
function validateTopology(annotations: Annotations = {}): Errors {
  const mode = annotations[topologyMode]
  const hints = annotations[topologyHints]
  return must(mode === undefined || hints === undefined || mode === hints, () =>
    invalidValue(`metadata.annotations[${topologyMode}]`, mode, `must match annotations[${topologyHints}] when both are specified`),
  )
}

function validateType(spec: ServiceSpec): Errors {
  const { type } = spec
  if (type === 'LoadBalancer' || type === 'NodePort') {
    return must(!isHeadless(spec), () => invalidValue('spec.clusterIPs[0]', 'None', `may not be set to 'None' for ${type} services`))
  }
  if (type !== 'ExternalName') return []
  const forbidden = (['clusterIPs', 'ipFamilies', 'ipFamilyPolicy'] as const).filter(name => spec[name]?.length)
  const name = spec.externalName?.replace(/\.$/, '')
  return together(
    forbidden.map(name => forbiddenValue(`spec.${name}`, 'may not be set for ExternalName services')),
    name ? shaped(name, 'spec.externalName', checkDns1123Subdomain) : [requiredValue('spec.externalName')],
  )
}

function validatePort(port: ServicePort, all: readonly ServicePort[], index: number, field: string): Errors {
  const { name, appProtocol } = port
  const isRepeated = Boolean(name) && all.slice(0, index).some(other => other.name === name)
  return together(
    name ? shaped(name, `${field}.name`, checkDns1123Label) : must(all.length === 1, () => requiredValue(`${field}.name`)),
    must(!isRepeated, () => duplicateValue(`${field}.name`, name)),
    portNumber(port.port, `${field}.port`),
    portNumberOrName(port.targetPort ?? port.port, `${field}.targetPort`),
    appProtocol === undefined ? [] : shaped(appProtocol, `${field}.appProtocol`, checkQualifiedName),
  )
}

/** Ports of nodes, and no port twice. */
function validateNumbers({ ports, type }: ServiceSpec): Errors {
  return together(
    type === 'ClusterIP'
      ? each(ports, 'spec.ports', ({ nodePort }, at) =>
          must(!nodePort, () => forbiddenValue(`${at}.nodePort`, "may not be used when `type` is 'ClusterIP'")),
        )
      : [],
    unique(
      ports,
      p => (p.nodePort ? `${p.protocol}/${p.nodePort}` : undefined),
      (p, i) => duplicateValue(`spec.ports[${i}].nodePort`, p.nodePort),
    ),
    unique(
      ports,
      p => `${p.protocol}/${p.port}`,
      (p, i) => duplicateValue(`spec.ports[${i}]`, { protocol: p.protocol, port: p.port }),
    ),
  )
}

const maxAffinitySeconds = 86400

function validateAffinity({ sessionAffinity, sessionAffinityConfig: config }: ServiceSpec): Errors {
  const field = 'spec.sessionAffinityConfig'
  if (sessionAffinity === 'None') {
    return must(config === undefined, () => forbiddenValue(field, 'must not be set when session affinity is None'))
  }
  if (sessionAffinity !== 'ClientIP') return []
  const needed = 'when session affinity type is ClientIP'
  if (!config) return [requiredValue(field, needed)]
  if (!config.clientIP) return [requiredValue(`${field}.clientIP`, needed)]
  const seconds = config.clientIP.timeoutSeconds
  const at = `${field}.clientIP.timeoutSeconds`
  if (seconds === undefined) return [requiredValue(at, needed)]
  return must(seconds > 0 && seconds <= maxAffinitySeconds, () =>
    invalidValue(at, seconds, `must be greater than 0 and less than ${maxAffinitySeconds}`),
  )
}

const sourcesAnnotation = 'service.beta.kubernetes.io/load-balancer-source-ranges'

/** Who may use a load balancer, by the field or, without it, by the annotation from before there was one. Blanks around a range are let be. */
function validateSources({ type, loadBalancerSourceRanges: ranges }: ServiceSpec, now: Annotations, old: Annotations): Errors {
  const isBalanced = type === 'LoadBalancer'
  if (ranges?.length) {
    const field = 'spec.LoadBalancerSourceRanges'
    return together(
      must(isBalanced, () => forbiddenValue(field, onlyOfLoadBalancer)),
      each(ranges, field, (range, at) => shaped(range.trim(), at, checkCidr)),
    )
  }
  const text = now?.[sourcesAnnotation]
  if (text === undefined) return []
  const field = `metadata.annotations[${sourcesAnnotation}]`
  const isNew = text !== old?.[sourcesAnnotation] && text.trim() !== ''
  return together(
    must(isBalanced, () => forbiddenValue(field, onlyOfLoadBalancer)),
    isNew ? text.split(',').flatMap(range => shaped(range.trim(), field, checkCidr)) : [],
  )
}

function validateLoadBalancer({ type, allocateLoadBalancerNodePorts: allocates, loadBalancerClass }: ServiceSpec): Errors {
  if (type === 'LoadBalancer') {
    return together(
      must(allocates !== undefined, () => requiredValue('allocateLoadBalancerNodePorts')),
      loadBalancerClass === undefined ? [] : shaped(loadBalancerClass, 'spec.loadBalancerClass', checkQualifiedName),
    )
  }
  return Object.entries({ allocateLoadBalancerNodePorts: allocates, loadBalancerClass })
    .filter(([, value]) => value !== undefined)
    .map(([name]) => forbiddenValue(`spec.${name}`, onlyOfLoadBalancer))
}

const distributions = ['PreferClose', 'PreferSameZone', 'PreferSameNode']

function validateTraffic(spec: ServiceSpec): Errors {
  const { externalTrafficPolicy, internalTrafficPolicy, trafficDistribution } = spec
  const isAccessible = isExternallyAccessible(spec)
  return together(
    must(isAccessible || !externalTrafficPolicy, () =>
      invalidValue('spec.externalTrafficPolicy', externalTrafficPolicy, 'may only be set for externally-accessible services'),
    ),
    must(!isAccessible || Boolean(externalTrafficPolicy), () => requiredValue('spec.externalTrafficPolicy')),
    validateHealthPort(spec),
    must(spec.type === 'ExternalName' || Boolean(internalTrafficPolicy), () => requiredValue('spec.internalTrafficPolicy')),
    must(trafficDistribution === undefined || distributions.includes(trafficDistribution), () =>
      unsupportedValue('spec.trafficDistribution', trafficDistribution, distributions),
    ),
  )
}

function validateHealthPort(spec: ServiceSpec): Errors {
  const { healthCheckNodePort: port = 0 } = spec
  const field = 'spec.healthCheckNodePort'
  if (needsHealthCheckPort(spec)) return port === 0 ? [requiredValue(field)] : portNumber(port, field)
  const detail = "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'"
  return must(port === 0, () => invalidValue(field, port, detail))
}
