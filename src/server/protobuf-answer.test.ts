// Lists, single objects and watch events as clients of Protocol Buffers take them apart.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConfigMap } from '../api/core/config-map.ts'
import { ProtoReader } from '../base/protobuf-wire.ts'
import { type Status, status } from '../meta/status.ts'
import type { Entry } from '../store/store.ts'
import { negotiate } from './negotiation.ts'
import { decodeEnvelope, parseProtobuf } from './protobuf.ts'
import { encodeList, encodeObject } from './protobuf-answer.ts'
import { type Rendered, render, watchErrorRenderer, watchRenderer } from './render.ts'
import { resourceFor } from './resource.ts'

const resource = resourceFor(ConfigMap)
const protobuf = negotiate('application/vnd.kubernetes.protobuf,application/json')
const options = { format: protobuf, include: 'None', now: 0 } as const

function configMap(name: string): object {
  return { kind: 'ConfigMap', apiVersion: 'v1', metadata: { name, resourceVersion: '7' }, data: { a: 'b' } }
}
function entry(name: string): Entry {
  const value = Buffer.from(JSON.stringify(configMap(name)))
  return { key: `/registry/configmaps/d/${name}`, value, createRevision: 7, modRevision: 7, memo: undefined }
}

/** The runs of a message, by the number of their field. */
function runs(bytes: Uint8Array): (readonly [number: number, run: Buffer])[] {
  const from = new ProtoReader(bytes)
  const found: (readonly [number, Buffer])[] = []
  while (!from.atEnd) found.push([from.tag().number, from.run()])
  return found
}

/** A frame's event type and its object's envelope. */
function event(frame: Buffer): { readonly type: string; readonly object: Buffer } {
  assert.equal(frame.readUInt32BE(), frame.length - 4)
  const [type, extension] = runs(frame.subarray(4))
  assert.ok(type?.[0] === 1 && extension?.[0] === 2)
  const object = runs(extension[1])[0]
  assert.ok(object?.[0] === 1)
  return { type: type[1].toString(), object: object[1] }
}

const accepted: readonly (readonly [accept: string | undefined, encoding: string, form: string])[] = [
  [undefined, 'json', 'object'],
  ['application/json', 'json', 'object'],
  ['application/vnd.kubernetes.protobuf', 'protobuf', 'object'],
  ['application/vnd.kubernetes.protobuf;stream=watch, application/json', 'protobuf', 'object'],
  ['application/json, application/vnd.kubernetes.protobuf', 'json', 'object'],
  ['application/vnd.kubernetes.protobuf;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1;g=meta.k8s.io', 'json', 'Table'],
  ['application/cbor,application/yaml', 'yaml', 'object'],
]
for (const [accept, encoding, form] of accepted)
  test(`Accept ${accept} gives ${form} in ${encoding}`, () => assert.deepEqual(negotiate(accept), { form, encoding }))

test('an object comes in its envelope', () => {
  const { contentType, body } = render({ type: 'entry', code: 200, resource, entry: entry('x') }, options) as Rendered & { body: Buffer }
  assert.equal(contentType, 'application/vnd.kubernetes.protobuf')
  assert.deepEqual(parseProtobuf(body, ConfigMap.schema), configMap('x'))
})

test('a list has its metadata, then each object without a type of its own', () => {
  const bytes = encodeList(resource, [entry('x'), entry('y')], { resourceVersion: '9', continue: 'more' })
  const { apiVersion, kind, raw } = decodeEnvelope(bytes)
  assert.deepEqual([apiVersion, kind], ['v1', 'ConfigMapList'])
  const [metadata, ...items] = runs(raw)
  assert.ok(metadata)
  assert.deepEqual(
    runs(metadata[1]).map(([number, run]) => [number, run.toString()]),
    [
      [1, ''],
      [2, '9'],
      [3, 'more'],
    ],
  )
  assert.deepEqual(
    items.map(([number]) => number),
    [2, 2],
  )
})

test('watch events are frames with a length', () => {
  const frame = watchRenderer(resource, options, () => 0)
  const { type, object } = event(frame([{ type: 'ADDED', entry: entry('x') }]))
  assert.equal(type, 'ADDED')
  assert.deepEqual(parseProtobuf(object, ConfigMap.schema), configMap('x'))

  const bookmark = event(frame([{ type: 'BOOKMARK', revision: 12, initialEventsEnd: true }]))
  assert.equal(bookmark.type, 'BOOKMARK')
  assert.deepEqual(parseProtobuf(bookmark.object, ConfigMap.schema), {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { resourceVersion: '12', annotations: { 'k8s.io/initial-events-end': 'true' } },
  })
})

test('a watch that fails ends with a status', () => {
  const { type, object } = event(watchErrorRenderer(protobuf)(new Error('broken')))
  assert.equal(type, 'ERROR')
  assert.equal((parseProtobuf(object, status) as Status).code, 500)
})

test('what has no message is left to JSON', () => {
  assert.equal(encodeObject({ apiVersion: 'meta.k8s.io/v1', kind: 'Table' }), undefined)
  const answer = { type: 'object', code: 200, object: { apiVersion: 'x/v1', kind: 'Y' } } as const
  assert.equal(render(answer, options).contentType, 'application/json')
})
