// Answers as Protocol Buffers. The message of an entry is made once, and lists and watch events are made of such messages.
import { answeredKinds, postedKinds, storedKinds } from '../api/all.ts'
import { TokenRequest } from '../api/authentication/token-request.ts'
import { Scale } from '../api/autoscaling/scale.ts'
import { apiVersionOf } from '../api/kind.ts'
import { Eviction } from '../api/policy/eviction.ts'
import { protobufFields } from '../api/protobuf-fields.ts'
import { ProtoWriter } from '../base/protobuf-wire.ts'
import { listMeta } from '../meta/object-meta.ts'
import { status } from '../meta/status.ts'
import { encodeProtobuf } from '../schema/protobuf.ts'
import type { ObjectNode, Schema } from '../schema/schema.ts'
import type { Entry } from '../store/store.ts'
import type { ListMetadata } from './call.ts'
import { encodeEnvelope } from './protobuf.ts'
import type { Resource } from './resource.ts'
import { present } from './storage.ts'

const schemas: ReadonlyMap<string, Schema<unknown>> = new Map<string, Schema<unknown>>([
  ...[...storedKinds, ...postedKinds, ...answeredKinds, Scale, TokenRequest, Eviction].map(
    kind => [`${apiVersionOf(kind)} ${kind.kind}`, kind.schema] as const,
  ),
  ['v1 Status', status],
])

/** `undefined` for what has no message. */
export function encodeObject(object: object): Buffer | undefined {
  const { apiVersion, kind } = object as { readonly apiVersion?: string; readonly kind?: string }
  const schema = schemas.get(`${apiVersion} ${kind}`)
  if (apiVersion === undefined || kind === undefined || schema === undefined) return undefined
  return encodeEnvelope({ apiVersion, kind, raw: messageOf(schema, object) })
}

export function encodeEntry(resource: Resource, entry: Entry): Buffer {
  const { kind } = resource
  return encodeEnvelope({ apiVersion: apiVersionOf(kind), kind: kind.kind, raw: messageOfEntry(resource, entry) })
}

export function encodeList(resource: Resource, entries: readonly Entry[], metadata: ListMetadata): Buffer {
  const to = new ProtoWriter()
  to.tag(1, 2)
  to.bytes(messageOf(listMeta, metadata))
  for (const entry of entries) {
    to.tag(2, 2)
    to.bytes(messageOfEntry(resource, entry))
  }
  return encodeEnvelope({ apiVersion: apiVersionOf(resource.kind), kind: `${resource.kind.kind}List`, raw: to.finish() })
}

/** A `WatchEvent` without an envelope of its own, behind four bytes that tell its length. `object` has its envelope. */
export function encodeWatchEvent(type: string, object: Uint8Array): Buffer {
  const to = new ProtoWriter()
  to.fixed(4, () => {})
  to.tag(1, 2)
  to.string(type)
  to.tag(2, 2)
  to.run(extension => {
    extension.tag(1, 2)
    extension.bytes(object)
  })
  const frame = to.finish()
  frame.writeUInt32BE(frame.length - 4)
  return frame
}

/** Kept as long as the entry is, once for each resource that shows it. */
const messages = new WeakMap<Resource, WeakMap<Entry, Buffer>>()

function messageOfEntry(resource: Resource, entry: Entry): Buffer {
  let known = messages.get(resource)
  if (!known) {
    known = new WeakMap()
    messages.set(resource, known)
  }
  let message = known.get(entry)
  if (!message) {
    message = messageOf(resource.kind.schema, present(resource, entry))
    known.set(entry, message)
  }
  return message
}

function messageOf(schema: Schema<unknown>, value: object): Buffer {
  return encodeProtobuf(schema.node as ObjectNode, value, protobufFields)
}
