// What is to be said of persistent volumes and claims.
import type { ObjectMeta } from '../../meta/object-meta.ts'
import { nothing, type Warnings, warnEach, warnNodeLabels } from '../warnings.ts'
import type { PersistentVolume } from './persistent-volume.ts'
import type { PersistentVolumeClaim } from './persistent-volume-claim.ts'
import { warnClaimSpec, warnPlugins } from './volume-warnings.ts'

export function warnVolume({ metadata, spec }: PersistentVolume): Warnings {
  return [
    ...warnClassAnnotation(metadata),
    ...(spec.persistentVolumeReclaimPolicy === 'Recycle'
      ? [
          'spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead, the recommended approach is to use dynamic provisioning.',
        ]
      : []),
    ...warnEach(spec.nodeAffinity?.required?.nodeSelectorTerms, 'spec.nodeAffinity.required.nodeSelectorTerms', (term, at) =>
      warnNodeLabels(term.matchExpressions, `${at}.matchExpressions`),
    ),
    ...warnPlugins(spec, 'spec'),
  ]
}

export function warnClaim({ metadata, spec }: PersistentVolumeClaim): Warnings {
  return [...warnClassAnnotation(metadata), ...warnClaimSpec(spec, 'spec')]
}

const classAnnotation = 'volume.beta.kubernetes.io/storage-class'

function warnClassAnnotation({ annotations }: Pick<ObjectMeta, 'annotations'>): Warnings {
  return annotations && Object.hasOwn(annotations, classAnnotation)
    ? [`metadata.annotations[${classAnnotation}]: deprecated since v1.8; use "storageClassName" attribute instead`]
    : nothing
}
