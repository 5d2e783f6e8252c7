// Files that volumes are made of: keys of ConfigMaps and Secrets, fields of the pod, and where in the volume they are.
import { type FieldError, invalidValue, requiredValue } from '../../meta/field-error.ts'
import { type Errors, must, named, together } from '../validation.ts'
import { validateFieldRef, validateResourceFieldRef } from './validate-env.ts'
import { unreservedPath } from './validate-path.ts'
import type { DownwardAPIVolumeFile, KeyToPath } from './volume.ts'

export function validateMode(mode: number | undefined, field: string): Errors {
  return must(mode === undefined || (mode >= 0 && mode <= 0o777), () =>
    invalidValue(field, mode, 'must be a number between 0 and 0777 (octal), both inclusive'),
  )
}

export function validateKeyToPath({ key, path, mode }: KeyToPath, field: string): Errors {
  return together(
    named(key, `${field}.key`),
    path ? unreservedPath(path, `${field}.path`) : [requiredValue(`${field}.path`)],
    validateMode(mode, `${field}.mode`),
  )
}

const volumeFieldPaths = ['metadata.name', 'metadata.namespace', 'metadata.labels', 'metadata.annotations', 'metadata.uid']

/** `field` is the list's: upstream does not say which of its files it means. */
export function validateDownwardFile({ path, fieldRef, resourceFieldRef, mode }: DownwardAPIVolumeFile, field: string): Errors {
  const errors: FieldError[] = path ? [...unreservedPath(path, `${field}.path`)] : [requiredValue(`${field}.path`)]
  if (fieldRef) {
    errors.push(...validateFieldRef(fieldRef, volumeFieldPaths, `${field}.fieldRef`))
    if (resourceFieldRef) errors.push(invalidValue(field, 'resource', 'fieldRef and resourceFieldRef can not be specified simultaneously'))
  } else if (resourceFieldRef) errors.push(...validateResourceFieldRef(resourceFieldRef, true, `${field}.resourceFieldRef`))
  else errors.push(requiredValue(field, 'one of fieldRef and resourceFieldRef is required'))
  return [...errors, ...validateMode(mode, `${field}.mode`)]
}
