// Kubernetes' envelope around Protocol Buffers: four bytes of magic, then a `runtime.Unknown` that names the type and holds the message.
import { protobufFields } from '../api/protobuf-fields.ts'
import { ProtoError, ProtoReader, ProtoWriter } from '../base/protobuf-wire.ts'
import { StatusError } from '../meta/status-error.ts'
import { decodeProtobuf } from '../schema/protobuf.ts'
import type { ObjectNode, Schema } from '../schema/schema.ts'

export const protobufType = 'application/vnd.kubernetes.protobuf'

/** `type` is a media type without parameters. */
export function isProtobuf(type: string): boolean {
  return type === protobufType
}

export interface Envelope {
  readonly apiVersion: string
  readonly kind: string
  /** The message, without apiVersion and kind. */
  readonly raw: Uint8Array
}

const magic = Buffer.from('k8s\0', 'latin1')

/** Throws `ProtoError` on what is no envelope. */
export function decodeEnvelope(bytes: Uint8Array): Envelope {
  if (bytes.length < magic.length || !magic.equals(bytes.subarray(0, magic.length)))
    throw new ProtoError('provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]')
  const from = new ProtoReader(bytes.subarray(magic.length))
  const found: { apiVersion: string; kind: string; raw: Uint8Array } = { apiVersion: '', kind: '', raw: new Uint8Array() }
  let encoding = ''
  while (!from.atEnd) {
    const { number, wireType } = from.tag()
    if (wireType !== 2 || number > 3) from.skip(number, wireType)
    else if (number === 1) Object.assign(found, decodeTypeMeta(from.nested()))
    else if (number === 2) found.raw = from.run()
    else encoding = from.run().toString('utf8')
  }
  if (encoding !== '') throw new ProtoError(`content encoding ${JSON.stringify(encoding)} is not supported`)
  return found
}

function decodeTypeMeta(from: ProtoReader): { apiVersion?: string; kind?: string } {
  const found: { apiVersion?: string; kind?: string } = {}
  while (!from.atEnd) {
    const { number, wireType } = from.tag()
    if (wireType === 2 && number === 1) found.apiVersion = from.run().toString('utf8')
    else if (wireType === 2 && number === 2) found.kind = from.run().toString('utf8')
    else from.skip(number, wireType)
  }
  return found
}

export function encodeEnvelope({ apiVersion, kind, raw }: Envelope): Buffer {
  const type = new ProtoWriter()
  type.tag(1, 2)
  type.string(apiVersion)
  type.tag(2, 2)
  type.string(kind)
  const to = new ProtoWriter()
  to.tag(1, 2)
  to.bytes(type.finish())
  to.tag(2, 2)
  to.bytes(raw)
  for (const number of [3, 4]) {
    to.tag(number, 2)
    to.string('')
  }
  return Buffer.concat([magic, to.finish()])
}

/**
 * The body of a request as its JSON would be. Of another kind than the schema's only apiVersion and kind are read, for the reader of
 * objects to refuse. Throws a `StatusError` of 400.
 */
export function parseProtobuf(bytes: Uint8Array, schema: Schema<unknown>): object {
  try {
    const { apiVersion, kind, raw } = decodeEnvelope(bytes)
    const node = schema.node as ObjectNode
    if (kind !== '' && !node.name.endsWith(`.${kind}`)) return { apiVersion, kind }
    return { apiVersion, kind, ...decodeProtobuf(node, raw, protobufFields) }
  } catch (error) {
    if (error instanceof ProtoError) throw StatusError.badRequest(`unable to decode the protobuf message: ${error.message}`)
    throw error
  }
}
