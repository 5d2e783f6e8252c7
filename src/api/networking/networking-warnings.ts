// What is to be said of ingresses and network policies.
import { nothing, type Warnings, warnEach, warnNetwork } from '../warnings.ts'
import type { Ingress } from './ingress.ts'
import type { NetworkPolicy } from './network-policy.ts'

const classAnnotation = 'kubernetes.io/ingress.class'

export function warnIngress({ metadata: { annotations } }: Ingress, previous: Ingress | undefined): Warnings {
  return !previous && annotations && Object.hasOwn(annotations, classAnnotation)
    ? [`annotation "${classAnnotation}" is deprecated, please use 'spec.ingressClassName' instead`]
    : nothing
}

export function warnNetworkPolicy({ spec }: NetworkPolicy): Warnings {
  const warn = (peers: readonly Peer[] | undefined, field: string) =>
    warnEach(peers, field, ({ ipBlock }, at) =>
      ipBlock
        ? [...warnNetwork(ipBlock.cidr ?? '', `${at}.ipBlock.cidr`), ...warnEach(ipBlock.except, `${at}.ipBlock.except`, warnNetwork)]
        : nothing,
    )
  return [
    ...warnEach(spec.ingress, 'spec.ingress', ({ from }, at) => warn(from, `${at}.from`)),
    ...warnEach(spec.egress, 'spec.egress', ({ to }, at) => warn(to, `${at}.to`)),
  ]
}

interface Peer {
  readonly ipBlock?: { readonly cidr?: string | undefined; readonly except?: readonly string[] | undefined } | undefined
}
