// Keeps a number of pods alive: the engine of ReplicaSets and ReplicationControllers, which differ in their selectors only.

import { Pod } from '../../api/core/pod.ts'
import { isPodActive, isPodAvailable, isPodReady, isPodTerminal, podReadyTime } from '../../api/core/pod-conditions.ts'
import type { PodTemplateSpec } from '../../api/core/pod-spec.ts'
import { keyOf } from '../../api/kind.ts'
import { findCondition, removeCondition, setCondition } from '../../meta/conditions.ts'
import { deepEqual } from '../../meta/deep-equal.ts'
import type { KubeObject } from '../../meta/object-meta.ts'
import { selectorOfLabels } from '../../meta/selector.ts'
import type { StatusError } from '../../meta/status-error.ts'
import { formatTime } from '../../meta/time.ts'
import { claim, mayAdopt, orphanIndex, type Parent, watchChildren } from '../claims.ts'
import { rankForDeletion } from '../pod-ranking.ts'
import { createPod, deletePod, podFrom } from '../pod-template.ts'
import { type Context, nothingToDo, type Outcome, type Reconciler, watch } from '../runtime/reconciler.ts'
import type { View } from '../runtime/view.ts'
import { type Write, write } from '../runtime/writes.ts'

interface Condition {
  readonly type: string
  readonly status: string
  readonly reason?: string | undefined
  readonly message?: string | undefined
  readonly lastTransitionTime?: string | undefined
}
export interface ReplicaStatus {
  readonly replicas: number
  readonly fullyLabeledReplicas?: number | undefined
  readonly readyReplicas?: number | undefined
  readonly availableReplicas?: number | undefined
  readonly terminatingReplicas?: number | undefined
  readonly observedGeneration?: number | undefined
  readonly conditions?: readonly Condition[] | undefined
}
export interface Replicator extends KubeObject {
  readonly spec: {
    readonly replicas: number
    readonly minReadySeconds?: number | undefined
    readonly template?: PodTemplateSpec | undefined
  }
  readonly status: ReplicaStatus
}
export interface ReplicatorKind<O extends Replicator> extends Parent<O> {
  /** Of the pods that belong together with the owner's: those of other revisions of one Deployment. */
  related?(view: View, owner: O): readonly O[]
  /** Whether the status tells how many pods are on their way out. */
  readonly countsTerminating: boolean
}

/** No more than this many pods are created or deleted at one time. */
const BURST = 500

export function replicaReconciler<O extends Replicator>(
  name: string,
  parent: ReplicatorKind<O>,
): Reconciler<{ readonly mayAdopt: boolean }> {
  return {
    name,
    watches: [watch(parent.kind, owner => [keyOf(owner)]), watchChildren(parent, Pod)],
    indices: [orphanIndex(Pod)],
    observe: async (key, rim) => ({ mayAdopt: await mayAdopt(parent, [Pod], key, rim) }),
    reconcile: (key, context) => reconcileReplicas(parent, key, context),
  }
}

function reconcileReplicas<O extends Replicator>(
  parent: ReplicatorKind<O>,
  key: string,
  context: Context<{ readonly mayAdopt: boolean }>,
): Outcome {
  const { view, now, failure, facts } = context
  const owner = view.get(parent.kind, key)
  if (!owner) return nothingToDo
  const claimed = claim(view, parent, owner, Pod, facts.mayAdopt)
  const pods = claimed.owned.filter(isPodActive)
  const terminating = claimed.owned.filter(pod => pod.metadata.deletionTimestamp && !isPodTerminal(pod))
  const surplus = pods.length - owner.spec.replicas
  const status = replicaStatus(parent, owner, pods, terminating.length, surplus, failure, now)
  return {
    writes: [
      ...claimed.writes,
      ...(owner.metadata.deletionTimestamp ? [] : scale(parent, owner, pods, surplus, view, now)),
      ...(deepEqual(status, owner.status) ? [] : [write.updateStatus(parent.kind, { ...owner, status })]),
    ],
    requeueAfterMs: nextAvailabilityMs(pods, owner.spec.minReadySeconds ?? 0, now),
  }
}

function scale<O extends Replicator>(
  parent: ReplicatorKind<O>,
  owner: O,
  pods: readonly Pod[],
  surplus: number,
  view: View,
  now: number,
): readonly Write[] {
  const { kind } = parent
  if (surplus < 0) {
    const draft = podFrom(kind, owner, owner.spec.template)
    return Array.from({ length: Math.min(-surplus, BURST) }, () => createPod(kind, owner, draft))
  }
  if (surplus === 0) return []
  const family = parent.related?.(view, owner) ?? [owner]
  const related = family.flatMap(member => view.ownedBy(Pod, member)).filter(isPodActive)
  return rankForDeletion(pods, related, now)
    .slice(0, Math.min(surplus, BURST))
    .map(pod => deletePod(kind, owner, pod))
}

function replicaStatus<O extends Replicator>(
  parent: ReplicatorKind<O>,
  owner: O,
  pods: readonly Pod[],
  terminating: number,
  surplus: number,
  failure: StatusError | undefined,
  now: number,
): ReplicaStatus {
  const { spec, status, metadata } = owner
  const template = selectorOfLabels(spec.template?.metadata?.labels ?? {})
  const conditions = failureCondition(status.conditions, surplus, metadata.deletionTimestamp ? undefined : failure, now)
  const counts = {
    replicas: pods.length,
    ...count('fullyLabeledReplicas', pods.filter(pod => template.matches(pod.metadata.labels)).length),
    ...count('readyReplicas', pods.filter(isPodReady).length),
    ...count('availableReplicas', pods.filter(pod => isPodAvailable(pod, spec.minReadySeconds ?? 0, now)).length),
    ...(parent.countsTerminating && { terminatingReplicas: terminating }),
  }
  return { ...counts, observedGeneration: metadata.generation, ...(conditions.length > 0 && { conditions }) }
}

/** Zeroes are left out of the API's counts. */
function count<K extends string>(name: K, value: number): { readonly [key in K]?: number } {
  return value === 0 ? {} : ({ [name]: value } as { readonly [key in K]: number })
}

/** A failure is told until the number is right, or until a try goes well. */
function failureCondition(
  conditions: readonly Condition[] | undefined,
  surplus: number,
  failure: StatusError | undefined,
  now: number,
): readonly Condition[] {
  const there = findCondition(conditions, 'ReplicaFailure')
  if (surplus === 0) return there ? removeCondition(conditions, 'ReplicaFailure') : (conditions ?? [])
  if (!failure || there || failure.reason === 'Conflict') return conditions ?? []
  const reason = surplus < 0 ? 'FailedCreate' : 'FailedDelete'
  return setCondition(conditions, { type: 'ReplicaFailure', status: 'True', reason, message: failure.message }, formatTime(now))
}

/** When the next ready pod will have been so for long enough. */
export function nextAvailabilityMs(pods: readonly Pod[], minReadySeconds: number, now: number): number | undefined {
  if (minReadySeconds === 0) return undefined
  const waits = pods.flatMap(pod => {
    const since = podReadyTime(pod)
    const leftMs = since === undefined ? 0 : since + minReadySeconds * 1000 - now
    return leftMs > 0 ? [leftMs] : []
  })
  return waits.length === 0 ? undefined : Math.min(...waits)
}
