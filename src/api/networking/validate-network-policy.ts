// The rules of network policies.
import ipaddr from 'ipaddr.js'
import { forbiddenValue, invalidValue, requiredValue } from '../../meta/field-error.ts'
import { checkPortName, checkPortNumber } from '../../meta/names.ts'
import { checkCidr } from '../validate-address.ts'
import { type Errors, each, labelSelector, must, shaped, when } from '../validation.ts'
import type { IPBlock, NetworkPolicyPeer, NetworkPolicyPort, NetworkPolicySpec } from './network-policy.ts'

export function validateNetworkPolicy({ podSelector, ingress, egress, policyTypes = [] }: NetworkPolicySpec): Errors {
  return [
    ...labelSelector(podSelector, 'spec.podSelector'),
    ...each(ingress, 'spec.ingress', ({ ports, from }, at) => [
      ...each(ports, `${at}.ports`, validatePort),
      ...each(from, `${at}.from`, validatePeer),
    ]),
    ...each(egress, 'spec.egress', ({ ports, to }, at) => [
      ...each(ports, `${at}.ports`, validatePort),
      ...each(to, `${at}.to`, validatePeer),
    ]),
    ...must(policyTypes.length <= 2, () => invalidValue('spec.policyTypes', policyTypes, 'may not specify more than two policyTypes')),
  ]
}

function validatePort({ port, endPort }: NetworkPolicyPort, field: string): Errors {
  const ofEnd = (detail: string) => invalidValue(`${field}.endPort`, endPort, detail)
  if (typeof port === 'number') {
    return [
      ...checkPortNumber(port).map(reason => invalidValue(`${field}.port`, port, reason)),
      ...when(endPort, end => [
        ...must(end >= port, () => ofEnd('must be greater than or equal to `port`')),
        ...checkPortNumber(end).map(ofEnd),
      ]),
    ]
  }
  const why = port === undefined ? 'may not be specified when `port` is not specified' : 'may not be specified when `port` is non-numeric'
  return [...must(endPort === undefined, () => ofEnd(why)), ...when(port, name => shaped(name, `${field}.port`, checkPortName))]
}

function validatePeer({ podSelector, namespaceSelector, ipBlock }: NetworkPolicyPeer, field: string): Errors {
  const hasSelector = podSelector !== undefined || namespaceSelector !== undefined
  return [
    ...labelSelector(podSelector, `${field}.podSelector`),
    ...labelSelector(namespaceSelector, `${field}.namespaceSelector`),
    ...when(ipBlock, block => validateIPBlock(block, `${field}.ipBlock`)),
    ...must(hasSelector || ipBlock !== undefined, () => requiredValue(field, 'must specify a peer')),
    ...must(!(hasSelector && ipBlock), () => forbiddenValue(field, 'may not specify both ipBlock and another peer')),
  ]
}

function validateIPBlock({ cidr, except }: IPBlock, field: string): Errors {
  if (!cidr) return [requiredValue(`${field}.cidr`)]
  const wrong = shaped(cidr, `${field}.cidr`, checkCidr)
  if (wrong.length > 0) return wrong
  return each(except, `${field}.except`, (hole, at) => {
    const wrong = shaped(hole, at, checkCidr)
    return wrong.length > 0 ? wrong : must(isStrictlyWithin(hole, cidr), () => invalidValue(at, hole, 'must be a strict subset of `cidr`'))
  })
}

function isStrictlyWithin(inner: string, outer: string): boolean {
  const [network, bits] = ipaddr.parseCIDR(outer)
  const [address, innerBits] = ipaddr.parseCIDR(inner)
  return address.kind() === network.kind() && innerBits > bits && address.match(network, bits)
}
