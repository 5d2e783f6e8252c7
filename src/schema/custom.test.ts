import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decode } from './decode.ts'
import { applyDefaults } from './default.ts'
import type { CustomObject, Field, ObjectNode, SchemaNode } from './schema.ts'

const field = (node: SchemaNode, value?: unknown): Field => ({
  node,
  required: false,
  doc: '',
  ...(value !== undefined && { default: value }),
})
function custom(fields: Readonly<Record<string, Field>>, more: Partial<CustomObject> = {}): ObjectNode {
  return { type: 'object', name: '', doc: '', fields, custom: { isOpen: false, nullable: new Set(), ...more } }
}
const text: SchemaNode = { type: 'string' }
const meta: ObjectNode = {
  type: 'object',
  name: 'x.v1.ObjectMeta',
  doc: '',
  fields: { name: field(text), size: field({ type: 'integer' }) },
}
const node = custom(
  {
    metadata: field(meta),
    name: field(text, 'x'),
    size: field({ type: 'integer' }),
    bare: field(text),
    free: field(custom({ known: field(custom({ a: field(text) })) }, { isOpen: true })),
    list: field({ type: 'array', items: custom({ a: field(text, 'b') }) }),
    map: field({ type: 'map', values: custom({ a: field(text) }), dropsNull: true }),
  },
  { nullable: new Set(['bare']) },
)
const run = (input: unknown) => decode(node, input, value => ({ value }))

test('what is as it should be comes back as it came', () => {
  const input = { name: '', free: { b: [null, { c: 1 }], known: { a: '1' } }, list: [{ a: '2' }], map: { k: { a: '3' } }, bare: null }
  assert.equal(run(input).value, input)
})

test('what is not known is pruned and named, but where all is kept', () => {
  const { value, unknownFields } = run({ x: 1, free: { y: 1, known: { z: 1 } }, list: [{ b: 1 }], map: { k: { c: 1 } } })
  assert.deepEqual(value, { free: { y: 1, known: {} }, list: [{}], map: { k: {} } })
  assert.deepEqual(unknownFields, ['x', 'free.known.z', 'list[0].b', 'map.k.c'])
})

test('values of other types are kept for validation; nulls only where they may be', () => {
  assert.deepEqual(run({ size: 'a', list: {}, map: [], name: null, bare: null, free: { d: null } }).value, {
    size: 'a',
    list: {},
    map: [],
    bare: null,
    free: { d: null },
  })
  assert.deepEqual(run({ map: { k: null } }).value, { map: {} })
})

test('metadata is no custom part: its types are checked', () => {
  const { errors, unknownFields } = run({ metadata: { size: 'x', y: 1 } })
  assert.deepEqual(unknownFields, ['metadata.y'])
  assert.equal(errors[0]?.message, 'json: cannot unmarshal string into Go struct field ObjectMeta.metadata.size of type int64')
})

test('defaults are filled in where there is nothing; an empty text is something', () => {
  assert.deepEqual(applyDefaults(node, { name: '', list: [{}] }), { name: '', list: [{ a: 'b' }] })
  assert.deepEqual(applyDefaults(node, {}), { name: 'x' })
})
