import { labelSelector } from '../../meta/label-selector.ts'
import { atomicList, defaulted, describe, type Infer, int32, intOrString, object, oneOf, required, string } from '../../schema/schema.ts'
import { formatLabelSelector, text } from '../columns.ts'
import { ageColumn, type Column, type Kind, type NamespacedObject, nameColumn, namespacedKind } from '../kind.ts'
import { withFields } from '../sharing.ts'
import { warnNetworkPolicy } from './networking-warnings.ts'
import { validateNetworkPolicy } from './validate-network-policy.ts'

const networking = (name: string) => `io.k8s.api.networking.v1.${name}`

export const networkPolicyPort = object(networking('NetworkPolicyPort'), 'A port, or a range of them.', {
  endPort: int32('The last port of a range that begins at `port`.'),
  port: intOrString('Number or name of the port; every port when absent.'),
  protocol: describe('TCP, UDP or SCTP.', defaulted(oneOf(['TCP', 'UDP', 'SCTP']), 'TCP')),
})
export type NetworkPolicyPort = Infer<typeof networkPolicyPort>

export const ipBlock = object(networking('IPBlock'), 'A range of addresses, with holes.', {
  cidr: describe('The range, such as 192.168.1.0/24 or 2001:db8::/64.', required(string())),
  except: describe('Ranges within it that do not belong to it.', atomicList(string())),
})
export type IPBlock = Infer<typeof ipBlock>

export const networkPolicyPeer = object(networking('NetworkPolicyPeer'), 'Who is at the other end.', {
  ipBlock: describe('Addresses; not together with the selectors.', ipBlock),
  namespaceSelector: describe('Namespaces whose pods are meant; all of them when empty.', labelSelector),
  podSelector: describe("Pods that are meant, of the chosen namespaces, or of the policy's own.", labelSelector),
})
export type NetworkPolicyPeer = Infer<typeof networkPolicyPeer>

export const networkPolicyIngressRule = object(networking('NetworkPolicyIngressRule'), 'Traffic that may come in.', {
  from: describe('From whom; from everybody when empty.', atomicList(networkPolicyPeer)),
  ports: describe('On which ports; on every port when empty.', atomicList(networkPolicyPort)),
})
export const networkPolicyEgressRule = object(networking('NetworkPolicyEgressRule'), 'Traffic that may go out.', {
  ports: describe('To which ports; to every port when empty.', atomicList(networkPolicyPort)),
  to: describe('To whom; to everybody when empty.', atomicList(networkPolicyPeer)),
})
export const networkPolicySpec = object(networking('NetworkPolicySpec'), 'Which traffic some pods may have.', {
  egress: describe('What may go out; what no rule allows is kept back.', atomicList(networkPolicyEgressRule)),
  ingress: describe('What may come in; what no rule allows is kept out.', atomicList(networkPolicyIngressRule)),
  podSelector: describe('The pods that the policy is about; all of the namespace when empty.', defaulted(labelSelector, {})),
  policyTypes: describe(
    'The directions that it is about: Ingress, and Egress where it has rules for that, unless said otherwise.',
    atomicList(oneOf(['Ingress', 'Egress'])),
  ),
})
export type NetworkPolicySpec = Infer<typeof networkPolicySpec>

const fields = { spec: describe('What is wanted.', defaulted(networkPolicySpec, {})) }
export type NetworkPolicy = NamespacedObject<typeof fields>

function completeSpec(spec: NetworkPolicySpec): NetworkPolicySpec {
  if (spec.policyTypes?.length) return spec
  return withFields(spec, { policyTypes: spec.egress?.length ? ['Ingress', 'Egress'] : ['Ingress'] })
}

const columns: readonly Column<NetworkPolicy>[] = [
  nameColumn,
  text('Pod-Selector', 'The pods that it is about.', ({ spec }) => formatLabelSelector(spec.podSelector)),
  ageColumn,
]

export const NetworkPolicy: Kind<NetworkPolicy> = namespacedKind({
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'NetworkPolicy',
  plural: 'networkpolicies',
  shortNames: ['netpol'],
  definition: networking('NetworkPolicy'),
  doc: 'Says who may talk with some pods.',
  fields,
  hasGeneration: true,
  columns,
  complete: policy => withFields(policy, { spec: completeSpec(policy.spec) }),
  validate: ({ spec }) => validateNetworkPolicy(spec),
  warnings: warnNetworkPolicy,
})
