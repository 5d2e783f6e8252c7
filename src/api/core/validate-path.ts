// Paths within volumes, which must not lead out of them.
import { invalidValue } from '../../meta/field-error.ts'
import { type Errors, must, together } from '../validation.ts'

/** A path that cannot lead out of the place it starts from. */
export function descendingPath(path: string, field: string): Errors {
  return [...must(!path.startsWith('/'), () => invalidValue(field, path, 'must be a relative path')), ...noBacksteps(path, field)]
}

/** Names that begin with two dots are those of the volume's own bookkeeping. */
export function unreservedPath(path: string, field: string): Errors {
  return together(
    descendingPath(path, field),
    must(!path.startsWith('..') || path.startsWith('../'), () => invalidValue(field, path, "must not start with '..'")),
  )
}

export function noBacksteps(path: string, field: string): Errors {
  return must(!path.split('/').includes('..'), () => invalidValue(field, path, "must not contain '..'"))
}
