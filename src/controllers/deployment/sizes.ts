// How large each ReplicaSet of a Deployment is to be. Arithmetic only; the rules are those that upstream documents for rolling updates.
import type { Deployment, DeploymentSpec } from '../../api/apps/deployment.ts'
import type { ReplicaSet } from '../../api/apps/replica-set.ts'
import { scaledValue } from '../../meta/int-or-string.ts'
import { maxReplicas } from './annotations.ts'

export function total(sets: readonly ReplicaSet[]): number {
  return sets.reduce((sum, rs) => sum + rs.spec.replicas, 0)
}
/** A set that was just made smaller still tells of the pods that are about to go; they are not counted on. */
function available(sets: readonly ReplicaSet[]): number {
  return sets.reduce((sum, rs) => sum + Math.min(rs.spec.replicas, rs.status.availableReplicas ?? 0), 0)
}

/** How many pods beyond the wanted number there may be. */
export function maxSurge(spec: DeploymentSpec): number {
  return fenceposts(spec).surge
}
/** How many of the wanted pods may be unavailable. */
export function maxUnavailable(spec: DeploymentSpec): number {
  return Math.min(spec.replicas, fenceposts(spec).unavailable)
}
/** Surge rounds up, unavailable down; if both come to nothing, one pod may be unavailable, or nothing would ever move. */
function fenceposts({ strategy, replicas }: DeploymentSpec): { readonly surge: number; readonly unavailable: number } {
  if (strategy.type !== 'RollingUpdate') return { surge: 0, unavailable: 0 }
  const surge = scaledValue(strategy.rollingUpdate?.maxSurge ?? '25%', replicas, 'up')
  const unavailable = scaledValue(strategy.rollingUpdate?.maxUnavailable ?? '25%', replicas, 'down')
  return { surge, unavailable: surge === 0 && unavailable === 0 ? 1 : unavailable }
}

/** How far the new set may grow now. `current` is its size, 0 for one that is yet to be made. */
export function newSetSize({ spec }: Deployment, current: number, all: readonly ReplicaSet[]): number {
  if (spec.strategy.type === 'Recreate') return spec.replicas
  const room = spec.replicas + maxSurge(spec) - total(all)
  return room <= 0 ? current : current + Math.min(room, spec.replicas - current)
}

/** The sizes to which the old sets may shrink now: unhealthy pods go first, then as many as availability can spare. */
export function oldSetSizes({ spec }: Deployment, newSet: ReplicaSet, old: readonly ReplicaSet[]): ReadonlyMap<ReplicaSet, number> {
  const sizes = new Map(old.map(rs => [rs, rs.spec.replicas]))
  const minAvailable = spec.replicas - maxUnavailable(spec)
  const newUnavailable = newSet.spec.replicas - (newSet.status.availableReplicas ?? 0)
  const spare = total([newSet, ...old]) - minAvailable - newUnavailable
  if (total(old) === 0 || spare <= 0) return sizes
  const byAge = old.toSorted(oldestFirst)
  let unhealthy = spare
  for (const rs of byAge) {
    const down = Math.max(0, Math.min(unhealthy, rs.spec.replicas - (rs.status.availableReplicas ?? 0)))
    sizes.set(rs, rs.spec.replicas - down)
    unhealthy -= down
  }
  let healthy = available([newSet, ...old]) - minAvailable
  for (const rs of byAge) {
    const size = sizes.get(rs) ?? 0
    const down = Math.max(0, Math.min(healthy, size))
    sizes.set(rs, size - down)
    healthy -= down
  }
  return sizes
}

/** Shares out a changed number among sets that are in the middle of a rollout, in proportion to their sizes. */
export function proportionalSizes(deployment: Deployment, active: readonly ReplicaSet[]): ReadonlyMap<ReplicaSet, number> {
  const { spec } = deployment
  const toAdd = (spec.replicas > 0 ? spec.replicas + maxSurge(spec) : 0) - total(active)
  const newestFirst = (a: ReplicaSet, b: ReplicaSet) => -oldestFirst(a, b)
  const bySize = active.toSorted((a, b) => b.spec.replicas - a.spec.replicas || (toAdd > 0 ? newestFirst(a, b) : oldestFirst(a, b)))
  const sizes = new Map<ReplicaSet, number>()
  let added = 0
  for (const rs of bySize) {
    const share = proportion(deployment, rs, toAdd, added)
    sizes.set(rs, rs.spec.replicas + share)
    added += share
  }
  const [largest] = bySize
  if (largest) sizes.set(largest, Math.max(0, (sizes.get(largest) ?? 0) + toAdd - added))
  return sizes
}

function proportion({ spec, status }: Deployment, rs: ReplicaSet, toAdd: number, added: number): number {
  const left = toAdd - added
  if (rs.spec.replicas === 0 || left === 0) return 0
  const share =
    spec.replicas === 0
      ? -rs.spec.replicas
      : Math.round((rs.spec.replicas * (spec.replicas + maxSurge(spec))) / (maxReplicas(rs) || status.replicas || rs.spec.replicas)) -
        rs.spec.replicas
  return toAdd > 0 ? Math.min(share, left) : Math.max(share, left)
}

export function oldestFirst(a: ReplicaSet, b: ReplicaSet): number {
  const [left, right] = [a.metadata.creationTimestamp, b.metadata.creationTimestamp]
  if (left !== right) return left < right ? -1 : 1
  return a.metadata.name < b.metadata.name ? -1 : a.metadata.name > b.metadata.name ? 1 : 0
}
