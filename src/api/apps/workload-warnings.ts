// What is to be said of what makes pods from a template. After a change, only where the generation tells of one.
import type { StoredMeta } from '../../meta/object-meta.ts'
import type { PodTemplateSpec } from '../core/pod-spec.ts'
import { warnTemplate } from '../core/pod-warnings.ts'
import { warnClaimSpec } from '../core/volume-warnings.ts'
import { nothing, type Warnings, warnEach, warnPodNames } from '../warnings.ts'
import type { StatefulSet } from './stateful-set.ts'

interface Workload {
  readonly metadata: StoredMeta
  readonly spec: { readonly template?: PodTemplateSpec | undefined }
}

/** Whether the object is new, or its template may have changed. */
export function isOther({ metadata }: Pick<Workload, 'metadata'>, previous: Pick<Workload, 'metadata'> | undefined): boolean {
  return metadata.generation !== previous?.metadata.generation || previous === undefined
}

/** Of those whose name is in their pods' names. */
export function warnWorkload(next: Workload, previous: Workload | undefined): Warnings {
  return [...(previous ? nothing : warnPodNames(next.metadata.name)), ...warnTemplateOf(next, previous)]
}

export function warnTemplateOf(next: Workload, previous: Workload | undefined): Warnings {
  return next.spec.template && isOther(next, previous) ? warnTemplate(next.spec.template, 'spec.template') : nothing
}

export function warnStatefulSet(next: StatefulSet, previous: StatefulSet | undefined): Warnings {
  const { volumeClaimTemplates, revisionHistoryLimit } = next.spec
  // So upstream names the fields.
  const suffix = previous ? '.Spec' : ''
  return [
    ...warnTemplateOf(next, previous),
    ...warnEach(volumeClaimTemplates, 'spec.volumeClaimTemplates', ({ spec }, at) => warnClaimSpec(spec, at + suffix)),
    ...((revisionHistoryLimit ?? 0) < 0
      ? ['spec.revisionHistoryLimit: a negative value retains all historical revisions; a value >= 0 is recommended']
      : []),
  ]
}
