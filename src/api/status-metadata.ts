// What a write of the status does to metadata, where it may do nothing to it.
import type { KubeObject } from '../meta/object-meta.ts'

/** The object with its metadata as it was; only who owns which fields is as written. For `onStatusUpdate` of kinds whose status is written alone. */
export function withMetadataOf<O extends KubeObject>(next: O, previous: O): O {
  const { managedFields, ...rest } = previous.metadata
  const { managedFields: owners } = next.metadata
  return { ...next, metadata: { ...rest, ...(owners && { managedFields: owners }) } }
}
