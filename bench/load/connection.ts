// One HTTP/2 connection of the load generator, made of frames by hand: what it costs itself is taken from the server on a small machine,
// and Node's own client costs more for a request, and far more for a watch event, than the server does. It speaks to a server it trusts
// (no padding, no pushes), has windows that never fill, and reads of an answer's head no more than the status.
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls'

export interface Identity {
  readonly host: string
  readonly port: number
  readonly ca: Buffer
  readonly cert: Buffer
  readonly key: Buffer
}

/** Told of one answer, in pieces. The bytes are only good during the call. */
export interface Reader {
  head(status: number): void
  data(bytes: Buffer, from: number, to: number): void
  end(): void
  failed(error: Error): void
}

const frame = { data: 0, headers: 1, reset: 3, settings: 4, ping: 6, goaway: 7, windowUpdate: 8 } as const
const flag = { endStream: 1, ack: 1, endHeaders: 4 } as const
const headBytes = 9
const preface = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'
const largestWindow = 0x7fffffff
/** The connection's window is opened again after as much. */
const renewAfterBytes = 1 << 30
const readBytes = 1 << 20

export async function openConnection(identity: Identity): Promise<Connection> {
  const connection = new Connection(identity)
  await connection.ready
  return connection
}

export class Connection {
  readonly ready: Promise<void>
  readonly #socket: TLSSocket
  readonly #readers = new Map<number, Reader>()
  /** What has come on a stream since its window was last opened. */
  readonly #streamBytes = new Map<number, number>()
  readonly #authority: string
  #nextStream = 1
  #tableIsFilled = false
  #outgoing: Buffer[] = []
  #receivedBytes = 0
  /** What has come of a frame's head, or of a payload that is needed whole. */
  #partial = Buffer.alloc(0)
  /** The DATA frame that is under way. */
  #dataLeft = 0
  #dataEnds = false
  #dataReader: Reader | undefined
  #dataStream = 0

  constructor({ host, port, ca, cert, key }: Identity) {
    this.#authority = `${host}:${port}`
    const buffer = Buffer.allocUnsafeSlow(readBytes)
    const onread = { buffer, callback: (length: number) => this.#read(buffer.subarray(0, length)) }
    // Node's types have this option for plain sockets only.
    const options = { host, port, ca, cert, key, ALPNProtocols: ['h2'], onread }
    this.#socket = connect(options as ConnectionOptions)
    this.#socket.setNoDelay(true)
    this.ready = new Promise((resolve, reject) => {
      this.#socket.once('secureConnect', resolve)
      this.#socket.on('error', error => {
        reject(error)
        this.#fail(error)
      })
    })
    this.#socket.once('close', () => this.#fail(new Error('the connection ended')))
    // HEADER_TABLE_SIZE 0, ENABLE_PUSH 0, INITIAL_WINDOW_SIZE.
    const settings = Buffer.from([0, 1, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 4, 0x7f, 0xff, 0xff, 0xff])
    this.#send(Buffer.from(preface), head(settings.length, frame.settings, 0, 0), settings)
    this.#send(windowUpdate(largestWindow - 0xffff))
  }

  request(method: string, path: string, reader: Reader, body?: Buffer, contentType = 'application/json'): void {
    const stream = this.#nextStream
    this.#nextStream += 2
    this.#readers.set(stream, reader)
    const fields = this.#fields(method, path, body && contentType)
    const ends = body ? 0 : flag.endStream
    this.#send(head(fields.length, frame.headers, flag.endHeaders | ends, stream), fields)
    // Bodies are smaller than the smallest of largest frames.
    if (body) this.#send(head(body.length, frame.data, flag.endStream, stream), body)
  }

  close(): void {
    this.#readers.clear()
    this.#socket.destroy()
  }

  /** Constant fields are sent once and then named by their place in the dynamic table, as Go's clients do. */
  #fields(method: string, path: string, contentType: string | undefined): Buffer {
    const parts: (Buffer | number[])[] = []
    const methods: Readonly<Record<string, number[]>> = { GET: [0x82], POST: [0x83] }
    parts.push(methods[method] ?? literal(0x02, method), [0x87])
    // The newest entry of the table is 62.
    if (this.#tableIsFilled) parts.push([0x80 | 64], literal(0x04, path), [0x80 | 63, 0x80 | 62])
    else parts.push(literal(0x41, this.#authority), literal(0x04, path), literal(0x40 | 19, 'application/json'), literal(0x40 | 58, 'load'))
    this.#tableIsFilled = true
    if (contentType) parts.push(literal(0x0f, contentType, 31 - 15))
    return Buffer.concat(parts.map(part => (Array.isArray(part) ? Buffer.from(part) : part)))
  }

  /** All frames of a turn leave as one write. */
  #send(...parts: Buffer[]): void {
    if (this.#outgoing.length === 0)
      setImmediate(() => {
        const all = Buffer.concat(this.#outgoing)
        this.#outgoing = []
        if (!this.#socket.destroyed) this.#socket.write(all)
      })
    this.#outgoing.push(...parts)
  }

  #read(bytes: Buffer): boolean {
    let at = 0
    while (at < bytes.length) {
      if (this.#dataLeft > 0) {
        const to = Math.min(bytes.length, at + this.#dataLeft)
        this.#dataReader?.data(bytes, at, to)
        this.#dataLeft -= to - at
        at = to
        if (this.#dataLeft === 0 && this.#dataEnds) this.#end(this.#dataStream)
      } else at = this.#readFrame(bytes, at)
    }
    return true
  }

  /** Of a DATA frame only the head. Answers where it stopped. */
  #readFrame(bytes: Buffer, from: number): number {
    if (this.#partial.length > 0) {
      // What is kept is shorter than what is needed: take as much as completes it, or all.
      const needed = (this.#partial.length < headBytes ? headBytes : frameBytes(this.#partial)) - this.#partial.length
      const to = Math.min(bytes.length, from + needed)
      const joined = Buffer.concat([this.#partial, bytes.subarray(from, to)])
      this.#partial = Buffer.alloc(0)
      if (this.#readWhole(joined, 0) === 0) this.#partial = joined
      return to
    }
    const at = this.#readWhole(bytes, from)
    if (at > from) return at
    this.#partial = Buffer.from(bytes.subarray(from))
    return bytes.length
  }

  #readWhole(bytes: Buffer, from: number): number {
    if (bytes.length < from + headBytes) return from
    const type = bytes[from + 3]
    const flags = bytes[from + 4] as number
    const stream = bytes.readUInt32BE(from + 5)
    if (type === frame.data) {
      const length = bytes.readUIntBE(from, 3)
      this.#startData(length, (flags & flag.endStream) !== 0, stream)
      return from + headBytes
    }
    const to = from + frameBytes(bytes, from)
    if (bytes.length < to) return from
    const payload = bytes.subarray(from + headBytes, to)
    if (type === frame.headers) {
      this.#readers.get(stream)?.head(statusOf(payload))
      if (flags & flag.endStream) this.#end(stream)
    } else if (type === frame.settings && !(flags & flag.ack)) this.#send(head(0, frame.settings, flag.ack, 0))
    else if (type === frame.ping && !(flags & flag.ack)) this.#send(head(8, frame.ping, flag.ack, 0), Buffer.from(payload))
    else if (type === frame.reset) this.#failStream(stream, new Error(`the stream was reset: ${payload.readUInt32BE(0)}`))
    else if (type === frame.goaway && payload.readUInt32BE(4) !== 0) this.#fail(new Error(`GOAWAY: ${payload.readUInt32BE(4)}`))
    return to
  }

  #startData(length: number, ends: boolean, stream: number): void {
    this.#dataLeft = length
    this.#dataEnds = ends
    this.#dataStream = stream
    this.#dataReader = this.#readers.get(stream)
    this.#receivedBytes += length
    this.#streamBytes.set(stream, (this.#streamBytes.get(stream) ?? 0) + length)
    if (this.#receivedBytes > renewAfterBytes) this.#renewWindows()
    if (length === 0 && ends) this.#end(stream)
  }

  /** By exactly what has come: a window may not grow beyond the largest one. */
  #renewWindows(): void {
    this.#send(windowUpdate(this.#receivedBytes))
    this.#receivedBytes = 0
    for (const [stream, bytes] of this.#streamBytes) if (bytes > 0) this.#send(windowUpdate(bytes, stream))
    this.#streamBytes.clear()
  }

  #end(stream: number): void {
    const reader = this.#readers.get(stream)
    this.#readers.delete(stream)
    this.#streamBytes.delete(stream)
    reader?.end()
  }

  #failStream(stream: number, error: Error): void {
    const reader = this.#readers.get(stream)
    this.#readers.delete(stream)
    this.#streamBytes.delete(stream)
    reader?.failed(error)
  }

  #fail(error: Error): void {
    for (const stream of [...this.#readers.keys()]) this.#failStream(stream, error)
  }
}

function frameBytes(bytes: Buffer, from = 0): number {
  return headBytes + bytes.readUIntBE(from, 3)
}

function head(length: number, type: number, flags: number, stream: number): Buffer {
  const bytes = Buffer.allocUnsafe(headBytes)
  bytes.writeUIntBE(length, 0, 3)
  bytes[3] = type
  bytes[4] = flags
  bytes.writeUInt32BE(stream, 5)
  return bytes
}

function windowUpdate(bytes: number, stream = 0): Buffer {
  const all = Buffer.alloc(headBytes + 4)
  head(4, frame.windowUpdate, 0, stream).copy(all)
  all.writeUInt32BE(bytes, headBytes)
  return all
}

/** A field whose name is in the static table: its first bytes, and its value, plain. */
function literal(first: number, value: string, second?: number): Buffer {
  const text = Buffer.from(value, 'latin1')
  const length = text.length < 127 ? [text.length] : [127, ((text.length - 127) & 0x7f) | 0x80, (text.length - 127) >> 7]
  return Buffer.concat([Buffer.from([first, ...(second === undefined ? [] : [second]), ...length]), text])
}

/** The places of `:status` in the static table, and its digits where it is spelled out. */
const indexed: Readonly<Record<number, number>> = { 8: 200, 9: 204, 10: 206, 11: 304, 12: 400, 13: 404, 14: 500 }

function statusOf(fields: Buffer): number {
  let at = 0
  // A change of the size of the dynamic table may come first.
  while (((fields[at] ?? 0) & 0xe0) === 0x20) at++
  const first = fields[at] ?? 0
  if (first & 0x80) return indexed[first & 0x7f] ?? 0
  const length = fields[at + 1] ?? 0
  const value = fields.subarray(at + 2, at + 2 + (length & 0x7f))
  return Number(length & 0x80 ? packedDigits(value) : value.toString('latin1'))
}

/** Three digits in Huffman's code: 0, 1 and 2 have five bits, the others six. */
function packedDigits(bytes: Buffer): string {
  let bits = ''
  for (const byte of bytes) bits += byte.toString(2).padStart(8, '0')
  let digits = ''
  for (let at = 0; digits.length < 3; ) {
    const five = Number.parseInt(bits.slice(at, at + 5), 2)
    const six = Number.parseInt(bits.slice(at, at + 6), 2)
    digits += five < 3 ? five : six - 22
    at += five < 3 ? 5 : 6
  }
  return digits
}
