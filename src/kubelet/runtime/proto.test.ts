import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ProtoError } from '../../base/protobuf-wire.ts'
import { decode, encode, enumeration, message } from './proto.ts'

const Color = enumeration({ RED: 0, GREEN: 1, BLUE: 2, INFRA: -5 })
const Point = message({ x: [1, 'sint32'], y: [2, 'sint64'], color: [3, Color] })
const Everything = message({
  double: [1, 'double'],
  float: [2, 'float'],
  int32: [3, 'int32'],
  uint32: [4, 'uint32'],
  fixed32: [5, 'fixed32'],
  sfixed32: [6, 'sfixed32'],
  int64: [7, 'int64'],
  uint64: [8, 'uint64'],
  fixed64: [9, 'fixed64'],
  sfixed64: [10, 'sfixed64'],
  bool: [11, 'bool'],
  string: [12, 'string'],
  bytes: [13, 'bytes'],
  point: [14, Point],
  names: [15, 'string', 'repeated'],
  numbers: [16, 'int64', 'repeated'],
  colors: [17, Color, 'repeated'],
  points: [18, Point, 'repeated'],
  labels: [19, 'string', 'map'],
  places: [20000, Point, 'map'],
  at: [21, 'nanos'],
})

const narrow = (value: bigint) => (value >= -(2n ** 53n) + 1n && value <= 2n ** 53n - 1n ? Number(value) : value)
const signed = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(narrow)
const unsigned = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(narrow)
const int32 = fc.integer()
const uint32 = fc.nat({ max: 0xffffffff })
const color = fc.constantFrom('RED', 'GREEN', 'BLUE', 'INFRA')
const point = fc.record({ x: int32, y: signed, color }, { noNullPrototype: true })
const key = fc.oneof(fc.string(), fc.constant('__proto__'))
const mapOf = <T>(value: fc.Arbitrary<T>) => fc.array(fc.tuple(key, value)).map(entries => Object.fromEntries(entries))
const everything = fc.record(
  {
    double: fc.double(),
    float: fc.float(),
    int32,
    uint32,
    fixed32: uint32,
    sfixed32: int32,
    int64: signed,
    uint64: unsigned,
    fixed64: unsigned,
    sfixed64: signed,
    bool: fc.boolean(),
    string: fc.string({ unit: 'grapheme' }),
    bytes: fc.uint8Array(),
    point,
    names: fc.array(fc.string()),
    numbers: fc.array(signed),
    colors: fc.array(color),
    points: fc.array(point),
    labels: mapOf(fc.string()),
    places: mapOf(point),
    at: fc.integer({ min: 0, max: 4e12 }).map(microseconds => microseconds + 0.5),
  },
  { noNullPrototype: true },
)

test('what is encoded is decoded', () => {
  fc.assert(fc.property(everything, value => assert.deepEqual(decode(Everything, encode(Everything, value)), value)))
})

test('a reader that knows fewer fields skips the others', () => {
  const Less = message({ int64: [7, 'int64'], labels: [19, 'string', 'map'] })
  fc.assert(
    fc.property(everything, value => {
      assert.deepEqual(decode(Less, encode(Everything, value)), { int64: value.int64, labels: value.labels })
    }),
  )
})

test('cut bytes are refused or decode to a message, and nothing else happens', () => {
  fc.assert(
    fc.property(everything, fc.nat({ max: 200 }), (value, cut) => {
      try {
        decode(Everything, encode(Everything, value).subarray(0, cut))
      } catch (error) {
        assert.ok(error instanceof ProtoError)
      }
    }),
  )
})

// Bytes from the encoding guide of Protocol Buffers, and made by hand.
const Guide = message({
  a: [1, 'int32'],
  b: [2, 'string'],
  c: [3, message({ a: [1, 'int32'] })],
  f: [4, 'int32', 'repeated'],
  g: [5, 'sint32'],
})
const golden: readonly [name: string, hex: string, value: Partial<ReturnType<typeof decode<typeof Guide>>>][] = [
  ['a varint', '089601', { a: 150 }],
  ['a negative int32 in ten bytes', '08feffffffffffffffff01', { a: -2 }],
  ['a string', '120774657374696e67', { b: 'testing' }],
  ['a message in a message', '1a03089601', { c: { a: 150 } }],
  ['a present but empty message', '1a00', { c: { a: 0 } }],
  ['packed numbers', '2206038e029ea705', { f: [3, 270, 86942] }],
  ['a zigzag number', '2803', { g: -2 }],
]
for (const [name, hex, value] of golden) {
  test(`golden bytes: ${name}`, () => {
    assert.equal(encode(Guide, value).toString('hex'), hex)
    assert.deepEqual(decode(Guide, Buffer.from(hex, 'hex')), { a: 0, b: '', f: [], g: 0, ...value })
  })
}

const lenient: readonly [name: string, hex: string, value: object][] = [
  ['unpacked numbers are taken too', '200320042005', { f: [3, 4, 5] }],
  ['a message that comes twice is merged', '1a0208011a00', { c: { a: 1 } }],
  ['an unknown group is skipped', '9b060801a20600' + '9c06' + '0801', { a: 1 }],
  ['a field of an unexpected wire type is skipped', '0a0101', {}],
]
for (const [name, hex, value] of lenient) {
  test(`lenient: ${name}`, () => assert.deepEqual(decode(Guide, Buffer.from(hex, 'hex')), { a: 0, b: '', f: [], g: 0, ...value }))
}

test('a number that an enum does not know leaves the field as it was', () => {
  assert.equal(decode(Point, Buffer.from('1801183f', 'hex')).color, 'GREEN')
})
