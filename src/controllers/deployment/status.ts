// What a Deployment tells of its rollout: counts, and the conditions Available, Progressing and ReplicaFailure with upstream's reasons.
import type { Deployment, DeploymentCondition, DeploymentStatus } from '../../api/apps/deployment.ts'
import type { ReplicaSet } from '../../api/apps/replica-set.ts'
import { findCondition, removeCondition } from '../../meta/conditions.ts'
import { formatTime } from '../../meta/time.ts'
import { maxUnavailable, total } from './sizes.ts'

type Conditions = readonly DeploymentCondition[] | undefined
/** A deadline of this many seconds is none. */
const NO_DEADLINE = 2147483647

export interface Rollout {
  readonly deployment: Deployment
  readonly newSet: ReplicaSet | undefined
  /** The new set too. */
  readonly all: readonly ReplicaSet[]
  readonly now: number
}

export function hasDeadline({ spec }: Deployment): boolean {
  return spec.progressDeadlineSeconds !== NO_DEADLINE
}

/** The status of a Deployment that is not rolling out: paused, being scaled, or going. */
export function plainStatus(rollout: Rollout, conditions: Conditions): DeploymentStatus {
  const { deployment, newSet, all, now } = rollout
  const availableReplicas = sum(all, rs => rs.status.availableReplicas)
  const isAvailable = availableReplicas >= deployment.spec.replicas - maxUnavailable(deployment.spec)
  const withAvailable = isAvailable
    ? withCondition(conditions, 'Available', 'True', 'MinimumReplicasAvailable', 'Deployment has minimum availability.', now)
    : withCondition(conditions, 'Available', 'False', 'MinimumReplicasUnavailable', 'Deployment does not have minimum availability.', now)
  const counts = {
    replicas: sum(all, rs => rs.status.replicas),
    updatedReplicas: newSet?.status.replicas ?? 0,
    readyReplicas: sum(all, rs => rs.status.readyReplicas),
    availableReplicas,
    unavailableReplicas: Math.max(0, total(all) - availableReplicas),
  }
  const { collisionCount } = deployment.status
  return {
    ...Object.fromEntries(Object.entries(counts).filter(([, count]) => count !== 0)),
    terminatingReplicas: sum(all, rs => rs.status.terminatingReplicas),
    ...(collisionCount !== undefined && { collisionCount }),
    observedGeneration: deployment.metadata.generation,
    conditions: withAvailable,
  }
}

/** The status of a rollout, complete or not. `conditions` are those to go on from. */
export function rolloutStatus(rollout: Rollout, conditions: Conditions): DeploymentStatus {
  const { deployment } = rollout
  const status = plainStatus(rollout, conditions)
  const progressing = hasDeadline(deployment)
    ? withProgress(rollout, status, conditions)
    : removeCondition(status.conditions, 'Progressing')
  const failure = rollout.all.flatMap(rs => findCondition(rs.status.conditions, 'ReplicaFailure') ?? [])[0]
  return {
    ...status,
    conditions: failure
      ? withCondition(progressing, 'ReplicaFailure', failure.status, failure.reason ?? '', failure.message ?? '', rollout.now)
      : removeCondition(progressing, 'ReplicaFailure'),
  }
}

function withProgress(
  { deployment, newSet, now }: Rollout,
  status: DeploymentStatus,
  conditions: Conditions,
): readonly DeploymentCondition[] {
  const current = findCondition(conditions, 'Progressing')
  const settled = (status.replicas ?? 0) === (status.updatedReplicas ?? 0) && current?.reason === 'NewReplicaSetAvailable'
  if (settled) return status.conditions ?? []
  const subject = newSet ? `ReplicaSet "${newSet.metadata.name}"` : `Deployment "${deployment.metadata.name}"`
  const become = (value: string, reason: string, message: string) =>
    withCondition(status.conditions, 'Progressing', value, reason, `${subject} ${message}`, now)
  if (isComplete(deployment, status)) return become('True', 'NewReplicaSetAvailable', 'has successfully progressed.')
  if (hasProgressed(deployment.status, status)) {
    // Progress resets the deadline, so the condition is renewed even when it says what it said before.
    const renewed = removeCondition(status.conditions, 'Progressing')
    const since = current?.status === 'True' ? current.lastTransitionTime : formatTime(now)
    const times = { lastUpdateTime: formatTime(now), lastTransitionTime: since }
    return [
      ...renewed,
      { type: 'Progressing', status: 'True', reason: 'ReplicaSetUpdated', message: `${subject} is progressing.`, ...times },
    ]
  }
  if (hasTimedOut(deployment, current, now)) return become('False', 'ProgressDeadlineExceeded', 'has timed out progressing.')
  return status.conditions ?? []
}

export function isComplete({ spec, metadata }: Deployment, status: DeploymentStatus): boolean {
  const { updatedReplicas = 0, replicas = 0, availableReplicas = 0, observedGeneration = 0 } = status
  return (
    updatedReplicas === spec.replicas &&
    replicas === spec.replicas &&
    availableReplicas === spec.replicas &&
    observedGeneration >= (metadata.generation ?? 0)
  )
}

function hasProgressed(before: DeploymentStatus, now: DeploymentStatus): boolean {
  const old = (s: DeploymentStatus) => (s.replicas ?? 0) - (s.updatedReplicas ?? 0)
  return (
    (now.updatedReplicas ?? 0) > (before.updatedReplicas ?? 0) ||
    old(now) < old(before) ||
    (now.readyReplicas ?? 0) > (before.readyReplicas ?? 0) ||
    (now.availableReplicas ?? 0) > (before.availableReplicas ?? 0)
  )
}

function hasTimedOut(deployment: Deployment, progressing: DeploymentCondition | undefined, now: number): boolean {
  if (!progressing || progressing.reason === 'NewReplicaSetAvailable') return false
  return progressing.reason === 'ProgressDeadlineExceeded' || now > deadline(deployment, progressing)
}
function deadline({ spec }: Deployment, { lastUpdateTime }: DeploymentCondition): number {
  return Date.parse(lastUpdateTime ?? '') + spec.progressDeadlineSeconds * 1000
}

/** When to look again, so that a rollout which makes no progress is told in time. */
export function untilDeadlineMs(deployment: Deployment, status: DeploymentStatus, now: number): number | undefined {
  const progressing = findCondition(status.conditions, 'Progressing')
  if (!progressing || !hasDeadline(deployment) || isComplete(deployment, status)) return undefined
  if (progressing.reason === 'ProgressDeadlineExceeded' || progressing.reason === 'NewReplicaSetAvailable') return undefined
  return Math.max(1000, deadline(deployment, progressing) - now + 1000)
}

/** A condition that says the same, with the same reason, stays as it is. */
export function withCondition(
  conditions: Conditions,
  type: string,
  status: string,
  reason: string,
  message: string,
  now: number,
): readonly DeploymentCondition[] {
  const current = findCondition(conditions, type)
  if (conditions && current?.status === status && current.reason === reason) return conditions
  const time = formatTime(now)
  const lastTransitionTime = current?.status === status ? current.lastTransitionTime : time
  return [...removeCondition(conditions, type), { type, status, reason, message, lastUpdateTime: time, lastTransitionTime }]
}

function sum(sets: readonly ReplicaSet[], value: (rs: ReplicaSet) => number | undefined): number {
  return sets.reduce((total, rs) => total + (value(rs) ?? 0), 0)
}
