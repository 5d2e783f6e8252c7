// Objects survive the way through Protocol Buffers; what Kubernetes writes is told from what it only marks as zero; bad bytes are refused.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ProtoError } from '../base/protobuf-wire.ts'
import { decodeProtobuf, encodeProtobuf, type FieldTable } from './protobuf.ts'
import * as s from './schema.ts'

const leaf = { name: s.string(), count: s.int32() }
const tree: s.Schema<unknown> = s.recursive('t.v1.Tree', '', self => ({
  ...leaf,
  big: s.int64(),
  ratio: s.double(),
  on: s.boolean(),
  blob: s.bytes(),
  at: s.time(),
  fine: s.microTime(),
  amount: s.quantity(),
  port: s.intOrString(),
  any: s.raw(),
  child: self,
  names: s.array(s.string()),
  counts: s.array(s.int32()),
  children: s.array(self),
  labels: s.map(s.string()),
  blobs: s.map(s.bytes()),
  amounts: s.map(s.quantity()),
  extra: s.map(s.array(s.string())),
  trees: s.map(self),
}))
const node = tree.node as s.ObjectNode
const table: FieldTable = {
  't.v1': {
    Tree: '>Leaf @3 big ratio on blob at fine amount @20 port any child names counts children labels blobs amounts extra trees',
    Leaf: 'name @16 count',
    Marked: 'text= hint~ flag= bit~ number= child= at= amount= port= shared',
    Child: 'name~',
  },
}

const year10000 = 253_402_300_799_999
const date = fc.date({ min: new Date(-62_000_000_000_000), max: new Date(year10000), noInvalidDate: true })
const text = fc.string({ unit: 'grapheme', maxLength: 8 })
const key = fc.oneof(text, fc.constant('__proto__'))
const base64 = fc.uint8Array({ maxLength: 5 }).map(bytes => Buffer.from(bytes).toString('base64'))
const dictionary = <T>(value: fc.Arbitrary<T>) =>
  fc.array(fc.tuple(key, value), { minLength: 1, maxLength: 3 }).map(entries => Object.fromEntries(entries))
const list = <T>(value: fc.Arbitrary<T>) => fc.array(value, { minLength: 1, maxLength: 3 })

/** Empty lists and maps are left out: the format cannot tell them from absent ones. */
const { value: values } = fc.letrec(tie => ({
  value: fc.record(
    {
      name: text,
      count: fc.integer(),
      big: fc.maxSafeInteger(),
      ratio: fc.double({ noNaN: true }),
      on: fc.boolean(),
      blob: base64,
      at: date.map(d => `${d.toISOString().slice(0, 19)}Z`),
      fine: date.map(d => `${d.toISOString().slice(0, 19)}.120034Z`),
      amount: fc.constantFrom('0', '100m', '64Mi'),
      port: fc.oneof(fc.integer(), text),
      any: fc.oneof(fc.constant({ a: [1, { b: null }] }), fc.constant(0), fc.constant('x')),
      child: tie('deeper'),
      names: list(text),
      counts: list(fc.integer()),
      children: list(tie('deeper')),
      labels: dictionary(text),
      blobs: dictionary(base64),
      amounts: dictionary(fc.constantFrom('1', '2Gi')),
      extra: dictionary(list(text)),
      trees: dictionary(tie('deeper')),
    },
    { requiredKeys: [], noNullPrototype: true },
  ),
  deeper: fc.oneof({ maxDepth: 2 }, fc.constant({}), tie('value')),
}))

test('an object is the same after the way there and back, and has the same bytes again', () => {
  fc.assert(
    fc.property(values, value => {
      const bytes = encodeProtobuf(node, value as object, table)
      const back = decodeProtobuf(node, bytes, table)
      assert.deepEqual(back, value)
      assert.deepEqual(encodeProtobuf(node, back, table), bytes)
    }),
    { numRuns: 300 },
  )
})

test('any bytes are an object or a ProtoError', () => {
  const valid = values.map(value => encodeProtobuf(node, value as object, table))
  const damaged = fc.tuple(valid, fc.nat(), fc.integer({ min: 0, max: 255 })).map(([bytes, at, byte]) => {
    if (bytes.length > 0) bytes[at % bytes.length] = byte
    return bytes
  })
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 40 }), damaged), bytes => {
      try {
        decodeProtobuf(node, bytes, table)
      } catch (error) {
        assert.ok(error instanceof ProtoError, String(error))
      }
    }),
    { numRuns: 1000 },
  )
})

const marked = s.object('t.v1.Marked', '', {
  text: s.string(),
  hint: s.string(),
  flag: s.boolean(),
  bit: s.boolean(),
  number: s.int64(),
  child: s.object('t.v1.Child', '', { name: s.string() }),
  at: s.time(),
  amount: s.quantity(),
  port: s.intOrString(),
  shared: s.string(),
}).node as s.ObjectNode

test('marked fields are written as zeros, and read as JSON shows them', () => {
  const bytes = encodeProtobuf(marked, {}, table)
  assert.equal(bytes.toString('hex'), '0a00' + '1200' + '1800' + '2000' + '2800' + '32020a00' + '3a00' + '42030a0130' + '4a06080010001a00')
  assert.deepEqual(decodeProtobuf(marked, bytes, table), { text: '', flag: false, number: 0, child: {}, amount: '0', port: 0 })
  assert.deepEqual(decodeProtobuf(marked, Buffer.alloc(0), table), {}, 'nothing is invented')
})

const readable: readonly (readonly [name: string, hex: string, value: object])[] = [
  ['an unmarked zero was set', '52 00', { shared: '' }],
  [
    'unknown fields of every wire type',
    '98 06 01 | 99 06 0000000000000000 | 9a 06 01 00 | 9b 06 08 01 9c 06 | 9d 06 00000000 | 52 01 61',
    { shared: 'a' },
  ],
  ['a scalar that comes twice counts as it came last', '52 01 61 | 52 01 62', { shared: 'b' }],
  ['a message that comes twice is merged', '32 03 0a 01 61 | 32 00', { child: { name: 'a' } }],
  ['the epoch is a time', '3a 04 08 00 10 00', { at: '1970-01-01T00:00:00Z' }],
  ['a zero after a value', '12 01 61 | 12 00', {}],
]
for (const [name, hex, value] of readable) test(`read: ${name}`, () => assert.deepEqual(decodeProtobuf(marked, fromHex(hex), table), value))

test('numbers may come packed', () => {
  // Field 24 (`counts`), packed and apart.
  assert.deepEqual(decodeProtobuf(node, fromHex('c2 01 03 01 96 01 | c0 01 02'), table), { counts: [1, 150, 2] })
})

test('an entry without a key or a value has their zeros', () => {
  // Field 26 (`labels`), 28 (`amounts`) and 30 (`trees`).
  const bytes = fromHex('d2 01 00 | e2 01 03 0a 01 61 | f2 01 03 0a 01 62')
  assert.deepEqual(decodeProtobuf(node, bytes, table), { labels: { '': '' }, amounts: { a: '0' }, trees: { b: {} } })
})

const refused: readonly (readonly [name: string, hex: string])[] = [
  ['a run that is longer than the rest', '52 7f 61'],
  ['a run of 2^62 bytes', '52 80 80 80 80 80 80 80 80 40'],
  ['a varint that does not end', '28 ff ff ff ff ff ff ff ff ff ff ff'],
  ['bytes that end in a tag', '80'],
  ['field number 0', '02 00'],
  ['wire type 6', '56'],
  ['a string where a number stands', '2a 00'],
  ['a group that does not end', '9b 06 08 01'],
  ['a group that ends as another', '9b 06 a4 06'],
  ['a time after the year 9999', '3a 07 08 80 80 80 80 80 40'],
  ['a third type of IntOrString', '4a 02 08 02'],
]
for (const [name, hex] of refused)
  test(`refused: ${name}`, () => assert.throws(() => decodeProtobuf(marked, fromHex(hex), table), { name: 'ProtoError' }))

test('messages and groups a million deep neither crash nor hang', () => {
  const groups = Buffer.alloc(1_000_000, fromHex('9b 06'))
  assert.throws(() => decodeProtobuf(node, groups, table), { name: 'ProtoError' })
  let bytes = Buffer.alloc(0)
  // Field 22 (`child`) in itself.
  for (let i = 0; i < 1000; i++) bytes = encodeRun('b2 01', bytes)
  assert.throws(() => decodeProtobuf(node, bytes, table), { name: 'ProtoError', message: /nested/ })
})

function encodeRun(tag: string, inner: Buffer): Buffer<ArrayBuffer> {
  const { length } = inner
  const prefix = length < 0x80 ? [length] : [(length & 0x7f) | 0x80, length >> 7]
  return Buffer.concat([fromHex(tag), Buffer.from(prefix), inner])
}

function fromHex(hex: string): Buffer {
  return Buffer.from(hex.replace(/[^0-9a-f]/g, ''), 'hex')
}
