// Which pods of a DaemonSet to make and which to delete. Pure counting over nodes; the rules of updates are upstream's.
import type { DaemonSet } from '../../api/apps/daemon-set.ts'
import type { Pod } from '../../api/core/pod.ts'
import { isPodAvailable } from '../../api/core/pod-conditions.ts'
import { scaledValue } from '../../meta/int-or-string.ts'
import type { Placement } from './nodes.ts'
import { HASH_LABEL } from './revisions.ts'

/** A node with the set's pods on it, oldest first. A node that is gone has neither `runs` nor `stays`. */
export interface Place extends Placement {
  readonly node: string
  readonly pods: readonly Pod[]
}
export interface Plan {
  /** Nodes to make a pod for. */
  readonly create: readonly string[]
  readonly remove: readonly Pod[]
}

export function surgeOf({ spec }: DaemonSet, desired: number): number {
  const { type, rollingUpdate } = spec.updateStrategy
  return type === 'RollingUpdate' ? scaledValue(rollingUpdate?.maxSurge ?? 0, desired, 'up') : 0
}
function unavailableOf({ spec }: DaemonSet, desired: number): number {
  return scaledValue(spec.updateStrategy.rollingUpdate?.maxUnavailable ?? 1, desired, 'up')
}

function isEnded({ status }: Pod): boolean {
  return status.phase === 'Failed' || status.phase === 'Succeeded'
}
export function isCurrent(pod: Pod, hash: string): boolean {
  return pod.metadata.labels?.[HASH_LABEL] === hash
}

/** One pod on each node where one belongs, and none elsewhere. `mayReplace`: whether an ended pod is to be replaced now. */
export function placePods(
  set: DaemonSet,
  places: readonly Place[],
  hash: string,
  now: number,
  mayReplace: (node: string) => boolean,
): Plan {
  const desired = places.filter(place => place.runs).length
  const surges = surgeOf(set, desired) > 0
  const plans = places.map(({ node, runs, stays, pods }): Plan => {
    const living = pods.filter(pod => !pod.metadata.deletionTimestamp)
    if (!stays) return { create: [], remove: living }
    const ended = living.filter(isEnded)
    const running = living.filter(pod => !isEnded(pod))
    // A pod that is still going keeps its place: two daemons of a kind on one node could fight over a port.
    if (runs && pods.length === 0) return { create: [node], remove: [] }
    return { create: [], remove: [...(mayReplace(node) ? ended : []), ...surplus(set, running, hash, now, surges)] }
  })
  return { create: plans.flatMap(plan => plan.create), remove: plans.flatMap(plan => plan.remove) }
}

/** Of several pods on a node the oldest stays; while surging, the oldest of each template, until the new one is available. */
function surplus(set: DaemonSet, running: readonly Pod[], hash: string, now: number, surges: boolean): readonly Pod[] {
  if (!surges) return running.slice(1)
  const [oldest, ...others] = running.filter(pod => isCurrent(pod, hash))
  const [former, ...formers] = running.filter(pod => !isCurrent(pod, hash))
  const isReplaced = oldest !== undefined && isPodAvailable(oldest, set.spec.minReadySeconds ?? 0, now)
  return [...others, ...formers, ...(former && isReplaced ? [former] : [])]
}

/** The next step of a rolling update. To be asked when every node has its pod. */
export function updatePods(set: DaemonSet, places: readonly Place[], hash: string, now: number): Plan {
  const desired = places.filter(place => place.runs).length
  const isAvailable = (pod: Pod) => isPodAvailable(pod, set.spec.minReadySeconds ?? 0, now)
  const nodes = places
    .filter(place => place.runs)
    .map(({ node, pods }) => {
      const living = pods.filter(pod => !pod.metadata.deletionTimestamp)
      return { node, current: living.find(pod => isCurrent(pod, hash)), former: living.find(pod => !isCurrent(pod, hash)) }
    })
  const [broken, sound] = [
    nodes.filter(n => n.former && !n.current && !isAvailable(n.former)),
    nodes.filter(n => n.former && !n.current && isAvailable(n.former)),
  ]
  const surge = surgeOf(set, desired)
  if (surge > 0) {
    const surging = nodes.filter(n => n.current && n.former && !isAvailable(n.current)).length
    // A pod that does not work anyhow is replaced beyond the bounds.
    return { create: [...broken, ...sound.slice(0, Math.max(0, surge - surging))].map(n => n.node), remove: [] }
  }
  const unavailable = nodes.filter(n => (n.current ? !isAvailable(n.current) : !n.former || !isAvailable(n.former))).length
  const spare = Math.max(0, unavailableOf(set, desired) - unavailable)
  return { create: [], remove: [...broken, ...sound.slice(0, spare)].flatMap(n => n.former ?? []) }
}
