// PersistentVolumeClaimResize: a claim grows where its storage class lets it.
import { PersistentVolumeClaim as ClaimKind, type PersistentVolumeClaim } from '../../api/core/persistent-volume-claim.ts'
import { storageClassOf } from '../../api/core/storage-class-name.ts'
import { StorageClass } from '../../api/storage/storage-class.ts'
import { compareQuantity, parseQuantity } from '../../meta/quantity.ts'
import { StatusError } from '../../meta/status-error.ts'
import type { AdmissionPlugin } from './admission.ts'

export const persistentVolumeClaimResize: AdmissionPlugin = {
  name: 'PersistentVolumeClaimResize',
  validate({ operation, call, subresource, object, previous }, storage) {
    if (operation !== 'UPDATE' || call.resource.kind !== ClaimKind || subresource !== '') return
    const [next, before] = [object as PersistentVolumeClaim, previous as PersistentVolumeClaim]
    if (compareQuantity(sizeOf(next), sizeOf(before)) <= 0) return
    const refuse = (why: string) => StatusError.forbidden(call.resource, next.metadata.name, why)
    if (before.status.phase !== 'Bound') throw refuse('Only bound persistent volume claims can be expanded')
    const name = storageClassOf(next)
    const storageClass = name && name === storageClassOf(before) ? storage.find(StorageClass, undefined, name) : undefined
    if (!storageClass?.allowVolumeExpansion)
      throw refuse('only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize')
  },
}

function sizeOf({ spec }: PersistentVolumeClaim): ReturnType<typeof parseQuantity> {
  return parseQuantity(spec.resources.requests?.['storage'] ?? '0')
}
