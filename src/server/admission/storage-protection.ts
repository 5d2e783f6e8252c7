// StorageObjectInUseProtection: volumes, claims and classes of attributes start with a finalizer, which controllers take off when nobody uses them any more.
import { PersistentVolume } from '../../api/core/persistent-volume.ts'
import { PersistentVolumeClaim } from '../../api/core/persistent-volume-claim.ts'
import { attributesClassProtection, claimProtection, volumeProtection } from '../../api/core/storage-protection.ts'
import type { Kind } from '../../api/kind.ts'
import { VolumeAttributesClass } from '../../api/storage/volume-attributes-class.ts'
import type { AdmissionPlugin } from './admission.ts'

const finalizers: ReadonlyMap<Kind, string> = new Map<Kind, string>([
  [PersistentVolume, volumeProtection],
  [PersistentVolumeClaim, claimProtection],
  [VolumeAttributesClass, attributesClassProtection],
])

export const storageObjectInUseProtection: AdmissionPlugin = {
  name: 'StorageObjectInUseProtection',
  mutate({ operation, call, subresource, object }) {
    const finalizer = operation === 'CREATE' && subresource === '' ? finalizers.get(call.resource.kind) : undefined
    const present = object.metadata.finalizers ?? []
    if (finalizer === undefined || present.includes(finalizer)) return object
    return { ...object, metadata: { ...object.metadata, finalizers: [...present, finalizer] } }
  },
}
