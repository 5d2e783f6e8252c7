// DefaultStorageClass: a claim that names no class, not even the empty one, gets the one that is marked as default, the newest of several.
import { PersistentVolumeClaim as ClaimKind, type PersistentVolumeClaim } from '../../api/core/persistent-volume-claim.ts'
import { betaStorageClassAnnotation } from '../../api/core/storage-class-name.ts'
import { isDefaultClass, type StorageClass, StorageClass as StorageClassKind } from '../../api/storage/storage-class.ts'
import type { AdmissionPlugin } from './admission.ts'

export const defaultStorageClass: AdmissionPlugin = {
  name: 'DefaultStorageClass',
  mutate({ operation, call, subresource, object }, storage) {
    if (operation !== 'CREATE' || call.resource.kind !== ClaimKind || subresource !== '') return object
    const claim = object as PersistentVolumeClaim
    if (claim.spec.storageClassName !== undefined || claim.metadata.annotations?.[betaStorageClassAnnotation] !== undefined) return object
    const [newest] = storage.all(StorageClassKind).filter(isDefaultClass).sort(newestFirst)
    return newest ? ({ ...claim, spec: { ...claim.spec, storageClassName: newest.metadata.name } } as PersistentVolumeClaim) : object
  },
}

function newestFirst({ metadata: a }: StorageClass, { metadata: b }: StorageClass): number {
  return Date.parse(b.creationTimestamp) - Date.parse(a.creationTimestamp) || (a.name < b.name ? -1 : 1)
}
