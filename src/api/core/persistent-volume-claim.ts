import {
  atomicList,
  defaulted,
  describe,
  granular,
  type Infer,
  listMap,
  map,
  object,
  patch,
  quantity,
  required,
  string,
  time,
} from '../../schema/schema.ts'
import { text } from '../columns.ts'
import { ageColumn, type Column, type Kind, type NamespacedObject, nameColumn, namespacedKind } from '../kind.ts'
import { withFields } from '../sharing.ts'
import { formatAccessModes } from './access-modes.ts'
import { normalizeDataSources } from './data-source.ts'
import { roundAmounts } from './resource-amounts.ts'
import { storageClassOf } from './storage-class-name.ts'
import { warnClaim } from './storage-warnings.ts'
import { validateClaim, validateClaimStatus } from './validate-persistent-volume-claim.ts'
import { persistentVolumeClaimSpec } from './volume.ts'

const core = (name: string) => `io.k8s.api.core.v1.${name}`

export const persistentVolumeClaimCondition = object(core('PersistentVolumeClaimCondition'), 'Something that is to be said of a claim.', {
  lastProbeTime: time('When it was last looked at.'),
  lastTransitionTime: time('When its status last changed.'),
  message: string('Why it is so, for people.'),
  reason: string('Why it is so, in one word.'),
  status: required(string('Whether it holds: True, False or Unknown.')),
  type: required(string('What is said, such as Resizing or FileSystemResizePending.')),
})
export type PersistentVolumeClaimCondition = Infer<typeof persistentVolumeClaimCondition>

export const modifyVolumeStatus = object(core('ModifyVolumeStatus'), 'How far a change of attributes is.', {
  status: required(string('Pending, InProgress or Infeasible.')),
  targetVolumeAttributesClassName: string('The class that the volume is being changed to.'),
})
export type ModifyVolumeStatus = Infer<typeof modifyVolumeStatus>

export const persistentVolumeClaimStatus = object(core('PersistentVolumeClaimStatus'), 'What a claim has got.', {
  accessModes: describe('How many nodes and pods may use its volume at once.', atomicList(string())),
  allocatedResourceStatuses: describe('How far the change of each resource is.', granular(map(string()))),
  allocatedResources: describe('What is being made of each resource, which may be more than there is yet.', map(quantity())),
  capacity: describe('How much its volume holds.', map(quantity())),
  conditions: describe('What is to be said of it.', patch('merge', 'type', listMap(['type'], persistentVolumeClaimCondition))),
  currentVolumeAttributesClassName: string('The class of attributes that its volume has.'),
  modifyVolumeStatus: describe('How far a change of attributes is.', modifyVolumeStatus),
  phase: defaulted(string('Pending, Bound or Lost.'), 'Pending'),
})
export type PersistentVolumeClaimStatus = Infer<typeof persistentVolumeClaimStatus>

const fields = {
  spec: describe('What is asked for.', defaulted(persistentVolumeClaimSpec, {})),
  status: describe('What it has got.', defaulted(persistentVolumeClaimStatus, {})),
}
export type PersistentVolumeClaim = NamespacedObject<typeof fields>

function complete(claim: PersistentVolumeClaim): PersistentVolumeClaim {
  const { spec, status } = claim
  const { resources } = spec
  return withFields(claim, {
    spec: withFields(spec, {
      resources: withFields(resources, { limits: roundAmounts(resources.limits), requests: roundAmounts(resources.requests) }),
    }),
    status: withFields(status, {
      capacity: roundAmounts(status.capacity),
      allocatedResources: roundAmounts(status.allocatedResources),
    }),
  })
}

const columns: readonly Column<PersistentVolumeClaim>[] = [
  nameColumn,
  text('Status', 'Where it is in its life.', pvc => (pvc.metadata.deletionTimestamp ? 'Terminating' : pvc.status.phase)),
  text('Volume', 'The volume that it is bound to.', pvc => pvc.spec.volumeName ?? ''),
  text('Capacity', 'How much that volume holds.', pvc => (pvc.spec.volumeName ? (pvc.status.capacity?.['storage'] ?? '0') : '')),
  text('Access Modes', 'How many nodes and pods may use it at once.', pvc =>
    pvc.spec.volumeName ? formatAccessModes(pvc.status.accessModes) : '',
  ),
  text('StorageClass', 'The storage class that it asks for.', storageClassOf),
  text('VolumeAttributesClass', 'The class of attributes that it asks for.', pvc => pvc.spec.volumeAttributesClassName ?? '<unset>'),
  ageColumn,
  text('VolumeMode', 'Whether pods get a file system or the raw device.', pvc => pvc.spec.volumeMode, 1),
]

export const PersistentVolumeClaim: Kind<PersistentVolumeClaim> = namespacedKind({
  group: '',
  version: 'v1',
  kind: 'PersistentVolumeClaim',
  plural: 'persistentvolumeclaims',
  shortNames: ['pvc'],
  definition: 'io.k8s.api.core.v1.PersistentVolumeClaim',
  doc: 'A wish for storage of some size and class, which a persistent volume meets.',
  hasStatus: true,
  fields,
  validate: validateClaim,
  validateStatus: validateClaimStatus,
  warnings: warnClaim,
  columns,
  complete,
  onCreate: claim => withFields(claim, { spec: normalizeDataSources(claim.spec, undefined) }),
  onUpdate: (next, previous) => withFields(next, { spec: normalizeDataSources(next.spec, previous.spec) }),
})
