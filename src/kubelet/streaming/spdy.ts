// SPDY/3.1 framing: frames to bytes and back. Pure but for the header compression, whose history each direction keeps.
// Source: the SPDY Protocol, Draft 3.1. HTTP/2 replaced it everywhere but in the streams of exec, attach and port-forward.
import { constants, deflateRawSync, inflateRawSync } from 'node:zlib'
import { assert, unreachable } from '../../base/assert.ts'
import { spdyDictionary, spdyDictionaryId } from './spdy-dictionary.ts'

/** Lower-case names. Several values of one name are separated by NUL, as on the wire. */
export type SpdyHeaders = Readonly<Record<string, string>>

export type SpdyFrame =
  | { readonly type: 'data'; readonly streamId: number; readonly fin: boolean; readonly data: Buffer }
  | {
      readonly type: 'syn-stream'
      readonly streamId: number
      readonly associatedId: number
      readonly priority: number
      readonly fin: boolean
      readonly unidirectional: boolean
      readonly headers: SpdyHeaders
    }
  | { readonly type: 'syn-reply' | 'headers'; readonly streamId: number; readonly fin: boolean; readonly headers: SpdyHeaders }
  | { readonly type: 'rst-stream'; readonly streamId: number; readonly status: number }
  | { readonly type: 'settings'; readonly settings: readonly { readonly id: number; readonly flags: number; readonly value: number }[] }
  | { readonly type: 'ping'; readonly id: number }
  | { readonly type: 'goaway'; readonly lastStreamId: number; readonly status: number }
  | { readonly type: 'window-update'; readonly streamId: number; readonly delta: number }

export const rstStatus = {
  protocolError: 1,
  invalidStream: 2,
  refusedStream: 3,
  unsupportedVersion: 4,
  cancel: 5,
  internalError: 6,
  flowControlError: 7,
}
export const initialWindowSetting = 7
/** Bytes that either side may send before it is given more, per stream and per session. */
export const initialWindow = 65_536

/** The peer broke the protocol: the session cannot go on. */
export class SpdyError extends Error {
  override readonly name = 'SpdyError'
}

const VERSION = 3
const controlTypes = {
  'syn-stream': 1,
  'syn-reply': 2,
  'rst-stream': 3,
  settings: 4,
  ping: 6,
  goaway: 7,
  headers: 8,
  'window-update': 9,
} as const
const FIN = 1
const UNIDIRECTIONAL = 2
const STREAM_ID_MASK = 0x7fffffff
/** Generous for headers, small enough that a peer cannot fill the memory with one frame. */
const maxControlBytes = 1 << 20

/** One direction's compression: the history is the last 32 KiB of plain headers, at first the preset dictionary. */
class History {
  #window = spdyDictionary
  #started = false

  get window(): Buffer {
    return this.#window
  }
  /** True once, for the block that carries zlib's stream header. */
  takeStart(): boolean {
    const first = !this.#started
    this.#started = true
    return first
  }
  extend(plain: Buffer): void {
    this.#window = Buffer.concat([this.#window, plain]).subarray(-32_768)
  }
}

/** zlib's header: deflate with a 32 KiB window, with a preset dictionary, and the dictionary's name. */
const zlibStart = Buffer.from([0x78, 0xbb, 0, 0, 0, 0])
zlibStart.writeUInt32BE(spdyDictionaryId, 2)

/** Each block ends with a sync flush, so blocks are whole bytes and each can be deflated alone over the history. */
class HeaderCompressor {
  readonly #history = new History()

  compress(plain: Buffer): Buffer {
    const deflated = deflateRawSync(plain, { dictionary: this.#history.window, finishFlush: constants.Z_SYNC_FLUSH })
    this.#history.extend(plain)
    return this.#history.takeStart() ? Buffer.concat([zlibStart, deflated]) : deflated
  }
}

class HeaderDecompressor {
  readonly #history = new History()

  decompress(block: Buffer): Buffer {
    let deflated = block
    if (this.#history.takeStart()) {
      const usable = block.length >= 6 && (block[0]! & 0x0f) === 8 && (block[1]! & 0x20) !== 0 && block.readUInt32BE(2) === spdyDictionaryId
      if (!usable) throw new SpdyError('the header block is not compressed with the SPDY/3 dictionary')
      deflated = block.subarray(6)
    }
    const plain = this.#inflate(deflated)
    this.#history.extend(plain)
    return plain
  }

  #inflate(deflated: Buffer): Buffer {
    try {
      const options = { dictionary: this.#history.window, finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: maxControlBytes }
      return inflateRawSync(deflated, options)
    } catch (cause) {
      throw new SpdyError('the header block cannot be decompressed', { cause })
    }
  }
}

function headerBlock(headers: SpdyHeaders): Buffer {
  const strings = Object.entries(headers).flatMap(([name, value]) => [name.toLowerCase(), value])
  const parts = [uint32(strings.length / 2)]
  for (const string of strings) {
    const bytes = Buffer.from(string, 'utf8')
    parts.push(uint32(bytes.length), bytes)
  }
  return Buffer.concat(parts)
}

function parseHeaderBlock(block: Buffer): SpdyHeaders {
  let offset = 0
  const number = () => {
    if (offset + 4 > block.length) throw new SpdyError('the header block is cut short')
    offset += 4
    return block.readUInt32BE(offset - 4)
  }
  const string = () => {
    const length = number()
    if (offset + length > block.length) throw new SpdyError('the header block is cut short')
    offset += length
    return block.toString('utf8', offset - length, offset)
  }
  const headers = new Map<string, string>()
  for (let left = number(); left > 0; left--) headers.set(string(), string())
  return Object.fromEntries(headers)
}

function uint32(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4)
  for (const [i, value] of values.entries()) bytes.writeUInt32BE(value >>> 0, i * 4)
  return bytes
}

function flagged(flags: number, length: number): number {
  assert(length <= 0xffffff, 'a SPDY frame holds less than 16 MiB')
  return flags * 0x1000000 + length
}

/** Frames must be sent in the order in which they were encoded: the headers' compression depends on it. */
export class SpdyEncoder {
  readonly #compressor = new HeaderCompressor()

  encode(frame: SpdyFrame): Buffer {
    if (frame.type === 'data') {
      return Buffer.concat([uint32(frame.streamId, flagged(frame.fin ? FIN : 0, frame.data.length)), frame.data])
    }
    const { flags, payload } = this.#control(frame)
    return Buffer.concat([uint32(0x80000000 + VERSION * 0x10000 + controlTypes[frame.type], flagged(flags, payload.length)), payload])
  }

  #control(frame: Exclude<SpdyFrame, { type: 'data' }>): { flags: number; payload: Buffer } {
    switch (frame.type) {
      case 'syn-stream': {
        const fixed = Buffer.concat([uint32(frame.streamId, frame.associatedId), Buffer.from([frame.priority << 5, 0])])
        const flags = (frame.fin ? FIN : 0) + (frame.unidirectional ? UNIDIRECTIONAL : 0)
        return { flags, payload: Buffer.concat([fixed, this.#headers(frame.headers)]) }
      }
      case 'syn-reply':
      case 'headers':
        return { flags: frame.fin ? FIN : 0, payload: Buffer.concat([uint32(frame.streamId), this.#headers(frame.headers)]) }
      case 'rst-stream':
        return { flags: 0, payload: uint32(frame.streamId, frame.status) }
      case 'settings': {
        const entries = frame.settings.flatMap(({ id, flags, value }) => [flagged(flags, id), value])
        return { flags: 0, payload: uint32(frame.settings.length, ...entries) }
      }
      case 'ping':
        return { flags: 0, payload: uint32(frame.id) }
      case 'goaway':
        return { flags: 0, payload: uint32(frame.lastStreamId, frame.status) }
      case 'window-update':
        return { flags: 0, payload: uint32(frame.streamId, frame.delta) }
      default:
        return unreachable(frame)
    }
  }

  #headers(headers: SpdyHeaders): Buffer {
    return this.#compressor.compress(headerBlock(headers))
  }
}

/** Data frames are handed on as their bytes arrive, in pieces of which the last has `fin`: none is ever gathered in memory. */
export class SpdyDecoder {
  readonly #decompressor = new HeaderDecompressor()
  #pending: Buffer = Buffer.alloc(0)
  #data: { streamId: number; fin: boolean; left: number } | undefined;

  /** Throws `SpdyError`. */
  *push(chunk: Buffer): Generator<SpdyFrame> {
    this.#pending = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk])
    for (;;) {
      const frame = this.#data ? this.#takeData(this.#data) : this.#takeFrame()
      if (frame === 'more') return
      if (frame !== 'none') yield frame
    }
  }

  #take(count: number): Buffer {
    const taken = this.#pending.subarray(0, count)
    this.#pending = this.#pending.subarray(count)
    return taken
  }

  #takeData(current: { streamId: number; fin: boolean; left: number }): SpdyFrame | 'more' {
    if (this.#pending.length === 0 && current.left > 0) return 'more'
    const data = this.#take(Math.min(current.left, this.#pending.length))
    current.left -= data.length
    if (current.left === 0) this.#data = undefined
    return { type: 'data', streamId: current.streamId, fin: current.fin && current.left === 0, data }
  }

  #takeFrame(): SpdyFrame | 'more' | 'none' {
    if (this.#pending.length < 8) return 'more'
    const first = this.#pending.readUInt32BE(0)
    const flags = this.#pending[4]!
    const length = this.#pending.readUIntBE(5, 3)
    if (first < 0x80000000) {
      this.#take(8)
      this.#data = { streamId: first, fin: (flags & FIN) !== 0, left: length }
      return 'none'
    }
    if (length > maxControlBytes) throw new SpdyError(`a control frame of ${length} bytes is too large`)
    if (this.#pending.length < 8 + length) return 'more'
    this.#take(8)
    const version = (first >>> 16) & 0x7fff
    if (version !== VERSION) throw new SpdyError(`SPDY version ${version} is not spoken here`)
    return this.#parse(first & 0xffff, flags, this.#take(length))
  }

  #parse(type: number, flags: number, payload: Buffer): SpdyFrame | 'none' {
    const fin = (flags & FIN) !== 0
    const number = (index: number) => {
      if (payload.length < index * 4 + 4) throw new SpdyError(`a frame of type ${type} is cut short`)
      return payload.readUInt32BE(index * 4)
    }
    const streamId = () => number(0) & STREAM_ID_MASK
    switch (type) {
      case controlTypes['syn-stream']: {
        const associatedId = number(1) & STREAM_ID_MASK
        const priority = (payload[8] ?? 0) >>> 5
        const headers = this.#headers(payload.subarray(10))
        return {
          type: 'syn-stream',
          streamId: streamId(),
          associatedId,
          priority,
          fin,
          unidirectional: (flags & UNIDIRECTIONAL) !== 0,
          headers,
        }
      }
      case controlTypes['syn-reply']:
        return { type: 'syn-reply', streamId: streamId(), fin, headers: this.#headers(payload.subarray(4)) }
      case controlTypes.headers:
        return { type: 'headers', streamId: streamId(), fin, headers: this.#headers(payload.subarray(4)) }
      case controlTypes['rst-stream']:
        return { type: 'rst-stream', streamId: streamId(), status: number(1) }
      case controlTypes.settings: {
        const settings = []
        for (let i = 0, count = number(0); i < count; i++) {
          const key = number(1 + 2 * i)
          settings.push({ id: key & 0xffffff, flags: key >>> 24, value: number(2 + 2 * i) })
        }
        return { type: 'settings', settings }
      }
      case controlTypes.ping:
        return { type: 'ping', id: number(0) }
      case controlTypes.goaway:
        return { type: 'goaway', lastStreamId: streamId(), status: number(1) }
      case controlTypes['window-update']:
        return { type: 'window-update', streamId: streamId(), delta: number(1) & STREAM_ID_MASK }
      default:
        // The protocol asks that control frames of unknown types are passed over.
        return 'none'
    }
  }

  #headers(block: Buffer): SpdyHeaders {
    return parseHeaderBlock(this.#decompressor.decompress(block))
  }
}
