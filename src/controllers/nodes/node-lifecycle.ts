// Watches over nodes: one that is not heard of becomes Unknown, its pods not ready, and taints tell the scheduler and the evictor.
import { Lease } from '../../api/coordination/lease.ts'
import { Node, type NodeCondition, type Taint } from '../../api/core/node.ts'
import { Pod } from '../../api/core/pod.ts'
import { isPodReady } from '../../api/core/pod-conditions.ts'
import { keyOf } from '../../api/kind.ts'
import { findCondition, isConditionTrue, setCondition } from '../../meta/conditions.ts'
import { formatTime, parseTime } from '../../meta/time.ts'
import { type Context, index, nothingToDo, type Outcome, type Reconciler, readOnly, watch } from '../runtime/reconciler.ts'
import type { View } from '../runtime/view.ts'
import { type Write, write } from '../runtime/writes.ts'
import { isAllDisrupted, isGivenUp, isNextToGiveUp, NOT_READY, UNREACHABLE } from './zones.ts'

export interface NodeLifecycleOptions {
  /** A node that is not heard of for so long is Unknown; default 40 s. */
  readonly graceMs?: number
  /** The same for a node that has never told its status; default 60 s. */
  readonly startupGraceMs?: number
}

export const BY_NODE = 'node'
const LEASE_NAMESPACE = 'kube-node-lease'
const MONITOR_MS = 5000
const told = ['Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure'] as const
const prefix = 'node.kubernetes.io/'
const UNSCHEDULABLE = `${prefix}unschedulable`
const pressures: Readonly<Record<string, string>> = {
  MemoryPressure: `${prefix}memory-pressure`,
  DiskPressure: `${prefix}disk-pressure`,
  PIDPressure: `${prefix}pid-pressure`,
  NetworkUnavailable: `${prefix}network-unavailable`,
}
const managed: ReadonlySet<string> = new Set([NOT_READY, UNREACHABLE, UNSCHEDULABLE, ...Object.values(pressures)])

export const podsByNode = index(Pod, BY_NODE, pod => (pod.spec.nodeName ? [pod.spec.nodeName] : []))

export function nodeLifecycleController({ graceMs = 40_000, startupGraceMs = 60_000 }: NodeLifecycleOptions = {}): Reconciler {
  return {
    name: 'node-controller',
    // A renewed lease wakes nobody: the node is looked at when its grace would have run out.
    watches: [watch(Node, node => [keyOf(node)]), readOnly(Lease), readOnly(Pod)],
    indices: [podsByNode],
    reconcile: (key, context) => reconcile(key, context, graceMs, startupGraceMs),
  }
}

function reconcile(key: string, { view, now }: Context, graceMs: number, startupGraceMs: number): Outcome {
  const node = view.get(Node, key)
  if (!node || node.metadata.deletionTimestamp) return nothingToDo
  const dueMs = dueTimeMs(view, node, graceMs, startupGraceMs)
  const isLost = now > dueMs
  const conditions = isLost ? unknownConditions(node, formatTime(now)) : node.status.conditions
  const seen: Node = conditions === node.status.conditions ? node : { ...node, status: { ...node.status, conditions } }
  const taints = taintsFor(seen, node, view, now)
  const isReady = isConditionTrue(conditions, 'Ready')
  return {
    writes: [
      ...(taints === node.spec.taints ? [] : [write.update(Node, { ...node, spec: { ...node.spec, taints } }), ...news(node, taints)]),
      ...(seen === node ? [] : [write.updateStatus(Node, seen)]),
      ...(findCondition(conditions, 'Ready')?.status === 'Unknown' ? podsNotReady(view, key, formatTime(now)) : []),
    ],
    requeueAfterMs: isLost || !isReady ? MONITOR_MS : Math.max(1, dueMs - now + 1),
  }
}

/** The taints remember whether the node was ready when it was looked at last. */
function news(node: Node, taints: readonly Taint[] | undefined): readonly Write[] {
  const [wasReady, isReady] = [!isTaintedUnready(node.spec.taints), !isTaintedUnready(taints)]
  if (wasReady === isReady) return []
  const reason = isReady ? 'NodeReady' : 'NodeNotReady'
  return [write.event(Node, node, 'Normal', reason, `Node ${node.metadata.name} status is now: ${reason}`)]
}
function isTaintedUnready(taints: readonly Taint[] | undefined): boolean {
  return (taints ?? []).some(({ key, effect }) => effect === 'NoSchedule' && (key === NOT_READY || key === UNREACHABLE))
}

/** By when the node has to be heard of again. Its lease is judged by when it was seen to change: its clock may not be ours. */
function dueTimeMs(view: View, node: Node, graceMs: number, startupGraceMs: number): number {
  const ready = findCondition(node.status.conditions, 'Ready')
  const heardMs = view.seenMs(Lease, `${LEASE_NAMESPACE}/${node.metadata.name}`)
  const postedMs = ready && parseTime(ready.lastHeartbeatTime ?? node.metadata.creationTimestamp)
  // A heartbeat from the future, by our clock, was posted when it was seen at the latest.
  const heartbeatMs = postedMs && Math.min(postedMs, view.seenMs(Node, node.metadata.name) ?? postedMs)
  if (heardMs === undefined && heartbeatMs === undefined) return parseTime(node.metadata.creationTimestamp) + startupGraceMs
  return Math.max(heardMs ?? 0, heartbeatMs ?? 0) + graceMs
}

function unknownConditions({ status, metadata }: Node, now: string): readonly NodeCondition[] | undefined {
  let { conditions } = status
  for (const type of told) {
    const current = findCondition(conditions, type)
    if (current?.status === 'Unknown') continue
    const next = current
      ? { ...current, status: 'Unknown', reason: 'NodeStatusUnknown', message: 'Kubelet stopped posting node status.' }
      : {
          ...{ type, status: 'Unknown', reason: 'NodeStatusNeverUpdated', message: 'Kubelet never posted node status.' },
          lastHeartbeatTime: metadata.creationTimestamp,
        }
    conditions = setCondition(conditions, next, now)
  }
  return conditions
}

/** The node's taints with ours as they should be, and with their time where it counts; the same list when they are. */
function taintsFor(node: Node, before: Node, view: View, now: number): readonly Taint[] | undefined {
  const wanted = [...noScheduleKeys(node).map(key => ({ key, effect: 'NoSchedule' as const })), ...noExecute(node, before, view, now)]
  const current = node.spec.taints ?? []
  const same = (a: Taint, b: Taint) => a.key === b.key && a.effect === b.effect
  const isOurs = (taint: Taint) => managed.has(taint.key) && taint.effect !== 'PreferNoSchedule'
  const kept = current.filter(taint => !isOurs(taint) || wanted.some(other => same(other, taint)))
  const added = wanted.filter(taint => !current.some(other => same(other, taint)))
  const isDated = kept.every(taint => taint.effect !== 'NoExecute' || taint.timeAdded !== undefined)
  if (kept.length === current.length && added.length === 0 && isDated) return node.spec.taints
  // People who taint leave out the time, from which tolerations count.
  const dated = (taint: Taint) => (taint.effect === 'NoExecute' ? { ...taint, timeAdded: taint.timeAdded ?? formatTime(now) } : taint)
  return [...kept.map(dated), ...added.map(taint => ({ ...taint, timeAdded: formatTime(now) }))]
}

function noScheduleKeys({ status, spec }: Node): readonly string[] {
  const ready = findCondition(status.conditions, 'Ready')?.status
  return [
    ...(ready === 'True' ? [] : [ready === 'Unknown' ? UNREACHABLE : NOT_READY]),
    ...Object.entries(pressures).flatMap(([type, key]) => (isConditionTrue(status.conditions, type) ? [key] : [])),
    ...(spec.unschedulable ? [UNSCHEDULABLE] : []),
  ]
}

/** Pods are driven off nodes that are not ready, zone by zone no faster than the zone's state allows. */
function noExecute(node: Node, before: Node, view: View, now: number): readonly Taint[] {
  const key = evictionKey(node)
  if (!key) return []
  const nodes = view.list(Node)
  if (isAllDisrupted(nodes)) return []
  const taint: Taint = { key, effect: 'NoExecute' }
  if (isGivenUp(node)) return [taint]
  // Only once its failure is written: then all that failed together are seen together, and stand in line.
  if (evictionKey(before) !== key) return []
  return isNextToGiveUp(node, nodes, now) ? [taint] : []
}
function evictionKey({ status }: Node): string | undefined {
  const ready = findCondition(status.conditions, 'Ready')?.status
  return ready === 'True' || ready === undefined ? undefined : ready === 'Unknown' ? UNREACHABLE : NOT_READY
}

/** Nobody else can say of pods on a silent node that they are not to be relied on. */
function podsNotReady(view: View, node: string, now: string): readonly Write[] {
  return view
    .byIndex(Pod, BY_NODE, node)
    .filter(isPodReady)
    .flatMap(pod => {
      const ready = findCondition(pod.status.conditions, 'Ready')
      const conditions = setCondition(pod.status.conditions, { ...ready, type: 'Ready', status: 'False' }, now)
      return [
        write.updateStatus(Pod, { ...pod, status: { ...pod.status, conditions } }),
        write.event(Pod, pod, 'Warning', 'NodeNotReady', 'Node is not ready'),
      ]
    })
}
