import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { SpdyDecoder, SpdyEncoder, SpdyError, type SpdyFrame } from './spdy.ts'
import { spdyDictionary, spdyDictionaryId } from './spdy-dictionary.ts'

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex')

test('the dictionary has the checksum by which SPDY/3 names it', () => {
  let low = 1
  let high = 0
  for (const byte of spdyDictionary) {
    low = (low + byte) % 65_521
    high = (high + low) % 65_521
  }
  assert.equal(high * 65_536 + low, spdyDictionaryId)
})

const golden: readonly [bytes: string, frame: SpdyFrame][] = [
  ['00000003 01000002 6869', { type: 'data', streamId: 3, fin: true, data: Buffer.from('hi') }],
  ['00000005 00000000', { type: 'data', streamId: 5, fin: false, data: Buffer.alloc(0) }],
  ['80030003 00000008 00000003 00000005', { type: 'rst-stream', streamId: 3, status: 5 }],
  ['80030004 0000000c 00000001 01000007 00010000', { type: 'settings', settings: [{ id: 7, flags: 1, value: 65_536 }] }],
  ['80030006 00000004 00000009', { type: 'ping', id: 9 }],
  ['80030007 00000008 00000005 00000000', { type: 'goaway', lastStreamId: 5, status: 0 }],
  ['80030009 00000008 00000000 00008000', { type: 'window-update', streamId: 0, delta: 32_768 }],
]
for (const [bytes, frame] of golden) {
  test(`golden bytes of a ${frame.type} frame`, () => {
    assert.equal(new SpdyEncoder().encode(frame).toString('hex'), hex(bytes).toString('hex'))
    assert.deepEqual([...new SpdyDecoder().push(hex(bytes))], [frame])
  })
}

// Compressed by the zlib library itself, one deflate stream with a sync flush after each block.
test('golden bytes of SYN_STREAM frames that share one compression history', () => {
  const decoder = new SpdyDecoder()
  const first = '80030001 00000028 00000001 00000000 0000 78f9e3c6a7c202a62346703a2b294a4dcc851625aca9a08006000000ffff'
  const second = '80030001 00000019 00000003 00000000 0000 c22a054ccc29f9a52500000000ffff'
  const syn = { type: 'syn-stream', associatedId: 0, priority: 0, fin: false, unidirectional: false } as const
  assert.deepEqual([...decoder.push(hex(first))], [{ ...syn, streamId: 1, headers: { streamtype: 'error' } }])
  assert.deepEqual([...decoder.push(hex(second))], [{ ...syn, streamId: 3, headers: { streamtype: 'stdout' } }])
})

const record = <T extends object>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }) => fc.record(model, { noNullPrototype: true })
const id = fc.integer({ min: 1, max: 0x7fffffff })
const word = fc.integer({ min: 0, max: 0xffffffff })
const name = fc.stringMatching(/^[a-z][a-z-]{0,20}$/)
const headers = fc.dictionary(name, fc.string({ unit: 'grapheme', maxLength: 300 }), { noNullPrototype: true })
const fin = fc.boolean()
const controlFrame: fc.Arbitrary<SpdyFrame> = fc.oneof(
  record({
    type: fc.constant('syn-stream' as const),
    streamId: id,
    associatedId: fc.integer({ min: 0, max: 0x7fffffff }),
    priority: fc.integer({ min: 0, max: 7 }),
    fin,
    unidirectional: fc.boolean(),
    headers,
  }),
  record({ type: fc.constantFrom('syn-reply' as const, 'headers' as const), streamId: id, fin, headers }),
  record({ type: fc.constant('rst-stream' as const), streamId: id, status: word }),
  record({
    type: fc.constant('settings' as const),
    settings: fc.array(record({ id: fc.nat({ max: 0xffffff }), flags: fc.nat({ max: 255 }), value: word })),
  }),
  record({ type: fc.constant('ping' as const), id: word }),
  record({ type: fc.constant('goaway' as const), lastStreamId: id, status: word }),
  record({ type: fc.constant('window-update' as const), streamId: id, delta: fc.integer({ min: 1, max: 0x7fffffff }) }),
)
const dataFrame: fc.Arbitrary<SpdyFrame> = record({
  type: fc.constant('data' as const),
  streamId: id,
  fin,
  data: fc.uint8Array({ maxLength: 50 }).map(bytes => Buffer.from(bytes)),
})

/** The pieces of a data frame put together again. */
function joined(frames: readonly SpdyFrame[], sizes: readonly number[]): SpdyFrame[] {
  const result: SpdyFrame[] = []
  let piece: Buffer | undefined
  for (const frame of frames) {
    if (frame.type !== 'data') {
      result.push(frame)
      continue
    }
    piece = piece ? Buffer.concat([piece, frame.data]) : frame.data
    if (piece.length < sizes[result.length]!) continue
    result.push({ ...frame, data: Buffer.from(piece) })
    piece = undefined
  }
  return result
}

test('frames survive any cutting of the byte stream', () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(controlFrame, dataFrame), { maxLength: 12 }),
      fc.array(fc.integer({ min: 1, max: 40 })),
      (frames, cuts) => {
        const encoder = new SpdyEncoder()
        const bytes = Buffer.concat(frames.map(frame => encoder.encode(frame)))
        const decoder = new SpdyDecoder()
        const received: SpdyFrame[] = []
        let offset = 0
        for (let i = 0; offset < bytes.length; i++) {
          const size = cuts.length > 0 ? cuts[i % cuts.length]! : bytes.length
          received.push(...decoder.push(bytes.subarray(offset, offset + size)))
          offset += size
        }
        const sizes = frames.map(frame => (frame.type === 'data' ? frame.data.length : 0))
        assert.deepEqual(joined(received, sizes), frames)
      },
    ),
  )
})

test('a control frame of an unknown type is passed over', () => {
  const frames = [...new SpdyDecoder().push(hex('8003000a 00000004 01020304 80030006 00000004 00000001'))]
  assert.deepEqual(frames, [{ type: 'ping', id: 1 }])
})

const broken: readonly [name: string, bytes: string][] = [
  ['another version', '80020006 00000004 00000001'],
  ['a huge control frame', '80030001 00ffffff'],
  ['a cut RST_STREAM', '80030003 00000004 00000001'],
  ['headers without the dictionary', '80030002 0000000c 00000001 789c 0300 0000 0001'],
]
for (const [what, bytes] of broken) {
  test(`refused: ${what}`, () => assert.throws(() => [...new SpdyDecoder().push(hex(bytes))], SpdyError))
}
