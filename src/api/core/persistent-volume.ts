import { formatTime } from '../../meta/time.ts'
import { defaulted, describe, type Infer, object, string, time } from '../../schema/schema.ts'
import { text } from '../columns.ts'
import { ageColumn, type ClusterObject, type Column, clusterKind, type Kind, nameColumn } from '../kind.ts'
import { withFields } from '../sharing.ts'
import { formatAccessModes } from './access-modes.ts'
import { type PersistentVolumeSpec, persistentVolumeSpec } from './persistent-volume-spec.ts'
import { roundAmounts } from './resource-amounts.ts'
import { storageClassOf } from './storage-class-name.ts'
import { warnVolume } from './storage-warnings.ts'
import { validatePersistentVolume } from './validate-persistent-volume.ts'

const core = (name: string) => `io.k8s.api.core.v1.${name}`

export const persistentVolumeStatus = object(core('PersistentVolumeStatus'), 'Where a persistent volume is in its life.', {
  lastPhaseTransitionTime: time('When it came into this phase.'),
  message: string('Why it is so, for people.'),
  phase: defaulted(string('Pending, Available, Bound, Released or Failed.'), 'Pending'),
  reason: string('Why it is so, in one word.'),
})
export type PersistentVolumeStatus = Infer<typeof persistentVolumeStatus>

const fields = {
  spec: describe('What it is, and how it may be used.', defaulted(persistentVolumeSpec, {})),
  status: describe('Where it is in its life.', defaulted(persistentVolumeStatus, {})),
}
export type PersistentVolume = ClusterObject<typeof fields>

/** Not those of the spec itself: attachments' inline volumes have none. */
function completeSpec(spec: PersistentVolumeSpec): PersistentVolumeSpec {
  return withFields(spec, {
    capacity: roundAmounts(spec.capacity),
    persistentVolumeReclaimPolicy: spec.persistentVolumeReclaimPolicy || 'Retain',
    volumeMode: spec.volumeMode ?? 'Filesystem',
  })
}

/** A new volume is pending from its first moment. */
function onCreate(volume: PersistentVolume): PersistentVolume {
  const since = volume.metadata.creationTimestamp
  return { ...volume, status: withFields(volume.status, { lastPhaseTransitionTime: since }) }
}

/** Who changes the phase need not say when. */
function onStatusUpdate(next: PersistentVolume, previous: PersistentVolume, now: number): PersistentVolume {
  const isTold = next.status.lastPhaseTransitionTime !== previous.status.lastPhaseTransitionTime && next.status.lastPhaseTransitionTime
  if (next.status.phase === previous.status.phase || isTold) return next
  return { ...next, status: { ...next.status, lastPhaseTransitionTime: formatTime(now) } }
}

const columns: readonly Column<PersistentVolume>[] = [
  nameColumn,
  text('Capacity', 'How much it holds.', pv => pv.spec.capacity?.['storage'] ?? '0'),
  text('Access Modes', 'How many nodes and pods may use it at once.', pv => formatAccessModes(pv.spec.accessModes)),
  text('Reclaim Policy', 'What becomes of it when its claim is gone.', pv => pv.spec.persistentVolumeReclaimPolicy ?? ''),
  text('Status', 'Where it is in its life.', pv => (pv.metadata.deletionTimestamp ? 'Terminating' : pv.status.phase)),
  text('Claim', 'The claim that it is bound to.', ({ spec: { claimRef } }) =>
    claimRef ? `${claimRef.namespace ?? ''}/${claimRef.name ?? ''}` : '',
  ),
  text('StorageClass', 'Its storage class.', storageClassOf),
  text('VolumeAttributesClass', 'Its class of changeable attributes.', pv => pv.spec.volumeAttributesClassName ?? '<unset>'),
  text('Reason', 'Why it is so.', pv => pv.status.reason ?? ''),
  ageColumn,
  text('VolumeMode', 'Whether pods get a file system or the raw device.', pv => pv.spec.volumeMode ?? '<unset>', 1),
]

export const PersistentVolume: Kind<PersistentVolume> = clusterKind({
  group: '',
  version: 'v1',
  kind: 'PersistentVolume',
  plural: 'persistentvolumes',
  shortNames: ['pv'],
  definition: 'io.k8s.api.core.v1.PersistentVolume',
  doc: 'A piece of storage of the cluster, which lives longer than the pods that use it.',
  hasStatus: true,
  fields,
  validate: validatePersistentVolume,
  warnings: warnVolume,
  columns,
  complete: volume => withFields(volume, { spec: completeSpec(volume.spec) }),
  onCreate,
  onStatusUpdate,
})
