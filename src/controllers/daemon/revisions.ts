// The templates that a DaemonSet has had, each kept as a ControllerRevision, for `kubectl rollout history` and `undo`.
import { ControllerRevision } from '../../api/apps/controller-revision.ts'
import { DaemonSet } from '../../api/apps/daemon-set.ts'
import { apiVersionOf } from '../../api/kind.ts'
import { deepEqual } from '../../meta/deep-equal.ts'
import { controllerReference } from '../../meta/owner-references.ts'
import { templateHash } from '../pod-template.ts'
import type { View } from '../runtime/view.ts'
import { type Write, write } from '../runtime/writes.ts'

export const HASH_LABEL = 'controller-revision-hash'

export type CurrentRevision =
  | { readonly hash: string; readonly writes: readonly Write[] }
  /** The name of the revision is taken by another template. */
  | { readonly collides: true }

/** `revisions`: those that the set owns. The present template's has the highest number; a rollback gives it a new one. */
export function currentRevision(view: View, set: DaemonSet, revisions: readonly ControllerRevision[]): CurrentRevision {
  const data = dataOf(set)
  const [current] = revisions.filter(revision => deepEqual(revision.data, data)).toSorted((a, b) => b.revision - a.revision)
  const latest = Math.max(0, ...revisions.map(({ revision }) => revision))
  if (current) {
    const raised = current.revision < latest ? [write.update(ControllerRevision, { ...current, revision: latest + 1 })] : []
    return { hash: current.metadata.labels?.[HASH_LABEL] ?? '', writes: raised }
  }
  const hash = templateHash(set.spec.template, set.status.collisionCount)
  const { namespace, name, annotations } = set.metadata
  if (view.get(ControllerRevision, `${namespace}/${name}-${hash}`)) return { collides: true }
  const metadata = {
    ...{ namespace, name: `${name}-${hash}` },
    ...(annotations && { annotations }),
    labels: { ...set.spec.template.metadata?.labels, [HASH_LABEL]: hash },
    ownerReferences: [controllerReference({ apiVersion: apiVersionOf(DaemonSet), kind: DaemonSet.kind }, set)],
  }
  return { hash, writes: [write.create(ControllerRevision, { metadata, data, revision: latest + 1 })] }
}

/** A patch that brings the template back. */
function dataOf({ spec }: DaemonSet): unknown {
  return { spec: { template: { ...spec.template, $patch: 'replace' } } }
}

/** Revisions beyond the limit, oldest first, that no pod is of any more. */
export function revisionsBeyondHistory(
  set: DaemonSet,
  revisions: readonly ControllerRevision[],
  current: string,
  liveHashes: ReadonlySet<string | undefined>,
): readonly ControllerRevision[] {
  const hashOf = (revision: ControllerRevision) => revision.metadata.labels?.[HASH_LABEL]
  const old = revisions.filter(revision => hashOf(revision) !== current && !liveHashes.has(hashOf(revision)))
  return old.toSorted((a, b) => a.revision - b.revision).slice(0, Math.max(0, old.length - set.spec.revisionHistoryLimit))
}
