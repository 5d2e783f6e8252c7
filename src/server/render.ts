// Answers as bytes, in the form the client asked for. The plain JSON of objects, lists and watch events is made of stored bytes.
import { stringify as stringifyYaml } from 'yaml'
import { apiVersionOf } from '../api/kind.ts'
import { StatusError } from '../meta/status-error.ts'
import type { Answer, WatchItem } from './call.ts'
import type { Format } from './negotiation.ts'
import type { Resource } from './resource.ts'
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
  readonly body: Buffer
}

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
      return { code: answer.code, contentType: answer.contentType, body: Buffer.from(answer.body) }
    case 'object':
      return encode(answer.code, answer.object, options.format.yaml)
    case 'entry':
      return renderEntry(answer, options)
    case 'list':
      return renderList(answer, options)
  }
}

function renderEntry({ code, resource, entry }: Answer & { type: 'entry' }, { format, include, now }: RenderOptions): Rendered {
  if (format.form === 'object' && !format.yaml) return { code, contentType: jsonType, body: presentBytes(resource, entry) }
  const object = present(resource, entry)
  switch (format.form) {
    case 'Table':
      return encode(
        code,
        table(resource, [object], { resourceVersion: object.metadata.resourceVersion }, { include, now, withDefinitions: true }),
        format.yaml,
      )
    case 'PartialObjectMetadata':
      return encode(code, partialMetadata(object), format.yaml)
    case 'PartialObjectMetadataList':
      throw StatusError.notAcceptable([jsonType])
    case 'object':
      return encode(code, object, format.yaml)
  }
}

const comma = Buffer.from(',')
const listEnd = Buffer.from(']}')

function renderList({ resource, entries, metadata }: Answer & { type: 'list' }, { format, include, now }: RenderOptions): Rendered {
  const { kind } = resource
  const head = { kind: `${kind.kind}List`, apiVersion: apiVersionOf(kind), metadata }
  if (format.form === 'object' && !format.yaml) {
    const parts: Buffer[] = [Buffer.from(`${JSON.stringify(head).slice(0, -1)},"items":[`)]
    for (const entry of entries) {
      if (parts.length > 1) parts.push(comma)
      parts.push(presentBytes(resource, entry))
    }
    parts.push(listEnd)
    return { code: 200, contentType: jsonType, body: Buffer.concat(parts) }
  }
  const objects = entries.map(entry => present(resource, entry))
  switch (format.form) {
    case 'Table':
      return encode(200, table(resource, objects, metadata, { include, now, withDefinitions: true }), format.yaml)
    case 'PartialObjectMetadataList':
    case 'PartialObjectMetadata':
      return encode(
        200,
        { kind: 'PartialObjectMetadataList', apiVersion: 'meta.k8s.io/v1', metadata, items: objects.map(partialMetadata) },
        format.yaml,
      )
    case 'object':
      return encode(200, { ...head, items: objects }, format.yaml)
  }
}

function encode(code: number, object: object, yaml: boolean): Rendered {
  return yaml
    ? { code, contentType: 'application/yaml', body: Buffer.from(stringifyYaml(object)) }
    : { code, contentType: jsonType, body: Buffer.from(`${JSON.stringify(object)}\n`) }
}

/** Frames of plain events are shared by all watchers of the same event. */
const frames = new WeakMap<WatchItem, Buffer>()
const frameEnd = Buffer.from('}\n')

/** Turns watch items into lines. One for each watch, as a Table is announced once. */
export function watchRenderer(resource: Resource, { format, include }: RenderOptions, now: () => number): (item: WatchItem) => Buffer {
  let withDefinitions = true
  return item => {
    if (item.type === 'BOOKMARK') return bookmark(resource, item, format)
    if (format.form === 'object') {
      let frame = frames.get(item)
      if (!frame) {
        frame = Buffer.concat([Buffer.from(`{"type":"${item.type}","object":`), presentBytes(resource, item.entry), frameEnd])
        frames.set(item, frame)
      }
      return frame
    }
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

function bookmark(resource: Resource, item: WatchItem & { type: 'BOOKMARK' }, format: Format): Buffer {
  const { kind } = resource
  const metadata = {
    resourceVersion: String(item.revision),
    creationTimestamp: null,
    ...(item.initialEventsEnd && { annotations: { 'k8s.io/initial-events-end': 'true' } }),
  }
  if (format.form === 'Table')
    return line(
      'BOOKMARK',
      table(resource, [], { resourceVersion: metadata.resourceVersion }, { include: 'None', now: 0, withDefinitions: false }),
    )
  const isPartial = format.form !== 'object'
  return line('BOOKMARK', {
    kind: isPartial ? 'PartialObjectMetadata' : kind.kind,
    apiVersion: isPartial ? 'meta.k8s.io/v1' : apiVersionOf(kind),
    metadata,
  })
}

export function errorFrame(error: unknown): Buffer {
  return line('ERROR', StatusError.from(error).status)
}

function line(type: string, object: object): Buffer {
  return Buffer.from(`${JSON.stringify({ type, object })}\n`)
}
