// What a delete makes of an object, as a pure decision: finalizers, grace, and whether it goes at once.
import type { Pod } from '../../api/core/pod.ts'
import type { KubeObject } from '../../meta/object-meta.ts'
import type { DeleteOptions } from '../../meta/status.ts'
import { formatTime } from '../../meta/time.ts'

/** What a delete does to an object: its next state, and whether nothing holds it any more. */
export function planDeletion(
  current: KubeObject,
  options: DeleteOptions,
  now: number,
): { readonly object: KubeObject; readonly remove: boolean } {
  const finalizers = finalizersAfter(current, options)
  const grace = graceSeconds(current, options)
  const held = finalizers.length > 0 || grace > 0 || isFinalizingNamespace(current)
  const { deletionTimestamp, deletionGracePeriodSeconds: oldGrace = 0 } = current.metadata
  const sameFinalizers = finalizers === (current.metadata.finalizers ?? noFinalizers)

  if (deletionTimestamp) {
    // A second delete may only shorten the grace, which still counts from the first.
    const shorter = grace < oldGrace
    if (!held) return { object: current, remove: true }
    if (!shorter && sameFinalizers) return { object: current, remove: false }
    const end = Date.parse(deletionTimestamp) - (oldGrace - grace) * 1000
    const shortened = { deletionTimestamp: formatTime(end), deletionGracePeriodSeconds: grace }
    return { object: withMetadata(current, { finalizers, ...(shorter && shortened) }), remove: false }
  }
  // What goes at once goes as it was; only pods show even then that they were deleted.
  if (!held && current.kind !== 'Pod') return { object: current, remove: true }
  const marked = withMetadata(current, {
    finalizers,
    deletionTimestamp: formatTime(now + grace * 1000),
    deletionGracePeriodSeconds: grace,
    ...(current.metadata.generation !== undefined && { generation: current.metadata.generation + 1 }),
  })
  const object =
    current.kind === 'Namespace'
      ? ({ ...marked, status: { ...(current as { status?: object }).status, phase: 'Terminating' } } as KubeObject)
      : marked
  return { object, remove: !held }
}

const noFinalizers: readonly string[] = []

/** Propagation is carried out by the garbage collector, which these two finalizers make wait. */
function finalizersAfter(current: KubeObject, options: DeleteOptions): readonly string[] {
  const finalizers = current.metadata.finalizers ?? noFinalizers
  const asked =
    options.propagationPolicy ?? (options.orphanDependents === undefined ? undefined : options.orphanDependents ? 'Orphan' : 'Background')
  const isHeld = finalizers.some(f => f === 'orphan' || f === 'foregroundDeletion')
  const policy = asked ?? (isJob(current) && !isHeld ? 'Orphan' : undefined)
  if (policy === undefined) return finalizers
  const wanted = policy === 'Orphan' ? 'orphan' : policy === 'Foreground' ? 'foregroundDeletion' : undefined
  const kept = finalizers.filter(f => f === wanted || (f !== 'orphan' && f !== 'foregroundDeletion'))
  const next = wanted && !kept.includes(wanted) ? [...kept, wanted] : kept
  return next.length === finalizers.length && next.every((f, i) => f === finalizers[i]) ? finalizers : next
}

/** Jobs leave their pods behind where nothing is said: so it was before there was a choice. */
function isJob({ apiVersion, kind }: KubeObject): boolean {
  return kind === 'Job' && apiVersion === 'batch/v1'
}

function graceSeconds(current: KubeObject, { gracePeriodSeconds }: DeleteOptions): number {
  if (current.kind !== 'Pod') return 0
  const pod = current as Pod
  if (!pod.spec.nodeName || pod.status.phase === 'Succeeded' || pod.status.phase === 'Failed') return 0
  const wanted = gracePeriodSeconds ?? pod.metadata.deletionGracePeriodSeconds ?? pod.spec.terminationGracePeriodSeconds
  return wanted < 0 ? 1 : wanted
}

function isFinalizingNamespace(object: KubeObject): boolean {
  const { spec } = object as KubeObject & { spec?: { finalizers?: readonly string[] } }
  return object.kind === 'Namespace' && (spec?.finalizers?.length ?? 0) > 0
}

function withMetadata(object: KubeObject, change: Partial<KubeObject['metadata']>): KubeObject {
  const metadata = { ...object.metadata, ...change }
  if (metadata.finalizers?.length === 0) {
    const { finalizers, ...rest } = metadata
    return { ...object, metadata: rest }
  }
  return { ...object, metadata }
}
