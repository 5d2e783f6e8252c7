// The bytes of Protocol Buffers: varints, fixed widths and length-delimited runs. It knows scalars, but no messages.

/** `nanos` is an int64 of nanoseconds given as milliseconds (a number, with a fraction): what clocks here speak. */
export interface Scalars {
  double: number
  float: number
  int32: number
  uint32: number
  sint32: number
  fixed32: number
  sfixed32: number
  int64: Int64
  uint64: Int64
  sint64: Int64
  fixed64: Int64
  sfixed64: Int64
  nanos: number
  bool: boolean
  string: string
  bytes: Uint8Array
}
/** A number where that is exact, a bigint beyond `Number.MAX_SAFE_INTEGER`. */
export type Int64 = number | bigint
export type Scalar = keyof Scalars

/** 0 varint, 1 eight bytes, 2 length-delimited, 3 and 4 a group (long deprecated, only ever skipped), 5 four bytes. */
export type WireType = 0 | 1 | 2 | 3 | 4 | 5

/** Bytes that are not what they claim to be. */
export class ProtoError extends Error {
  override readonly name = 'ProtoError'
}

function varintLength(value: number): number {
  let length = 1
  for (let rest = value; rest > 0x7f; rest = Math.floor(rest / 0x80)) length++
  return length
}

export class ProtoWriter {
  #buffer = Buffer.allocUnsafe(64)
  #length = 0

  finish(): Buffer {
    return this.#buffer.subarray(0, this.#length)
  }

  tag(number: number, wireType: WireType): void {
    this.varint(number * 8 + wireType)
  }

  bytes(bytes: Uint8Array): void {
    this.varint(bytes.length)
    this.#reserve(bytes.length)
    this.#buffer.set(bytes, this.#length)
    this.#length += bytes.length
  }

  string(text: string): void {
    const size = Buffer.byteLength(text)
    this.varint(size)
    this.#reserve(size)
    this.#length += this.#buffer.write(text, this.#length)
  }

  /** What `write` adds, as one length-delimited run. It is written in place, and moved only where its length needs more than a byte. */
  run(write: (to: ProtoWriter) => void): void {
    this.#reserve(1)
    const start = ++this.#length
    write(this)
    const end = this.#length
    const size = end - start
    const shift = varintLength(size) - 1
    if (shift > 0) {
      this.#reserve(shift)
      this.#buffer.copyWithin(start + shift, start, end)
    }
    this.#length = start - 1
    this.varint(size)
    this.#length = end + shift
  }

  fixed(width: 4 | 8, put: (buffer: Buffer, offset: number) => void): void {
    this.#reserve(width)
    put(this.#buffer, this.#length)
    this.#length += width
  }

  /** The 64 bits of any integer; a negative one takes ten bytes. */
  varint64(value: Int64): void {
    if (value >= 0 && value <= Number.MAX_SAFE_INTEGER) {
      this.varint(Number(value))
      return
    }
    this.#reserve(10)
    let rest = BigInt.asUintN(64, BigInt(value))
    while (rest > 0x7fn) {
      this.#buffer[this.#length++] = Number(rest & 0x7fn) | 0x80
      rest >>= 7n
    }
    this.#buffer[this.#length++] = Number(rest)
  }

  /** A non-negative safe integer. */
  varint(value: number): void {
    this.#reserve(10)
    let rest = value
    while (rest > 0x7f) {
      this.#buffer[this.#length++] = (rest % 0x80) | 0x80
      rest = Math.floor(rest / 0x80)
    }
    this.#buffer[this.#length++] = rest
  }

  #reserve(count: number): void {
    if (this.#length + count <= this.#buffer.length) return
    const larger = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, this.#length + count))
    this.#buffer.copy(larger, 0, 0, this.#length)
    this.#buffer = larger
  }
}

/** Far deeper than any message that is meant; recursive ones could else exhaust the reader's stack. */
const maxDepth = 200

export class ProtoReader {
  readonly #buffer: Buffer
  readonly #depth: number
  #offset = 0

  constructor(bytes: Uint8Array, depth = 0) {
    if (depth > maxDepth) throw new ProtoError(`messages are nested deeper than ${maxDepth}`)
    this.#buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#depth = depth
  }

  get atEnd(): boolean {
    return this.#offset >= this.#buffer.length
  }

  tag(): { number: number; wireType: WireType } {
    const tag = this.#count()
    const number = Math.floor(tag / 8)
    const wireType = tag % 8
    if (number === 0 || wireType > 5) throw new ProtoError(`tag ${tag} names no field`)
    return { number, wireType: wireType as WireType }
  }

  /** A reader over the length-delimited run that starts here; this reader moves past it. */
  nested(): ProtoReader {
    return new ProtoReader(this.run(), this.#depth + 1)
  }

  /** Moves past a field's value. Groups are counted, not descended into: their depth is the sender's choice. */
  skip(number: number, wireType: WireType): void {
    const open: number[] = []
    let field = { number, wireType }
    for (;;) {
      if (field.wireType === 0) this.varint()
      else if (field.wireType === 1) this.take(8)
      else if (field.wireType === 2) this.run()
      else if (field.wireType === 5) this.take(4)
      else if (field.wireType === 3) open.push(field.number)
      else this.#closeGroup(open.pop(), field.number)
      if (open.length === 0) return
      field = this.tag()
    }
  }

  #closeGroup(opened: number | undefined, closed: number): void {
    if (opened === undefined) throw new ProtoError(`group ${closed} ends without a start`)
    if (opened !== closed) throw new ProtoError(`group ${opened} is closed as ${closed}`)
  }

  run(): Buffer {
    return this.take(this.#count())
  }

  take(count: number): Buffer {
    const end = this.#offset + count
    if (end > this.#buffer.length) throw new ProtoError(`${count} bytes are announced, ${this.#buffer.length - this.#offset} are left`)
    const taken = this.#buffer.subarray(this.#offset, end)
    this.#offset = end
    return taken
  }

  /** The 64 bits of a varint. */
  varint(): bigint {
    const start = this.#offset
    const low = this.#upTo49Bits()
    if (low !== undefined) return BigInt(low)
    this.#offset = start
    let wide = 0n
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#byte()
      wide |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return BigInt.asUintN(64, wide)
    }
    throw new ProtoError('a varint is longer than ten bytes')
  }

  /** A tag or a length: what takes more than seven bytes is neither. */
  #count(): number {
    const count = this.#upTo49Bits()
    if (count === undefined) throw new ProtoError('a tag or a length is out of range')
    return count
  }

  /** Nearly all varints are short, and cheap as numbers. `undefined` where one goes on after seven bytes. */
  #upTo49Bits(): number | undefined {
    let low = 0
    for (let scale = 1; scale < 2 ** 49; scale *= 0x80) {
      const byte = this.#byte()
      low += (byte & 0x7f) * scale
      if (byte < 0x80) return low
    }
    return undefined
  }

  #byte(): number {
    const byte = this.#buffer[this.#offset++]
    if (byte === undefined) throw new ProtoError('the bytes end inside a varint')
    return byte
  }
}

function narrow(value: bigint): Int64 {
  return value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value
}

const nanosPerMs = 1_000_000n

/** How each scalar is written and read, after its tag. */
export const scalarCodecs: {
  readonly [S in Scalar]: { write(to: ProtoWriter, value: Scalars[S]): void; read(from: ProtoReader): Scalars[S] }
} = {
  string: { write: (to, value) => to.string(value), read: from => from.run().toString('utf8') },
  bytes: { write: (to, value) => to.bytes(value), read: from => new Uint8Array(from.run()) },
  bool: { write: (to, value) => to.varint(value ? 1 : 0), read: from => from.varint() !== 0n },
  uint32: { write: (to, value) => to.varint(value >>> 0), read: from => Number(BigInt.asUintN(32, from.varint())) },
  int32: { write: (to, value) => to.varint64(value), read: from => Number(BigInt.asIntN(32, from.varint())) },
  sint32: {
    write: (to, value) => to.varint(((value << 1) ^ (value >> 31)) >>> 0),
    read: from => {
      const folded = Number(BigInt.asUintN(32, from.varint()))
      return (folded >>> 1) ^ -(folded & 1)
    },
  },
  int64: { write: (to, value) => to.varint64(value), read: from => narrow(BigInt.asIntN(64, from.varint())) },
  uint64: { write: (to, value) => to.varint64(value), read: from => narrow(from.varint()) },
  sint64: {
    write: (to, value) => to.varint64((BigInt(value) << 1n) ^ (BigInt(value) >> 63n)),
    read: from => {
      const folded = from.varint()
      return narrow((folded >> 1n) ^ -(folded & 1n))
    },
  },
  nanos: {
    // Whole milliseconds and their fraction apart, since a double cannot hold today in nanoseconds.
    write: (to, value) => {
      const wholeMs = Math.floor(value)
      to.varint64(BigInt(wholeMs) * nanosPerMs + BigInt(Math.round((value - wholeMs) * Number(nanosPerMs))))
    },
    read: from => {
      const nanos = BigInt.asIntN(64, from.varint())
      return Number(nanos / nanosPerMs) + Number(nanos % nanosPerMs) / Number(nanosPerMs)
    },
  },
  fixed32: { write: (to, value) => to.fixed(4, (b, at) => b.writeUInt32LE(value, at)), read: from => from.take(4).readUInt32LE() },
  sfixed32: { write: (to, value) => to.fixed(4, (b, at) => b.writeInt32LE(value, at)), read: from => from.take(4).readInt32LE() },
  float: { write: (to, value) => to.fixed(4, (b, at) => b.writeFloatLE(value, at)), read: from => from.take(4).readFloatLE() },
  fixed64: {
    write: (to, value) => to.fixed(8, (b, at) => b.writeBigUInt64LE(BigInt(value), at)),
    read: from => narrow(from.take(8).readBigUInt64LE()),
  },
  sfixed64: {
    write: (to, value) => to.fixed(8, (b, at) => b.writeBigInt64LE(BigInt(value), at)),
    read: from => narrow(from.take(8).readBigInt64LE()),
  },
  double: { write: (to, value) => to.fixed(8, (b, at) => b.writeDoubleLE(value, at)), read: from => from.take(8).readDoubleLE() },
}
