// Recounts what the objects of a namespace use of its quotas. The server adds to a quota what a new object will use before it stores it; what
// is freed again is found here, by counting everything anew whenever an object that counts appears, goes or ends, and from time to time.
import { PersistentVolumeClaim } from '../../api/core/persistent-volume-claim.ts'
import { type Pod, Pod as PodKind } from '../../api/core/pod.ts'
import { isPodTerminal } from '../../api/core/pod-conditions.ts'
import { reservedSpec } from '../../api/core/reserved-spec.ts'
import type { Amounts } from '../../api/core/resource-amounts.ts'
import { ResourceQuota as QuotaKind, type ResourceQuota } from '../../api/core/resource-quota.ts'
import { Service } from '../../api/core/service.ts'
import { type Kind, keyOf } from '../../api/kind.ts'
import { evaluatorOf } from '../../api/quota/all.ts'
import { type Evaluator, isExtendedRequest } from '../../api/quota/evaluator.ts'
import { endOfGrace } from '../../api/quota/pod-usage.ts'
import { usageOf } from '../../api/quota/quota.ts'
import { DeviceClass } from '../../api/resource/device-class.ts'
import { deepEqual } from '../../meta/deep-equal.ts'
import type { KubeObject } from '../../meta/object-meta.ts'
import { compareQuantity, parseQuantity } from '../../meta/quantity.ts'
import { type KindSource, preferredKinds } from '../runtime/kind-source.ts'
import { type Context, nothingToDo, type Outcome, type Reconciler, type Watch, watch } from '../runtime/reconciler.ts'
import type { View } from '../runtime/view.ts'
import { write } from '../runtime/writes.ts'

/** As upstream's full resync. */
const RESYNC_MS = 300_000
/** For what is not served yet, such as custom resources to come. */
const UNKNOWN_MS = 10_000
/**
 * A quota that was charged just now is left alone for so long: the object that it was charged for may be on its way, and counting it out
 * would let in one too many. It also keeps a burst of objects from being counted at each of them. Where there is no room left nothing is
 * charged any more, so the time comes.
 */
const QUIET_MS = 200

interface CountedKind {
  readonly kind: Kind
  readonly evaluator: Evaluator
}

/** `kinds`: all that quotas may count. */
export function resourceQuotaController(kinds: KindSource): Reconciler {
  return {
    name: 'resourcequota-controller',
    watches: [
      watch(
        QuotaKind,
        quota => [keyOf(quota)],
        (next, previous) => !deepEqual(next.spec, previous.spec) || !deepEqual(next.status.hard, previous.status.hard),
      ),
      // Claims of its devices count as the extended resource that it stands for.
      watch(
        DeviceClass,
        (_, view) => view.list(QuotaKind).filter(limitsExtended).map(keyOf),
        (next, previous) => next.spec?.extendedResourceName !== previous.spec?.extendedResourceName,
      ),
    ],
    changing: {
      watches: () => countedKinds(kinds).map(watchCounted),
      onChange: listener => kinds.onChange(listener),
    },
    reconcile: (key, context) => reconcile(countedKinds(kinds), key, context),
  }
}

function countedKinds(kinds: KindSource): readonly CountedKind[] {
  const watchable = kinds.all().filter(({ verbs }) => verbs.includes('list') && verbs.includes('watch'))
  return preferredKinds(watchable).flatMap(kind => {
    const evaluator = evaluatorOf(kind)
    return evaluator ? [{ kind, evaluator }] : []
  })
}

function watchCounted({ kind, evaluator }: CountedKind): Watch {
  const keys = ({ metadata }: KubeObject, view: View) =>
    view
      .list(QuotaKind, metadata.namespace)
      .filter(quota => limits(quota, evaluator))
      .map(keyOf)
  if (kind === PodKind) return watch(PodKind, keys, usesDiffer)
  // Of these, a change may free something; most others use the same from their first day to their last.
  const changes = kind === Service || kind === PersistentVolumeClaim
  return watch(kind, keys, () => changes)
}

function limits({ spec }: ResourceQuota, evaluator: Evaluator): boolean {
  return Object.keys(spec.hard ?? {}).some(name => evaluator.counts(name))
}

function limitsExtended({ spec }: ResourceQuota): boolean {
  return Object.keys(spec.hard ?? {}).some(isExtendedRequest)
}

function usesDiffer(next: Pod, previous: Pod): boolean {
  return (
    isPodTerminal(next) !== isPodTerminal(previous) ||
    endOfGrace(next) !== endOfGrace(previous) ||
    // It is to be resized, or was given a deadline.
    next.metadata.generation !== previous.metadata.generation ||
    // Its node is done with a resize, or will not do it.
    !deepEqual(reserved(next), reserved(previous))
  )
}

function reserved(pod: Pod): readonly unknown[] {
  const { containers, initContainers = [] } = reservedSpec(pod)
  return [...containers, ...initContainers].map(({ resources }) => resources)
}

function reconcile(kinds: readonly CountedKind[], key: string, { view, now }: Context): Outcome {
  const quota = view.get(QuotaKind, key)
  if (!quota) return nothingToDo
  const { namespace } = quota.metadata
  const { hard = {} } = quota.spec
  const isNew = !deepEqual(hard, quota.status.hard ?? {}) || quota.status.hard === undefined || quota.status.used === undefined
  const quietInMs = (view.seenMs(QuotaKind, key) ?? Number.NEGATIVE_INFINITY) + QUIET_MS - now
  if (!isNew && quietInMs > 0) return { writes: [], requeueAfterMs: quietInMs }

  const concerned = kinds.filter(({ evaluator }) => limits(quota, evaluator))
  const counted = concerned.map(({ kind, evaluator }) => ({ evaluator, objects: view.list(kind, namespace) }))
  const counts = usageOf(quota.spec, counted, now, (kind, namespace) => view.list(kind, namespace))
  const known = Object.entries(quota.status.used ?? {}).filter(([name]) => Object.hasOwn(hard, name))
  const used = { ...Object.fromEntries(known), ...counts }
  const countsPods = concerned.some(({ kind }) => kind === PodKind)
  const nextEnd = countsPods ? nextEndOfGrace(view.list(PodKind, namespace), now) : Number.POSITIVE_INFINITY
  const isWhole = Object.keys(hard).every(name => counts[name] !== undefined)
  const requeueAfterMs = Math.min(isWhole ? RESYNC_MS : UNKNOWN_MS, nextEnd - now + 1)
  if (!isNew && sameAmounts(used, quota.status.used ?? {})) return { writes: [], requeueAfterMs }
  return { writes: [write.updateStatus(QuotaKind, { ...quota, status: { hard, used } })], requeueAfterMs }
}

/** When the next of the pods that are being deleted ceases to count, in milliseconds since the epoch. */
function nextEndOfGrace(pods: readonly Pod[], now: number): number {
  return pods.reduce((next, pod) => {
    const end = endOfGrace(pod)
    return end >= now && end < next ? end : next
  }, Number.POSITIVE_INFINITY)
}

function sameAmounts(a: Amounts, b: Amounts): boolean {
  const names = Object.keys(a)
  return (
    names.length === Object.keys(b).length &&
    names.every(name => b[name] !== undefined && compareQuantity(parseQuantity(a[name] ?? '0'), parseQuantity(b[name])) === 0)
  )
}
