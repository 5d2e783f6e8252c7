// A node as the scheduler sees it: what it has, and what its pods take. Values are immutable, so a snapshot is a list of them and
// a change costs one new value.
import type { Node, Taint } from '../api/core/node.ts'
import type { Pod } from '../api/core/pod.ts'
import { type Amounts, amountsOf, demandOf, type HostPort, parseAmounts } from './pod-demand.ts'

export interface NodeInfo {
  readonly name: string
  readonly node: Node
  readonly pods: readonly Pod[]
  readonly allocatable: Amounts & { readonly pods: number }
  readonly requested: Amounts
  /** What the pods take for scoring; see `PodDemand`. */
  readonly scoring: { readonly cpu: number; readonly memory: number }
  readonly hostPorts: readonly HostPort[]
  readonly taints: readonly Taint[]
  /** Sizes in bytes by every name of an image. */
  readonly images: ReadonlyMap<string, number>
}

const nothing: Amounts = { cpu: 0, memory: 0, ephemeralStorage: 0, others: new Map() }

export function nodeInfoOf(node: Node, pods: readonly Pod[]): NodeInfo {
  const list = parseAmounts(node.status.allocatable ?? {})
  const count = amountsOf(new Map([['memory', list.get('pods') ?? { nanos: 0n, format: 'decimal' as const }]])).memory
  const demands = pods.map(demandOf)
  return {
    name: node.metadata.name,
    node,
    pods,
    allocatable: { ...amountsOf(list), pods: count },
    requested: demands.reduce((sum, d) => add(sum, d.requests, 1), nothing),
    scoring: demands.reduce((sum, d) => ({ cpu: sum.cpu + d.scoring.cpu, memory: sum.memory + d.scoring.memory }), { cpu: 0, memory: 0 }),
    hostPorts: demands.flatMap(d => d.hostPorts),
    taints: node.spec.taints ?? [],
    images: new Map(
      (node.status.images ?? []).flatMap(({ names, sizeBytes }) => (names ?? []).map(name => [name, sizeBytes ?? 0] as const)),
    ),
  }
}

export function withPod(info: NodeInfo, pod: Pod): NodeInfo {
  const { requests, scoring, hostPorts } = demandOf(pod)
  return {
    ...info,
    pods: [...info.pods, pod],
    requested: add(info.requested, requests, 1),
    scoring: { cpu: info.scoring.cpu + scoring.cpu, memory: info.scoring.memory + scoring.memory },
    hostPorts: hostPorts.length === 0 ? info.hostPorts : [...info.hostPorts, ...hostPorts],
  }
}

/** Answers the same value when the pod is not there. */
export function withoutPod(info: NodeInfo, uid: string): NodeInfo {
  const pod = info.pods.find(p => p.metadata.uid === uid)
  if (!pod) return info
  const { requests, scoring, hostPorts } = demandOf(pod)
  const pods = info.pods.filter(p => p !== pod)
  return {
    ...info,
    pods,
    requested: add(info.requested, requests, -1),
    scoring: { cpu: info.scoring.cpu - scoring.cpu, memory: info.scoring.memory - scoring.memory },
    hostPorts: hostPorts.length === 0 ? info.hostPorts : pods.flatMap(p => demandOf(p).hostPorts),
  }
}

function add(a: Amounts, b: Amounts, sign: 1 | -1): Amounts {
  let others = a.others
  if (b.others.size > 0) {
    const sums = new Map(a.others)
    for (const [name, value] of b.others) sums.set(name, (sums.get(name) ?? 0) + sign * value)
    others = sums
  }
  return {
    cpu: a.cpu + sign * b.cpu,
    memory: a.memory + sign * b.memory,
    ephemeralStorage: a.ephemeralStorage + sign * b.ephemeralStorage,
    others,
  }
}
