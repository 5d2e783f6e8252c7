// Where volumes appear in a container: as mounts or as raw devices. Paths that look wrong are upstream's.
import { forbiddenValue, invalidValue, notFoundValue, requiredValue } from '../../meta/field-error.ts'
import { type Errors, each, must, named, supported, together } from '../validation.ts'
import type { VolumeDevice, VolumeMount } from './container.ts'
import type { AnyContainer } from './each-container.ts'
import { descendingPath, noBacksteps } from './validate-path.ts'
import type { Volume } from './volume.ts'

type Volumes = ReadonlyMap<string, Volume>

export function validateMounts(container: AnyContainer, volumes: Volumes, field: string): Errors {
  const devices = container.volumeDevices ?? []
  const list = `${field}.volumeMounts`
  const paths = new Set<string>()
  return each(container.volumeMounts, list, (mount, at) => {
    const { name = '', mountPath = '' } = mount
    const isRepeated = paths.has(mountPath)
    paths.add(mountPath)
    return together(
      named(name, `${at}.name`),
      must(volumes.has(name), () => notFoundValue(`${at}.name`, name)),
      named(mountPath, `${at}.mountPath`),
      must(!isRepeated, () => invalidValue(`${at}.mountPath`, mountPath, 'must be unique')),
      must(!devices.some(device => device.name === name), () =>
        invalidValue(`${at}.name`, name, 'must not already exist in volumeDevices'),
      ),
      must(!devices.some(device => device.devicePath === mountPath), () =>
        invalidValue(`${at}.mountPath`, mountPath, 'must not already exist as a path in volumeDevices'),
      ),
      validateSubPaths(mount, list, at),
      must(mount.mountPropagation !== 'Bidirectional' || container.securityContext?.privileged === true, () =>
        forbiddenValue(`${list}.mountPropagation`, 'Bidirectional mount propagation is available only to privileged containers'),
      ),
      validateReadOnly(mount, `${list}.recursiveReadOnly`),
    )
  })
}

function validateSubPaths({ subPath, subPathExpr }: VolumeMount, list: string, field: string): Errors {
  return together(
    subPath ? descendingPath(subPath, `${list}.subPath`) : [],
    must(!subPath || !subPathExpr, () =>
      invalidValue(`${field}.subPathExpr`, subPathExpr, 'subPathExpr and subPath are mutually exclusive'),
    ),
    subPathExpr ? descendingPath(subPathExpr, `${list}.subPathExpr`) : [],
  )
}

function validateReadOnly({ recursiveReadOnly: recursive, readOnly, mountPropagation }: VolumeMount, field: string): Errors {
  if (recursive === undefined || recursive === 'Disabled') return []
  const wrong = supported(recursive, field, ['Disabled', 'Enabled', 'IfPossible'])
  if (wrong.length > 0) return wrong
  return together(
    must(readOnly === true, () => forbiddenValue(field, 'may only be specified when readOnly is true')),
    must(mountPropagation === undefined || mountPropagation === 'None', () =>
      forbiddenValue(field, 'may only be specified when mountPropagation is None or not specified'),
    ),
  )
}

export function validateDevices({ volumeDevices, volumeMounts = [] }: AnyContainer, volumes: Volumes, field: string): Errors {
  const names = new Set<string>()
  const paths = new Set<string>()
  return each(volumeDevices, `${field}.volumeDevices`, ({ name = '', devicePath = '' }: VolumeDevice, at) => {
    const isKnownName = names.has(name)
    const isKnownPath = paths.has(devicePath)
    const climbs = noBacksteps(devicePath, '').length > 0
    if (name !== '') names.add(name)
    if (!climbs) paths.add(devicePath)
    return together(
      named(name, `${at}.name`),
      must(!isKnownName, () => invalidValue(`${at}.name`, name, 'must be unique')),
      validateBlockSource(volumes.get(name), name, `${at}.name`),
      devicePath === '' ? [requiredValue(`${at}.devicePath`)] : [],
      must(!isKnownPath, () => invalidValue(`${at}.devicePath`, devicePath, 'must be unique')),
      must(!climbs, () => invalidValue(`${at}.devicePath`, devicePath, "can not contain backsteps ('..')")),
      must(!volumeMounts.some(mount => mount.name === name), () =>
        invalidValue(`${at}.name`, name, 'must not already exist in volumeMounts'),
      ),
      must(!volumeMounts.some(mount => mount.mountPath === devicePath), () =>
        invalidValue(`${at}.devicePath`, devicePath, 'must not already exist as a path in volumeMounts'),
      ),
    )
  })
}

/** Only claims can be raw. */
function validateBlockSource(volume: Volume | undefined, name: string, field: string): Errors {
  if (!volume) return [notFoundValue(field, name)]
  return must(volume.persistentVolumeClaim !== undefined || volume.ephemeral !== undefined, () =>
    invalidValue(field, name, 'can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode'),
  )
}
