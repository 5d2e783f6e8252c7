// The steps that warnings of kinds are put together from, with upstream's wording. A warning refuses nothing: it tells of what is deprecated, or
// does not do what it seems to do.
import ipaddr from 'ipaddr.js'
import { checkDns1123Label } from '../meta/names.ts'
import { parseQuantity } from '../meta/quantity.ts'
import { familyOf } from './validate-address.ts'

export type Warnings = readonly string[]

export const nothing: Warnings = []

/** The warnings of every item, each with its own path. */
export function warnEach<T>(items: readonly T[] | undefined, field: string, warn: (item: T, field: string) => Warnings): Warnings {
  return items ? items.flatMap((item, i) => warn(item, `${field}[${i}]`)) : nothing
}

export function quoted(text: string): string {
  return JSON.stringify(text)
}

/** Of names that become a part of the names of pods. */
export function warnPodNames(name: string): Warnings {
  return warnLabel(name, 'this is used in Pod names and hostnames')
}

export function warnLabel(name: string, use: string): Warnings {
  const reasons = checkDns1123Label(name)
  if (reasons.length === 0) return nothing
  return [`metadata.name: ${use}, which can result in surprising behavior; a DNS label is recommended: [${reasons.join(' ')}]`]
}

/** Of addresses that are valid, but written in an unusual way. IPv4 has one form only. */
export function warnAddress(address: string | undefined, field: string): Warnings {
  if (!address?.includes(':') || familyOf(address) === undefined) return nothing
  const parsed = ipaddr.IPv6.parse(address)
  if (parsed.isIPv4MappedAddress()) return [`${field}: non-standard IP address ${inFuture(address, parsed.toIPv4Address().toString())}`]
  const canonical = parsed.toRFC5952String()
  return canonical === address
    ? nothing
    : [`${field}: IPv6 address ${quoted(address)} should be in RFC 5952 canonical format (${quoted(canonical)})`]
}

/** Of networks, as `warnAddress`; also of those that have bits set behind their prefix. */
export function warnNetwork(text: string, field: string): Warnings {
  const [address = '', prefix = ''] = text.split('/')
  const family = familyOf(address)
  if (family === undefined || !/^\d{1,3}$/.test(prefix)) return nothing
  const bits = Number(prefix)
  if (family === 'IPv4') {
    const network = ipaddr.IPv4.networkAddressFromCIDR(text).toString()
    return network === address ? nothing : [ambiguous(text, field, `${network}/${bits}`, `${address}/32`)]
  }
  const parsed = ipaddr.IPv6.parse(address)
  const network = ipaddr.IPv6.networkAddressFromCIDR(text)
  const isMapped = network.isIPv4MappedAddress()
  const canonical = isMapped ? `${network.toIPv4Address()}/${Math.max(bits - 96, 0)}` : `${network.toRFC5952String()}/${bits}`
  const host = parsed.isIPv4MappedAddress() ? parsed.toIPv4Address().toString() : parsed.toRFC5952String()
  const warnings = [
    ...(parsed.toNormalizedString() === network.toNormalizedString() ? [] : [ambiguous(text, field, canonical, `${host}/128`)]),
    ...(parsed.isIPv4MappedAddress() ? [`${field}: non-standard CIDR value ${inFuture(text, canonical)}`] : []),
  ]
  if (warnings.length > 0 || canonical === text) return warnings
  return [`${field}: IPv6 CIDR value ${quoted(text)} should be in RFC 5952 canonical format (${quoted(canonical)})`]
}

function inFuture(text: string, better: string): string {
  return `${quoted(text)} will be considered invalid in a future Kubernetes release: use ${quoted(better)}`
}

function ambiguous(text: string, field: string, network: string, host: string): string {
  return `${field}: CIDR value ${quoted(text)} is ambiguous in this context (should be ${quoted(network)} or ${quoted(host)}?)`
}

const nanosPerByte = 1_000_000_000n

/** Of amounts of these resources that are no whole number of bytes. */
export function warnFractionalBytes(
  amounts: Readonly<Record<string, string>> | undefined,
  names: readonly string[],
  field: string,
): Warnings {
  if (!amounts) return nothing
  return names.flatMap(name => {
    const amount = amounts[name]
    if (amount === undefined || parseQuantity(amount).nanos % nanosPerByte === 0n) return []
    return [`${field}[${name}]: fractional byte value ${quoted(amount)} is invalid, must be an integer`]
  })
}

const deprecatedNodeLabels: Readonly<Record<string, string>> = {
  'beta.kubernetes.io/arch': 'deprecated since v1.14; use "kubernetes.io/arch" instead',
  'beta.kubernetes.io/os': 'deprecated since v1.14; use "kubernetes.io/os" instead',
  'failure-domain.beta.kubernetes.io/region': 'deprecated since v1.17; use "topology.kubernetes.io/region" instead',
  'failure-domain.beta.kubernetes.io/zone': 'deprecated since v1.17; use "topology.kubernetes.io/zone" instead',
  'beta.kubernetes.io/instance-type': 'deprecated since v1.17; use "node.kubernetes.io/instance-type" instead',
  'app.kubernetes.io/created-by': 'deprecated since v1.9',
  'scheduler.alpha.kubernetes.io/preferAvoidPods': 'deprecated since v1.22; use Taints and Tolerations instead',
  'node-role.kubernetes.io/master': 'use "node-role.kubernetes.io/control-plane" instead',
}

/** What is to be said of a label of nodes; undefined when it is as good as any. */
export function deprecatedNodeLabel(key: string): string | undefined {
  return Object.hasOwn(deprecatedNodeLabels, key) ? deprecatedNodeLabels[key] : undefined
}

/** Of the labels that expressions about nodes ask for. `field` is that of the expressions. */
export function warnNodeLabels(expressions: readonly { readonly key: string }[] | undefined, field: string, suffix = '.key'): Warnings {
  return warnEach(expressions, field, ({ key }, at) => {
    const message = deprecatedNodeLabel(key)
    return message === undefined ? nothing : [`${at}${suffix}: ${key} is ${message}`]
  })
}
