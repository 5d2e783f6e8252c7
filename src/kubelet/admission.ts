// The node's own last word on a pod that was bound to it: whether it fits. Pure.
// The reasons are upstream's: OutOfcpu, OutOfmemory, OutOfpods, NodeAffinity, NodePorts.
import type { Node } from '../api/core/node.ts'
import { admitsNode } from '../api/core/node-selector.ts'
import type { Pod } from '../api/core/pod.ts'
import { reservedSpec } from '../api/core/reserved-spec.ts'
import { type Amounts, amountOf, podAmount } from './pod/resources.ts'

export interface Rejection {
  readonly reason: string
  readonly message: string
}

export interface AdmissionContext {
  /** The other pods of the node that have not ended. */
  readonly others: readonly Pod[]
  readonly allocatable: Amounts
  readonly node: Node | undefined
}

/** Undefined when the pod may run here. */
export function admit(pod: Pod, { others, allocatable, node }: AdmissionContext): Rejection | undefined {
  if (node && !admitsNode(pod.spec, node))
    return {
      reason: 'NodeAffinity',
      message: "Pod was rejected: Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector",
    }
  if (hostPortsOf(pod).some(port => others.some(other => hostPortsOf(other).some(taken => collide(port, taken)))))
    return {
      reason: 'NodePorts',
      message: "Pod was rejected: Predicate NodePorts failed: node(s) didn't have free ports for the requested pod ports",
    }
  const shortage = shortageOf(pod, others, allocatable)
  return shortage && { reason: `OutOf${shortage.resource}`, message: `Pod was rejected: ${shortage.message}` }
}

/** What there is too little of for the pod beside the others. These count with what they have, while that is more than they are to have. */
export function shortageOf(
  pod: Pod,
  others: readonly Pod[],
  allocatable: Amounts,
): { readonly resource: string; readonly message: string } | undefined {
  const shortage = (resource: string, requested: number, used: number, capacity: number) => ({
    resource,
    message: `Node didn't have enough resource: ${resource}, requested: ${requested}, used: ${used}, capacity: ${capacity}`,
  })
  const pods = amountOf('pods', allocatable) ?? Number.POSITIVE_INFINITY
  if (others.length + 1 > pods) return shortage('pods', 1, others.length, pods)
  const reserved = others.map(reservedSpec)
  for (const resource of Object.keys(allocatable)) {
    if (resource === 'pods') continue
    const requested = podAmount(pod.spec, resource, 'requests')
    const capacity = amountOf(resource, allocatable) ?? 0
    const used = reserved.reduce((sum, spec) => sum + podAmount(spec, resource, 'requests'), 0)
    if (requested > 0 && used + requested > capacity) return shortage(resource, requested, used, capacity)
  }
  return undefined
}

interface HostPort {
  readonly port: number
  readonly protocol: string
  readonly ip: string
}

function hostPortsOf({ spec }: Pod): readonly HostPort[] {
  return [...(spec.initContainers?.filter(c => c.restartPolicy === 'Always') ?? []), ...spec.containers].flatMap(container =>
    (container.ports ?? []).flatMap(({ containerPort, hostPort = spec.hostNetwork ? containerPort : 0, protocol, hostIP }) =>
      hostPort > 0 ? [{ port: hostPort, protocol, ip: hostIP || '0.0.0.0' }] : [],
    ),
  )
}

function collide(a: HostPort, b: HostPort): boolean {
  return a.port === b.port && a.protocol === b.protocol && (a.ip === b.ip || a.ip === '0.0.0.0' || b.ip === '0.0.0.0')
}
