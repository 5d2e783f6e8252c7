// Everything that is checked of an object before it is stored: its metadata, the closed sets of its schema, its kind's own rules.
import type { FieldError } from '../meta/field-error.ts'
import type { KubeObject } from '../meta/object-meta.ts'
import { enumErrors } from '../meta/schema-errors.ts'
import type { Kind } from './kind.ts'
import { validateMetadata, validateMetadataUpdate } from './validate-metadata.ts'

/** `previous` is undefined for a new object. `next` is complete: decoded, with its defaults, prepared by the server. */
export function validateObject<O extends KubeObject>(kind: Kind<O>, next: O, previous: O | undefined): readonly FieldError[] {
  const ofMetadata = previous ? validateMetadataUpdate(next.metadata, previous.metadata) : validateMetadata(kind, next.metadata)
  return [...ofMetadata, ...enumErrors(kind.schema.node, next), ...kind.validate(next, previous)]
}
