// Which ReplicaSet is the Deployment's present template, which are earlier ones, and how a new one is made.
import type { Deployment } from '../../api/apps/deployment.ts'
import { Deployment as DeploymentKind } from '../../api/apps/deployment.ts'
import type { ReplicaSet } from '../../api/apps/replica-set.ts'
import type { PodTemplateSpec } from '../../api/core/pod-spec.ts'
import { apiVersionOf } from '../../api/kind.ts'
import { deepEqual } from '../../meta/deep-equal.ts'
import { controllerReference } from '../../meta/owner-references.ts'
import type { Draft } from '../../schema/schema.ts'
import { templateHash } from '../pod-template.ts'
import { revisionAnnotations, revisionOf } from './annotations.ts'
import { sizeAnnotations } from './scaling.ts'
import { newSetSize, oldestFirst } from './sizes.ts'

export const HASH_LABEL = 'pod-template-hash'

/** The oldest of the sets with the Deployment's template: earlier versions of this software may have made two. */
export function findNewSet({ spec }: Deployment, sets: readonly ReplicaSet[]): ReplicaSet | undefined {
  return sets.toSorted(oldestFirst).find(rs => sameTemplate(rs.spec.template, spec.template))
}

export function sameTemplate(a: PodTemplateSpec, b: PodTemplateSpec): boolean {
  return deepEqual(withoutHash(a), withoutHash(b))
}
function withoutHash(template: PodTemplateSpec): PodTemplateSpec {
  const { [HASH_LABEL]: _hash, ...labels } = template.metadata?.labels ?? {}
  return { ...template, metadata: { ...template.metadata, labels } }
}

/** The revision that the new set has or gets: one more than the old ones'. */
export function nextRevision(old: readonly ReplicaSet[]): number {
  return Math.max(0, ...old.map(revisionOf)) + 1
}

export function newSetName({ metadata, spec, status }: Deployment): { readonly name: string; readonly hash: string } {
  const hash = templateHash(spec.template, status.collisionCount)
  return { name: `${metadata.name}-${hash}`, hash }
}

/** Its hash is in its name, and among the labels of its selector and its pods, so that no two revisions share a pod. */
export function newSetDraft(
  deployment: Deployment,
  old: readonly ReplicaSet[],
): Draft<ReplicaSet> & { readonly spec: { readonly replicas: number } } {
  const { spec, metadata } = deployment
  const { name, hash } = newSetName(deployment)
  const labels = { ...spec.template.metadata?.labels, [HASH_LABEL]: hash }
  return {
    metadata: {
      namespace: metadata.namespace,
      name,
      labels,
      annotations: { ...revisionAnnotations(deployment, undefined, nextRevision(old)), ...sizeAnnotations(deployment) },
      ownerReferences: [controllerReference({ apiVersion: apiVersionOf(DeploymentKind), kind: DeploymentKind.kind }, deployment)],
    },
    spec: {
      replicas: newSetSize(deployment, 0, old),
      ...(spec.minReadySeconds !== undefined && { minReadySeconds: spec.minReadySeconds }),
      selector: { ...spec.selector, matchLabels: { ...spec.selector.matchLabels, [HASH_LABEL]: hash } },
      template: { ...spec.template, metadata: { ...spec.template.metadata, labels } },
    },
  }
}

/** Old sets beyond the history's limit, oldest revision first; those that still have pods, or may have, stay. */
export function beyondHistory({ spec }: Deployment, old: readonly ReplicaSet[]): readonly ReplicaSet[] {
  const alive = old.filter(rs => !rs.metadata.deletionTimestamp)
  return alive
    .toSorted((a, b) => revisionOf(a) - revisionOf(b) || oldestFirst(a, b))
    .slice(0, Math.max(0, alive.length - spec.revisionHistoryLimit))
    .filter(
      rs => rs.spec.replicas === 0 && rs.status.replicas === 0 && (rs.status.observedGeneration ?? 0) >= (rs.metadata.generation ?? 0),
    )
}
