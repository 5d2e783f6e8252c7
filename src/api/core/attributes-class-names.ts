// The classes of attributes that a claim has, wants, and is being changed to.
import type { PersistentVolumeClaim } from './persistent-volume-claim.ts'

export function attributesClassesOf({ spec, status }: PersistentVolumeClaim): readonly string[] {
  const names = [
    spec.volumeAttributesClassName,
    status.currentVolumeAttributesClassName,
    status.modifyVolumeStatus?.targetVolumeAttributesClassName,
  ]
  return [...new Set(names.flatMap(name => name || []))]
}
