// The rules of services. Which addresses and node ports are free is known where they are given out.
import { duplicateValue, type FieldError, forbiddenValue, invalidValue, requiredValue } from '../../meta/field-error.ts'
import { checkDns1123Label, checkDns1123Subdomain, checkQualifiedName } from '../../meta/names.ts'
import { checkAddress, checkCidr, checkNotSpecialAddress, familyOf } from '../validate-address.ts'
import { type Errors, each, labels, must, portNumber, portNumberOrName, shaped, shapedIfSet, supported, unique } from '../validation.ts'
import type { ServicePort, ServiceSpec } from './service.ts'
import { isExternallyAccessible, needsHealthCheckPort } from './service-strategy.ts'

export function validateServiceSpec(next: ServiceSpec, previous: ServiceSpec | undefined): Errors {
  return [
    ...validateType(next),
    ...validatePorts(next),
    ...labels(next.selector, 'spec.selector'),
    ...validateAffinity(next),
    ...validateAddresses(next),
    ...validateLoadBalancer(next),
    ...validateTraffic(next),
    ...(previous ? validateKeptAddress(next, previous) : []),
  ]
}

const isHeadless = ({ clusterIP }: ServiceSpec) => clusterIP === 'None'
/** The kubelet's own port is not for the outside. */
const kubeletPort = 10250

function validateType(spec: ServiceSpec): Errors {
  const { type, ports = [] } = spec
  switch (type) {
    case 'ClusterIP':
      return []
    case 'LoadBalancer':
    case 'NodePort':
      return [
        ...must(!isHeadless(spec), () => invalidValue('spec.clusterIPs[0]', 'None', `may not be set to 'None' for ${type} services`)),
        ...each(type === 'LoadBalancer' ? ports : [], 'spec.ports', (port, at) =>
          must(port.port !== kubeletPort, () =>
            invalidValue(at, kubeletPort, 'may not expose port 10250 externally since it is used by kubelet'),
          ),
        ),
      ]
    case 'ExternalName': {
      const forbidden = (['clusterIPs', 'ipFamilies', 'ipFamilyPolicy'] as const).filter(name => spec[name]?.length)
      const name = spec.externalName?.replace(/\.$/, '')
      return [
        ...forbidden.map(name => forbiddenValue(`spec.${name}`, 'may not be set for ExternalName services')),
        ...(name ? shaped(name, 'spec.externalName', checkDns1123Subdomain) : [requiredValue('spec.externalName')]),
      ]
    }
    default:
      return []
  }
}

function validatePorts(spec: ServiceSpec): Errors {
  const { ports = [], type } = spec
  const needsPorts = !isHeadless(spec) && type !== 'ExternalName'
  return [
    ...must(ports.length > 0 || !needsPorts, () => requiredValue('spec.ports')),
    ...each(ports, 'spec.ports', (port, at) => validatePort(port, ports.length > 1, type, at)),
    ...unique(
      ports,
      p => p.name,
      (p, i) => duplicateValue(`spec.ports[${i}].name`, p.name),
    ),
    ...unique(
      ports,
      p => (p.nodePort ? `${p.protocol}/${p.nodePort}` : undefined),
      (p, i) => duplicateValue(`spec.ports[${i}].nodePort`, p.nodePort),
    ),
    ...unique(
      ports,
      p => `${p.protocol}/${p.port}`,
      (p, i) => duplicateValue(`spec.ports[${i}]`, { protocol: p.protocol, port: p.port }),
    ),
  ]
}

function validatePort(port: ServicePort, needsName: boolean, type: ServiceSpec['type'], field: string): Errors {
  return [
    ...(port.name ? shaped(port.name, `${field}.name`, checkDns1123Label) : must(!needsName, () => requiredValue(`${field}.name`))),
    ...portNumber(port.port, `${field}.port`),
    ...portNumberOrName(port.targetPort ?? port.port, `${field}.targetPort`),
    ...shapedIfSet(port.appProtocol, `${field}.appProtocol`, checkQualifiedName),
    ...must(type !== 'ClusterIP' || !port.nodePort, () =>
      forbiddenValue(`${field}.nodePort`, "may not be used when `type` is 'ClusterIP'"),
    ),
    ...(port.nodePort && type !== 'ClusterIP' ? portNumber(port.nodePort, `${field}.nodePort`) : []),
  ]
}

const maxAffinitySeconds = 86400

function validateAffinity({ sessionAffinity, sessionAffinityConfig: config }: ServiceSpec): Errors {
  if (sessionAffinity !== 'ClientIP') {
    return must(config === undefined, () => forbiddenValue('spec.sessionAffinityConfig', 'must not be set when session affinity is None'))
  }
  const seconds = config?.clientIP?.timeoutSeconds
  const field = 'spec.sessionAffinityConfig.clientIP.timeoutSeconds'
  if (seconds === undefined) return [requiredValue('spec.sessionAffinityConfig', 'must not be empty when session affinity is ClientIP')]
  return must(seconds > 0 && seconds <= maxAffinitySeconds, () =>
    invalidValue(field, seconds, `must be greater than 0 and less than ${maxAffinitySeconds}`),
  )
}

function validateAddresses(spec: ServiceSpec): Errors {
  const { clusterIP, clusterIPs = [], externalIPs, ipFamilies, ipFamilyPolicy } = spec
  const errors: FieldError[] = []
  if (spec.type !== 'ExternalName') {
    for (const [i, ip] of clusterIPs.entries()) {
      const field = `spec.clusterIPs[${i}]`
      if (ip === 'None') {
        if (i > 0 || clusterIPs.length > 1)
          errors.push(invalidValue('spec.clusterIPs', clusterIPs, "'None' must be the first and only value"))
      } else errors.push(...shaped(ip, field, checkAddress))
    }
    if (clusterIPs.length > 2) errors.push(invalidValue('spec.clusterIPs', clusterIPs, 'may only hold up to 2 values'))
    if (clusterIPs.length === 2 && familyOf(clusterIPs[0] ?? '') === familyOf(clusterIPs[1] ?? '')) {
      errors.push(invalidValue('spec.clusterIPs', clusterIPs, 'may specify no more than one IP for each IP family'))
    }
    if (clusterIPs.length > 0 && clusterIP !== clusterIPs[0]) {
      errors.push(invalidValue('spec.clusterIPs', clusterIPs, 'first value must match `clusterIP`'))
    }
    errors.push(
      ...supported(ipFamilyPolicy, 'spec.ipFamilyPolicy', ['SingleStack', 'PreferDualStack', 'RequireDualStack']),
      ...each(ipFamilies, 'spec.ipFamilies', (family, at) => supported(family, at, ['IPv4', 'IPv6'])),
      ...unique(
        ipFamilies,
        f => f,
        (f, i) => duplicateValue(`spec.ipFamilies[${i}]`, f),
      ),
    )
  }
  return [...errors, ...each(externalIPs, 'spec.externalIPs', (ip, at) => shaped(ip, at, checkNotSpecialAddress))]
}

function validateLoadBalancer(spec: ServiceSpec): Errors {
  const { loadBalancerSourceRanges, loadBalancerClass, allocateLoadBalancerNodePorts } = spec
  if (spec.type === 'LoadBalancer') {
    return [
      ...must(allocateLoadBalancerNodePorts !== undefined, () => requiredValue('spec.allocateLoadBalancerNodePorts')),
      ...each(loadBalancerSourceRanges, 'spec.loadBalancerSourceRanges', (range, at) => shaped(range.trim(), at, checkCidr)),
      ...shapedIfSet(loadBalancerClass, 'spec.loadBalancerClass', checkQualifiedName),
    ]
  }
  const only = "may only be used when `type` is 'LoadBalancer'"
  const given = { loadBalancerSourceRanges: loadBalancerSourceRanges?.length, allocateLoadBalancerNodePorts, loadBalancerClass }
  return Object.entries(given)
    .filter(([, value]) => value !== undefined && value !== 0)
    .map(([name]) => forbiddenValue(`spec.${name}`, only))
}

function validateTraffic(spec: ServiceSpec): Errors {
  const { externalTrafficPolicy, internalTrafficPolicy, healthCheckNodePort = 0, trafficDistribution } = spec
  const isAccessible = isExternallyAccessible(spec)
  const errors: FieldError[] = []
  if (!isAccessible && externalTrafficPolicy) {
    errors.push(invalidValue('spec.externalTrafficPolicy', externalTrafficPolicy, 'may only be set for externally-accessible services'))
  }
  if (isAccessible && !externalTrafficPolicy) errors.push(requiredValue('spec.externalTrafficPolicy'))
  if (spec.type !== 'ExternalName' && !internalTrafficPolicy) errors.push(requiredValue('spec.internalTrafficPolicy'))
  if (healthCheckNodePort < 0 || healthCheckNodePort > 65535) {
    errors.push(...portNumber(healthCheckNodePort, 'spec.healthCheckNodePort'))
  } else if (healthCheckNodePort > 0 && !needsHealthCheckPort(spec)) {
    const detail = "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'"
    errors.push(invalidValue('spec.healthCheckNodePort', healthCheckNodePort, detail))
  }
  return [...errors, ...supported(trafficDistribution, 'spec.trafficDistribution', ['PreferClose', 'PreferSameNode', 'PreferSameZone'])]
}

/** Clients hold on to the address of a service. It changes only by way of a type that has none. */
function validateKeptAddress(next: ServiceSpec, previous: ServiceSpec): Errors {
  if (next.type === 'ExternalName' || previous.type === 'ExternalName' || !previous.clusterIP) return []
  return must(next.clusterIP === previous.clusterIP, () =>
    invalidValue('spec.clusterIPs[0]', next.clusterIPs ?? [next.clusterIP], 'may not change once set'),
  )
}
