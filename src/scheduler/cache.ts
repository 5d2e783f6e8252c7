// The scheduler's picture of the cluster: nodes with their pods, and the pods that it has placed itself but not yet seen there. Such an
// assumed pod counts until the API shows it bound, the binding fails, or its time runs out.

import type { Node } from '../api/core/node.ts'
import type { Pod } from '../api/core/pod.ts'
import { deepEqual } from '../meta/deep-equal.ts'
import type { Snapshot } from './framework.ts'
import { type NodeInfo, nodeInfoOf, withoutPod, withPod } from './node-info.ts'
import { takesTheSame } from './pod-demand.ts'

const ZONE_LABEL = 'topology.kubernetes.io/zone'

interface Placed {
  readonly pod: Pod
  readonly node: string
  /** When an assumed pod runs out; undefined for a pod that the API shows on its node. */
  readonly expiresMs: number | undefined
  readonly isAssumed: boolean
}

export class Cache {
  readonly #infos = new Map<string, NodeInfo>()
  /** Pods by uid, also those whose node is not known yet. */
  readonly #placed = new Map<string, Placed>()
  readonly #byNode = new Map<string, Map<string, Pod>>()
  /** The nodes in the order in which they are tried: zone by zone in turn. */
  #order: string[] | undefined
  readonly #positions = new Map<string, number>()
  readonly #changed = new Set<string>()
  #snapshot: CacheSnapshot = new CacheSnapshot([], new Map())

  get podCount(): number {
    return this.#placed.size
  }

  setNode(node: Node): NodeInfo {
    const { name } = node.metadata
    const before = this.#infos.get(name)
    const info = nodeInfoOf(node, [...(this.#byNode.get(name)?.values() ?? [])])
    if (before?.node.metadata.labels?.[ZONE_LABEL] !== node.metadata.labels?.[ZONE_LABEL] || !before) this.#order = undefined
    this.#put(info)
    return info
  }
  /** Its pods are remembered: they go by their own deletion. */
  removeNode(name: string): void {
    if (this.#infos.delete(name)) this.#order = undefined
  }

  /** Counts the pod on the node from now on. */
  assume(pod: Pod, node: string): void {
    this.#place({ pod, node, expiresMs: undefined, isAssumed: true })
  }
  /** The binding was accepted; the API will show the pod on its node before then. */
  expectUntil(pod: Pod, expiresMs: number): void {
    const placed = this.#placed.get(pod.metadata.uid)
    if (placed?.isAssumed) this.#placed.set(pod.metadata.uid, { ...placed, expiresMs })
  }
  /** The binding failed. */
  forget(pod: Pod): void {
    if (this.isAssumed(pod)) this.removePod(pod.metadata.uid)
  }
  isAssumed(pod: Pod): boolean {
    return this.#placed.get(pod.metadata.uid)?.isAssumed ?? false
  }
  /** Forgets the assumed pods whose time is up. */
  expire(nowMs: number): readonly Pod[] {
    const late = [...this.#placed.values()].filter(p => p.expiresMs !== undefined && p.expiresMs <= nowMs).map(p => p.pod)
    for (const pod of late) this.removePod(pod.metadata.uid)
    return late
  }

  /** The API shows the pod on its node. */
  setPod(pod: Pod): void {
    const node = pod.spec.nodeName ?? ''
    const before = this.#placed.get(pod.metadata.uid)
    // Most updates of running pods change their status only.
    if (before?.node === node && !before.isAssumed && looksTheSame(pod, before.pod)) return
    this.#place({ pod, node, expiresMs: undefined, isAssumed: false })
  }
  /** Whether the pod was there. */
  removePod(uid: string): boolean {
    const placed = this.#placed.get(uid)
    if (!placed) return false
    this.#placed.delete(uid)
    this.#byNode.get(placed.node)?.delete(uid)
    const info = this.#infos.get(placed.node)
    if (info) this.#put(withoutPod(info, uid))
    return true
  }

  /** The state now, which later changes leave alone. It costs what has changed since the last one. */
  snapshot(): Snapshot {
    if (!this.#order) {
      this.#order = inTurns([...this.#infos.values()])
      this.#positions.clear()
      for (const [i, name] of this.#order.entries()) this.#positions.set(name, i)
      this.#snapshot = new CacheSnapshot(
        this.#order.map(name => this.#infos.get(name)!),
        new Map(this.#positions),
      )
    } else if (this.#changed.size > 0) {
      const nodes = this.#snapshot.nodes.slice()
      for (const name of this.#changed) {
        const at = this.#positions.get(name)
        if (at !== undefined) nodes[at] = this.#infos.get(name)!
      }
      this.#snapshot = new CacheSnapshot(nodes, this.#snapshot.positions)
    }
    this.#changed.clear()
    return this.#snapshot
  }

  #place(placed: Placed): void {
    const { uid } = placed.pod.metadata
    this.removePod(uid)
    this.#placed.set(uid, placed)
    const pods = this.#byNode.get(placed.node) ?? new Map<string, Pod>()
    this.#byNode.set(placed.node, pods)
    pods.set(uid, placed.pod)
    const info = this.#infos.get(placed.node)
    if (info) this.#put(withPod(info, placed.pod))
  }
  #put(info: NodeInfo): void {
    this.#infos.set(info.name, info)
    this.#changed.add(info.name)
  }
}

class CacheSnapshot implements Snapshot {
  readonly nodes: readonly NodeInfo[]
  readonly positions: ReadonlyMap<string, number>
  constructor(nodes: readonly NodeInfo[], positions: ReadonlyMap<string, number>) {
    this.nodes = nodes
    this.positions = positions
  }
  get(name: string): NodeInfo | undefined {
    const at = this.positions.get(name)
    return at === undefined ? undefined : this.nodes[at]
  }
}

function looksTheSame(next: Pod, previous: Pod): boolean {
  const [a, b] = [next.metadata, previous.metadata]
  return (
    a.generation === b.generation &&
    deepEqual(a.labels, b.labels) &&
    a.deletionTimestamp === b.deletionTimestamp &&
    takesTheSame(next, previous)
  )
}

/** One node of each zone after the other, so that the first ones to be tried lie in all zones. */
function inTurns(nodes: readonly NodeInfo[]): string[] {
  const zones = Map.groupBy(nodes, info => info.node.metadata.labels?.[ZONE_LABEL] ?? '')
  const lists = [...zones.values()]
  const longest = Math.max(0, ...lists.map(list => list.length))
  return Array.from({ length: longest }, (_, i) => lists.flatMap(list => (list[i] ? [list[i].name] : []))).flat()
}
