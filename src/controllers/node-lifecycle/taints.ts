// The taints by which a node's conditions keep pods away from it (NoSchedule) or drive them out (NoExecute).
import type { Node, NodeCondition, Taint } from '../../api/core/node.ts'
import { findCondition } from '../../meta/conditions.ts'
import { formatTime } from '../../meta/time.ts'

export const NOT_READY = 'node.kubernetes.io/not-ready'
export const UNREACHABLE = 'node.kubernetes.io/unreachable'
export const OUT_OF_SERVICE = 'node.kubernetes.io/out-of-service'
const UNSCHEDULABLE = 'node.kubernetes.io/unschedulable'

/** Taint by the status of a condition. */
const byCondition: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  Ready: { False: NOT_READY, Unknown: UNREACHABLE },
  MemoryPressure: { True: 'node.kubernetes.io/memory-pressure' },
  DiskPressure: { True: 'node.kubernetes.io/disk-pressure' },
  NetworkUnavailable: { True: 'node.kubernetes.io/network-unavailable' },
  PIDPressure: { True: 'node.kubernetes.io/pid-pressure' },
}
const ownKeys = new Set([...Object.values(byCondition).flatMap(keys => Object.values(keys)), UNSCHEDULABLE])

/** Whether the taint drives pods out because the node is not ready. */
export function isHealthEviction({ key, effect }: Taint): boolean {
  return effect === 'NoExecute' && (key === NOT_READY || key === UNREACHABLE)
}

/** The NoExecute taint that goes with the node's state; undefined while it is ready, or has said nothing yet. */
export function evictionKey(conditions: readonly NodeCondition[] | undefined): string | undefined {
  return byCondition['Ready']?.[findCondition(conditions, 'Ready')?.status ?? '']
}

/**
 * The node's taints as its conditions want them. Taints that drive pods out are only turned into one another here, or taken away:
 * adding them is for those who see the whole zone. The same list comes back when nothing changes.
 */
export function taintsOf(spec: Node['spec'], conditions: readonly NodeCondition[] | undefined, now: number): readonly Taint[] {
  const taints = spec.taints ?? []
  const wanted = new Set(schedulingKeys(spec, conditions))
  const evicting = evictionKey(conditions)
  const kept = taints.flatMap(taint => {
    if (taint.effect === 'NoSchedule' && ownKeys.has(taint.key)) return wanted.delete(taint.key) ? [taint] : []
    if (!isHealthEviction(taint) || taint.key === evicting) return [taint.effect === 'NoExecute' ? dated(taint, now) : taint]
    return evicting && !taints.some(t => t.key === evicting && isHealthEviction(t)) ? [evictionTaint(evicting, now)] : []
  })
  const added = [...wanted].map((key): Taint => ({ key, effect: 'NoSchedule', timeAdded: formatTime(now) }))
  const next = [...kept, ...added]
  return next.length === taints.length && next.every((taint, i) => taint === taints[i]) ? taints : next
}

export function evictionTaint(key: string, now: number): Taint {
  return { key, effect: 'NoExecute', timeAdded: formatTime(now) }
}

/** Pods count their toleration from when the taint came; people who taint leave the time out. */
function dated(taint: Taint, now: number): Taint {
  return taint.timeAdded ? taint : { ...taint, timeAdded: formatTime(now) }
}

function schedulingKeys({ unschedulable }: Node['spec'], conditions: readonly NodeCondition[] | undefined): readonly string[] {
  const keys = (conditions ?? []).flatMap(({ type, status }) => byCondition[type]?.[status] ?? [])
  return unschedulable ? [...keys, UNSCHEDULABLE] : keys
}
