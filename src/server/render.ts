// Answers as bytes, in the form the client asked for. The plain JSON of objects, lists and watch events is made of stored bytes.
import { stringify as stringifyYaml } from 'yaml'
import { apiVersionOf } from '../api/kind.ts'
import { StatusError } from '../meta/status-error.ts'
import type { Answer, WatchItem } from './call.ts'
import type { Encoding, Format } from './negotiation.ts'
import { protobufType } from './protobuf.ts'
import { encodeEntry, encodeList, encodeObject, encodeWatchEvent } from './protobuf-answer.ts'
import type { Resource, View } from './resource.ts'
import { present, presentBytes } from './storage.ts'
import { type IncludeObject, partialMetadata, table } from './table.ts'

export interface RenderOptions {
  readonly format: Format
  readonly include: IncludeObject
  readonly now: number
}

export interface Rendered {
  readonly code: number
  readonly contentType: string
  readonly body: Body
}

/** The bytes of an answer; a long one comes in pieces, which are put together while they are sent. */
export type Body = Buffer | readonly Buffer[]

/** From here on it costs more to put an answer together than to send it in pieces. */
const longBytes = 256 * 1024

export function includeObject(query: URLSearchParams): IncludeObject {
  const value = query.get('includeObject')
  if (value === null || value === '') return 'Metadata'
  if (value === 'None' || value === 'Metadata' || value === 'Object') return value
  throw StatusError.badRequest(`unrecognized includeObject value: ${JSON.stringify(value)}`)
}

const jsonType = 'application/json'

export function render(answer: Exclude<Answer, { type: 'watch' | 'relay' }>, options: RenderOptions): Rendered {
  switch (answer.type) {
    case 'text':
      return {
        code: answer.code,
        contentType: answer.contentType,
        body: typeof answer.body === 'string' ? Buffer.from(answer.body) : answer.body,
      }
    case 'object':
      return encode(answer.code, answer.object, options.format.encoding)
    case 'entry':
      return renderEntry(answer, options)
    case 'list':
      return renderList(answer, options)
  }
}

function renderEntry({ code, resource, entry }: Answer & { type: 'entry' }, { format, include, now }: RenderOptions): Rendered {
  if (format.encoding === 'protobuf') return { code, contentType: protobufType, body: encodeEntry(resource, entry) }
  if (format.form === 'object' && format.encoding === 'json') return { code, contentType: jsonType, body: presentBytes(resource, entry) }
  const object = present(resource, entry)
  switch (format.form) {
    case 'Table':
      return encode(
        code,
        table(resource, [object], { resourceVersion: object.metadata.resourceVersion }, { include, now, withDefinitions: true }),
        format.encoding,
      )
    case 'PartialObjectMetadata':
      return encode(code, partialMetadata(object), format.encoding)
    case 'PartialObjectMetadataList':
      throw StatusError.notAcceptable([jsonType])
    case 'object':
      return encode(code, object, format.encoding)
  }
}

const comma = Buffer.from(',')
const listEnd = Buffer.from(']}')

function renderList({ resource, entries, metadata }: Answer & { type: 'list' }, { format, include, now }: RenderOptions): Rendered {
  const { kind } = resource
  const head = { kind: kind.listKind ?? `${kind.kind}List`, apiVersion: apiVersionOf(kind), metadata }
  if (format.encoding === 'protobuf') return { code: 200, contentType: protobufType, body: encodeList(resource, entries, metadata) }
  if (format.form === 'object' && format.encoding === 'json') {
    const parts: Buffer[] = [Buffer.from(`${JSON.stringify(head).slice(0, -1)},"items":[`)]
    for (const entry of entries) {
      if (parts.length > 1) parts.push(comma)
      parts.push(presentBytes(resource, entry))
    }
    parts.push(listEnd)
    const length = parts.reduce((sum, part) => sum + part.length, 0)
    return { code: 200, contentType: jsonType, body: length < longBytes ? Buffer.concat(parts, length) : parts }
  }
  const objects = entries.map(entry => present(resource, entry))
  switch (format.form) {
    case 'Table':
      return encode(200, table(resource, objects, metadata, { include, now, withDefinitions: true }), format.encoding)
    case 'PartialObjectMetadataList':
    case 'PartialObjectMetadata':
      return encode(
        200,
        { kind: 'PartialObjectMetadataList', apiVersion: 'meta.k8s.io/v1', metadata, items: objects.map(partialMetadata) },
        format.encoding,
      )
    case 'object':
      return encode(200, { ...head, items: objects }, format.encoding)
  }
}

/** What has no message is answered in JSON, as every client of Protocol Buffers reads that too. */
function encode(code: number, object: object, encoding: Encoding): Rendered {
  if (encoding === 'yaml') return { code, contentType: 'application/yaml', body: Buffer.from(stringifyYaml(object)) }
  const message = encoding === 'protobuf' ? encodeObject(object) : undefined
  if (message) return { code, contentType: protobufType, body: message }
  return { code, contentType: jsonType, body: Buffer.from(`${JSON.stringify(object)}\n`) }
}

type Items = readonly WatchItem[]

/** The bytes of plain events are shared by all who watch a resource and are given the same batch. */
const batches = { json: new WeakMap<Items, Map<View | undefined, Buffer>>(), protobuf: new WeakMap<Items, Map<View | undefined, Buffer>>() }
const frameEnd = Buffer.from('}\n')

export function watchContentType({ encoding }: Format): string {
  return encoding === 'protobuf' ? `${protobufType};stream=watch` : jsonType
}

/** Turns watch items into lines, or into frames of messages. One for each watch, as a Table is announced once. */
export function watchRenderer(resource: Resource, options: RenderOptions, now: () => number): (items: Items) => Buffer {
  const frame = frameRenderer(resource, options, now)
  const join = (items: Items) => (items.length === 1 && items[0] ? frame(items[0]) : Buffer.concat(items.map(frame)))
  const { form, encoding } = options.format
  if (form !== 'object') return join
  const { view } = resource
  const known = batches[encoding === 'protobuf' ? 'protobuf' : 'json']
  return items => {
    let byView = known.get(items)
    if (!byView) {
      byView = new Map()
      known.set(items, byView)
    }
    let bytes = byView.get(view)
    if (!bytes) {
      bytes = join(items)
      byView.set(view, bytes)
    }
    return bytes
  }
}

function frameRenderer(resource: Resource, { format, include }: RenderOptions, now: () => number): (item: WatchItem) => Buffer {
  let withDefinitions = true
  return item => {
    if (item.type === 'BOOKMARK') return bookmark(resource, item, format)
    if (format.form === 'object') return plainFrame(resource, item, format.encoding)
    const object = present(resource, item.entry)
    const options = { include, now: now(), withDefinitions }
    withDefinitions = false
    const shown =
      format.form === 'Table'
        ? table(resource, [object], { resourceVersion: object.metadata.resourceVersion }, options)
        : partialMetadata(object)
    return line(item.type, shown)
  }
}

function plainFrame(resource: Resource, item: Exclude<WatchItem, { type: 'BOOKMARK' }>, encoding: Encoding): Buffer {
  return encoding === 'protobuf'
    ? encodeWatchEvent(item.type, encodeEntry(resource, item.entry))
    : Buffer.concat([Buffer.from(`{"type":"${item.type}","object":`), presentBytes(resource, item.entry), frameEnd])
}

function bookmark(resource: Resource, item: WatchItem & { type: 'BOOKMARK' }, format: Format): Buffer {
  const { kind } = resource
  const resourceVersion = String(item.revision)
  const type =
    format.form === 'object'
      ? { kind: kind.kind, apiVersion: apiVersionOf(kind) }
      : { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1' }
  const annotations = item.initialEventsEnd && { annotations: { 'k8s.io/initial-events-end': 'true' } }
  const object = { ...type, metadata: { resourceVersion, creationTimestamp: null, ...annotations } }
  if (format.form !== 'Table') return event('BOOKMARK', object, format)
  const empty = table(resource, [], { resourceVersion }, { include: 'None', now: 0, withDefinitions: false })
  // What a table says of itself has no place for annotations, so the end of the list comes in a row of its own.
  return line('BOOKMARK', item.initialEventsEnd ? { ...empty, rows: [{ cells: [], object }] } : empty)
}

/** The last words of a watch that fails. */
export function watchErrorRenderer(format: Format): (error: unknown) => Buffer {
  return error => event('ERROR', StatusError.from(error).status, format)
}

function event(type: string, object: object, { encoding }: Format): Buffer {
  const message = encoding === 'protobuf' ? encodeObject(object) : undefined
  return message ? encodeWatchEvent(type, message) : line(type, object)
}

function line(type: string, object: object): Buffer {
  return Buffer.from(`${JSON.stringify({ type, object })}\n`)
}
