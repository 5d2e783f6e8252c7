// HTTP/2 broken at the level of frames: prefaces, floods, windows, settings, header blocks that never end or unpack to far more than they are.
import type { Random } from './random.ts'

const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')
const type = { data: 0, headers: 1, priority: 2, reset: 3, settings: 4, push: 5, ping: 6, goaway: 7, window: 8, continuation: 9 } as const
const flag = { endStream: 1, ack: 1, endHeaders: 4, padded: 8, priority: 32 } as const

function frame(kind: number, flags: number, stream: number, payload: Buffer = Buffer.alloc(0), length = payload.length): Buffer {
  const head = Buffer.alloc(9)
  head.writeUIntBE(length, 0, 3)
  head[3] = kind
  head[4] = flags
  head.writeUInt32BE(stream >>> 0, 5)
  return Buffer.concat([head, payload])
}

const number32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value >>> 0)
  return bytes
}

function setting(id: number, value: number): Buffer {
  const bytes = Buffer.alloc(6)
  bytes.writeUInt16BE(id)
  bytes.writeUInt32BE(value >>> 0, 2)
  return bytes
}

/** A text of HPACK, plain. */
function text(value: string): Buffer {
  const bytes = Buffer.from(value, 'latin1')
  const rest = bytes.length - 127
  const length = rest < 0 ? [bytes.length] : [127, ...sevenBits(rest)]
  return Buffer.concat([Buffer.from(length), bytes])
}

function sevenBits(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...sevenBits(value >> 7)]
}

function field(name: string, value: string, first = 0): Buffer {
  return Buffer.concat([Buffer.from([first]), text(name), text(value)])
}

function request(path: string, method = 'GET', ...more: readonly Buffer[]): Buffer {
  return Buffer.concat([field(':method', method), field(':scheme', 'https'), field(':path', path), field(':authority', 'x'), ...more])
}

const headers = (stream: number, block: Buffer, flags: number = flag.endHeaders | flag.endStream): Buffer =>
  frame(type.headers, flags, stream, block)
const get = (stream: number, path = '/livez'): Buffer => headers(stream, request(path))
const each = (count: number, make: (i: number) => Buffer): Buffer[] => Array.from({ length: count }, (_, i) => make(i))

function randomFrame(random: Random): Buffer {
  const payload = random.bytes(random.below(60))
  const length = random.chance(0.8) ? payload.length : random.pick([0, 1, 16_384, 16_385, 0xffffff])
  return frame(
    random.chance(0.9) ? random.below(10) : random.below(256),
    random.below(256),
    random.pick([0, 1, 2, 3, 5, 0x7fffffff, 0xffffffff]),
    payload,
    length,
  )
}

const floods: readonly ((count: number) => Buffer[])[] = [
  // Rapid resets, and resets of what never was.
  count => each(count, i => Buffer.concat([get(2 * i + 1, '/api/v1/pods'), frame(type.reset, 0, 2 * i + 1, number32(8))])),
  count => each(count, i => frame(type.reset, 0, 2 * i + 1, number32(0))),
  count => [headers(1, request('/livez'), 0), ...each(count, () => frame(type.continuation, 0, 1, field('a', 'b')))],
  count => [headers(1, request('/livez'), 0), ...each(count, () => frame(type.continuation, 0, 1))],
  count => each(count, () => frame(type.ping, 0, 0, Buffer.alloc(8))),
  count => each(count, () => frame(type.settings, 0, 0, setting(4, 65_535))),
  count => each(count, () => frame(type.priority, 0, 1, Buffer.alloc(5))),
  count => [headers(1, request('/api/v1/namespaces/test/pods', 'POST'), flag.endHeaders), ...each(count, () => frame(type.data, 0, 1))],
  count => each(count, () => frame(type.window, 0, 0, number32(1))),
  // Requests whose answers nobody takes.
  count => [frame(type.settings, 0, 0, setting(4, 0)), ...each(count, i => get(2 * i + 1, '/openapi/v2'))],
  count => each(count, i => headers(2 * i + 1, request('/api/v1/namespaces/test/pods', 'POST'), flag.endHeaders)),
  count => each(count, i => get(2 * i + 1, '/api/v1/pods?watch=1&timeoutSeconds=1')),
]

const blocks: readonly ((random: Random) => Buffer)[] = [
  () => request('/livez', 'GET', field('a', 'b').subarray(0, 3)),
  () => Buffer.concat([request('/livez'), Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f])]),
  () => Buffer.concat([Buffer.from([0x3f, 0xff, 0xff, 0xff, 0x07]), request('/livez')]),
  () => Buffer.concat([request('/livez'), Buffer.from([0xfe])]),
  // One long field that is named again and again.
  () => Buffer.concat([request('/livez'), field('x', 'y'.repeat(4_000), 0x40), Buffer.alloc(10_000, 0xbe)]),
  () => Buffer.concat([field(':method', 'GET'), field('a', 'b'), field(':path', '/livez')]),
  () => Buffer.concat([field(':path', '/livez'), field(':path', '/readyz')]),
  () => Buffer.alloc(0),
  () => request('', 'GET'),
  () => request('/livez', ''),
  () => request('/livez', 'CONNECT'),
  () => request('/livez', 'GET', field('Upper', 'x')),
  () => request('/livez', 'GET', field('connection', 'close'), field('te', 'x'), field('upgrade', 'websocket')),
  () => request('/livez', 'GET', field('a', 'b\r\nc: d'), field('a\u0000', '\u0000')),
  () => request('/livez', 'GET', field('', 'x'), field(':x', 'y')),
  () => request('/api/v1/namespaces/test/pods/x/exec', 'CONNECT', field(':protocol', 'websocket')),
  () => request('/api/v1/pods', 'POST', field('content-length', '-1')),
  () => request(`/${'\u00ff'.repeat(20)}?${'a&'.repeat(9_000)}`),
  () => request('*', 'OPTIONS'),
  random => random.bytes(200),
]

const others: readonly ((random: Random) => Buffer[])[] = [
  random => each(1 + random.below(30), () => randomFrame(random)),
  random => [get(1), ...each(1 + random.below(10), () => randomFrame(random))],
  () => [headers(1, request('/livez'), 0)],
  () => [headers(1, request('/livez'), 0), get(3)],
  () => [frame(type.continuation, flag.endHeaders, 1, request('/livez'))],
  () => [frame(type.data, flag.endStream, 1, Buffer.from('x'))],
  () => [get(2), get(0), get(1), get(1)],
  () => [get(5), get(3)],
  () => [frame(type.headers, flag.endHeaders | flag.padded, 1, Buffer.from([200, 0x82]))],
  () => [frame(type.headers, flag.endHeaders | flag.priority, 1, Buffer.concat([number32(1), Buffer.from([255]), request('/livez')]))],
  () => [frame(type.window, 0, 0, number32(0x7fffffff)), frame(type.window, 0, 0, number32(0x7fffffff))],
  () => [get(1, '/api/v1/pods'), frame(type.window, 0, 1, number32(0x7fffffff))],
  () => [frame(type.window, 0, 0, number32(0))],
  random => [
    frame(
      type.settings,
      0,
      0,
      setting(random.pick([1, 2, 3, 4, 5, 6, 8, 99]), random.pick([0, 1, 2, 16_383, 2 ** 24, 2 ** 31, 0xffffffff])),
    ),
    get(1, '/openapi/v2'),
  ],
  () => [frame(type.settings, 0, 0, Buffer.concat(each(2_700, i => setting(i, i))))],
  () => [
    frame(type.settings, flag.ack, 0, setting(1, 1)),
    frame(type.settings, 0, 1, setting(1, 1)),
    frame(type.settings, 0, 0, Buffer.alloc(5)),
  ],
  () => [frame(type.goaway, 0, 0, Buffer.alloc(8)), get(1)],
  () => [frame(type.push, flag.endHeaders, 1, Buffer.concat([number32(2), request('/livez')]))],
  () => [frame(type.ping, 0, 0, Buffer.alloc(7)), frame(type.ping, 0, 1, Buffer.alloc(8))],
  () => [frame(type.data, 0, 1, Buffer.alloc(0), 0xffffff)],
  // A body of another length than was said, and one that ends twice.
  () => [
    headers(1, request('/api/v1/namespaces/test/pods', 'POST', field('content-length', '5')), flag.endHeaders),
    frame(type.data, flag.endStream, 1, Buffer.from('{}')),
  ],
  () => [
    headers(1, request('/api/v1/namespaces/test/pods', 'POST'), flag.endHeaders),
    frame(type.data, flag.endStream, 1, Buffer.from('{}')),
    frame(type.data, flag.endStream, 1),
  ],
  // Trailers, with and without an end.
  () => [headers(1, request('/api/v1/namespaces/test/pods', 'POST'), flag.endHeaders), headers(1, field('a', 'b'))],
  () => [headers(1, request('/api/v1/namespaces/test/pods', 'POST'), flag.endHeaders), headers(1, field('a', 'b'), flag.endHeaders)],
]

export function http2Bytes(random: Random): Buffer[] {
  const start = [preface, frame(type.settings, 0, 0)]
  return random.do(
    () => [...start, ...random.pick(floods)(random.pick([100, 500, 3_000]))],
    () => [...start, headers(1, random.pick(blocks)(random)), get(3)],
    () => [...start, ...random.pick(others)(random)],
    () => [...start, ...random.pick(others)(random)],
    () => [random.pick([preface.subarray(0, random.below(24)), Buffer.from('GET / HTTP/1.1\r\n\r\n'), random.bytes(24)]), get(1)],
    () => [preface, get(1)],
    () => cut(random, Buffer.concat([...start, get(1, '/api/v1/pods'), ...random.pick(floods)(10)])),
  )
}

/** Some bytes of what was right are changed, or it breaks off. */
function cut(random: Random, bytes: Buffer): Buffer[] {
  for (let i = random.below(8); i > 0; i--) bytes.writeUInt8(random.below(256), random.below(bytes.length))
  return [random.chance(0.3) ? bytes.subarray(0, random.below(bytes.length)) : bytes]
}
