// Everything that is checked of an object before it is stored: its metadata, the closed sets of its schema, its kind's own rules.
import type { FieldError } from '../meta/field-error.ts'
import type { KubeObject } from '../meta/object-meta.ts'
import { enumErrors } from '../meta/schema-errors.ts'
import type { Kind } from './kind.ts'
import { validateMetadata, validateMetadataUpdate } from './validate-metadata.ts'

/** `previous` is undefined for a new object. `next` is complete: decoded, with its defaults, prepared by the server. */
export function validateObject<O extends KubeObject>(kind: Kind<O>, next: O, previous: O | undefined): readonly FieldError[] {
  const ofMetadata = previous ? validateMetadataUpdate(kind, next.metadata, previous.metadata) : validateMetadata(kind, next.metadata)
  return [...ofMetadata, ...schemaErrors(kind, next), ...kind.validate(next, previous)]
}

/** Shared specs in which nothing was found. Where a spec is not shared, each is looked through anew. */
const sound = new WeakSet<object>()

function schemaErrors<O extends KubeObject>(kind: Kind<O>, next: O): readonly FieldError[] {
  const { sharedSpec } = kind
  if (!sharedSpec) return enumErrors(kind.schema.node, next)
  const { spec, ...rest } = next as O & { readonly spec: object }
  const ofRest = enumErrors(kind.schema.node, rest)
  if (sound.has(spec)) return ofRest
  const { node } = kind.schema
  const specNode = node.type === 'object' ? node.fields['spec']?.node : undefined
  const ofSpec = [
    ...(specNode ? enumErrors(specNode, spec, 'spec') : []),
    ...sharedSpec.errors(spec as Parameters<typeof sharedSpec.errors>[0]),
  ]
  if (ofSpec.length === 0) sound.add(spec)
  return [...ofRest, ...ofSpec]
}
