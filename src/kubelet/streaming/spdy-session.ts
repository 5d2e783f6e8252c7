// A SPDY/3.1 session over a connected socket: many streams, each a Duplex with half close and flow control. Both roles.
//
// Kubernetes' own peers (kubectl, containerd, CRI-O) implement no flow control: they neither count nor send WINDOW_UPDATE. So a
// window binds us only once the peer has shown that it keeps one; until then TCP holds us back. Towards a peer that overruns our
// window we stop reading the socket until the stream has been read: every stream of a session must be read or resumed.
import { Duplex } from 'node:stream'
import {
  initialWindow,
  initialWindowSetting,
  rstStatus,
  SpdyDecoder,
  SpdyEncoder,
  SpdyError,
  type SpdyFrame,
  type SpdyHeaders,
} from './spdy.ts'

export interface SpdyStream {
  readonly id: number
  /** Of the SYN_STREAM. */
  readonly headers: SpdyHeaders
  /** Bytes both ways; `end()` closes our half. After a reset by the peer, what is written is dropped and reading ends. */
  readonly io: Duplex
  /** The SYN_REPLY's headers; at once for a stream of the peer. Rejects when the peer refuses the stream or the session ends. */
  readonly opened: Promise<SpdyHeaders>
  /** How the peer's half ended: `lost` means that the session broke before. */
  readonly ending: 'fin' | 'reset' | 'lost' | undefined
}

export interface SpdySessionOptions {
  readonly role: 'client' | 'server'
  /** Streams that the peer opens. They are accepted (SYN_REPLY) before this is called. Without it they are refused. */
  readonly onStream?: (stream: SpdyStream) => void
  /** Bytes that were read from the socket before. */
  readonly head?: Buffer
  /**
   * Give no windows back until the peer has shown that it keeps them. For Kubernetes' peers: a frame that reaches one after it
   * has closed its socket makes its system reset the connection, and output that is still on its way to us is lost.
   */
  readonly isQuietReader?: boolean
}

const maxDataBytes = 32_768
/** Unread bytes of one stream at which the socket is left alone. */
const overfullBytes = 4 * initialWindow

interface Window {
  credit: number
  /** Whether the peer has been seen to keep this window. */
  binding: boolean
}

interface Entry {
  readonly id: number
  readonly headers: SpdyHeaders
  readonly io: Duplex
  readonly opened: PromiseWithResolvers<SpdyHeaders>
  replied: boolean
  credit: number
  receivedBytes: number
  acknowledgedBytes: number
  sentFin: boolean
  dead: boolean
  ending: SpdyStream['ending']
  pending: { chunk: Buffer; done: (error?: Error | null) => void } | undefined
}

export class SpdySession {
  readonly #socket: Duplex
  readonly #role: 'client' | 'server'
  readonly #onStream: ((stream: SpdyStream) => void) | undefined
  readonly #encoder = new SpdyEncoder()
  readonly #decoder = new SpdyDecoder()
  readonly #streams = new Map<number, Entry>()
  readonly #overfull = new Set<number>()
  readonly #pings = new Map<number, () => void>()
  readonly #closed = Promise.withResolvers<void>()
  readonly #sessionWindow: Window = { credit: initialWindow, binding: false }
  #streamWindow = { initial: initialWindow, binding: false }
  #nextId: number
  #nextPing: number
  #lastPeerId = 0
  #unacknowledgedBytes = 0
  #givesBack: boolean
  #goneAway = false
  #over = false

  constructor(socket: Duplex, options: SpdySessionOptions) {
    this.#socket = socket
    this.#role = options.role
    this.#givesBack = !options.isQuietReader
    this.#onStream = options.onStream
    this.#nextId = this.#nextPing = options.role === 'client' ? 1 : 2
    if (options.head && options.head.length > 0) socket.unshift(options.head)
    socket.on('data', (chunk: Buffer) => this.#receive(chunk))
    socket.on('error', () => this.#finish())
    socket.on('end', () => this.#finish())
    socket.on('close', () => this.#finish())
    socket.resume()
  }

  /** Resolves when the session is over and every stream has been told. */
  get closed(): Promise<void> {
    return this.#closed.promise
  }

  /** Sends SYN_STREAM at once; what is written is held until the reply, since Kubernetes' peers drop earlier data. */
  openStream(headers: SpdyHeaders): SpdyStream {
    if (this.#over || this.#goneAway) throw new SpdyError('the session takes no more streams')
    const id = this.#nextId
    this.#nextId += 2
    const entry = this.#addStream(id, headers, false)
    this.#send({ type: 'syn-stream', streamId: id, associatedId: 0, priority: 0, fin: false, unidirectional: false, headers })
    return streamOf(entry)
  }

  /** Resolves with the peer's answer. */
  async ping(): Promise<void> {
    const id = this.#nextPing
    this.#nextPing += 2
    const answered = new Promise<void>(resolve => this.#pings.set(id, resolve))
    this.#send({ type: 'ping', id })
    await Promise.race([answered, this.closed.then(() => Promise.reject(new SpdyError('the session ended')))])
  }

  /** Says goodbye, lets what has been written go out, and closes the socket. */
  close(): void {
    if (this.#over) return
    this.#send({ type: 'goaway', lastStreamId: this.#lastPeerId, status: 0 })
    this.#socket.end()
    this.#finish()
  }

  #addStream(id: number, headers: SpdyHeaders, replied: boolean): Entry {
    const io = new Duplex({
      allowHalfOpen: true,
      readableHighWaterMark: initialWindow,
      writableHighWaterMark: initialWindow,
      // Node asks before it hands the bytes to the reader; a tick later they are gone from the buffer.
      read: () => process.nextTick(() => this.#giveBack(entry)),
      write: (chunk: Buffer, _encoding, done) => {
        entry.pending = { chunk, done }
        this.#flush(entry)
      },
      final: done => {
        this.#sendFin(entry)
        done()
      },
      destroy: (error, done) => {
        this.#abandon(entry)
        done(error)
      },
    })
    const opened = Promise.withResolvers<SpdyHeaders>()
    opened.promise.catch(() => {}) // Whoever waits for the reply sees the refusal; others see the stream end.
    const entry: Entry = {
      id,
      headers,
      io,
      opened,
      replied,
      credit: this.#streamWindow.initial,
      receivedBytes: 0,
      acknowledgedBytes: 0,
      sentFin: false,
      dead: false,
      ending: undefined,
      pending: undefined,
    }
    if (replied) opened.resolve({})
    this.#streams.set(id, entry)
    return entry
  }

  #send(frame: SpdyFrame, done?: () => void): void {
    if (this.#over || this.#socket.writableEnded || this.#socket.destroyed) {
      done?.()
      return
    }
    this.#socket.write(this.#encoder.encode(frame), done ? () => done() : undefined)
  }

  /** Sends as much of the chunk in hand as the windows allow; the rest goes with the next WINDOW_UPDATE. */
  #flush(entry: Entry): void {
    const pending = entry.pending
    if (!pending || (!entry.replied && !entry.dead)) return
    if (entry.dead) {
      entry.pending = undefined
      pending.done()
      return
    }
    for (;;) {
      const size = Math.min(pending.chunk.length, maxDataBytes, this.#allowance(entry))
      if (size <= 0 && pending.chunk.length > 0) return
      const data = pending.chunk.subarray(0, size)
      pending.chunk = pending.chunk.subarray(size)
      entry.credit -= size
      this.#sessionWindow.credit -= size
      const isLast = pending.chunk.length === 0
      if (isLast) entry.pending = undefined
      this.#send({ type: 'data', streamId: entry.id, fin: false, data }, isLast ? () => pending.done() : undefined)
      if (isLast) return
    }
  }

  #allowance(entry: Entry): number {
    const stream = this.#streamWindow.binding ? entry.credit : Number.POSITIVE_INFINITY
    const session = this.#sessionWindow.binding ? this.#sessionWindow.credit : Number.POSITIVE_INFINITY
    return Math.min(stream, session)
  }

  #sendFin(entry: Entry): void {
    if (entry.sentFin) return
    entry.sentFin = true
    const send = () => {
      if (!entry.dead) this.#send({ type: 'data', streamId: entry.id, fin: true, data: Buffer.alloc(0) })
      this.#forgetWhenDone(entry)
    }
    // The refusal of the stream has been told through `opened`.
    if (entry.replied) send()
    else entry.opened.promise.then(send, () => {})
  }

  /** The stream's user is done with it, perhaps before its end. */
  #abandon(entry: Entry): void {
    const wasOpen = this.#streams.delete(entry.id)
    if (wasOpen && !(entry.sentFin && entry.ending !== undefined)) {
      this.#send({ type: 'rst-stream', streamId: entry.id, status: rstStatus.cancel })
    }
    if (this.#overfull.delete(entry.id)) this.#resumeReading()
  }

  #forgetWhenDone(entry: Entry): void {
    if (entry.sentFin && entry.ending !== undefined) this.#streams.delete(entry.id)
  }

  /**
   * Gives back what the stream's reader has taken. Half a window is soon enough while the reader keeps up; with unread bytes left
   * this may be the last occasion before the window is used up, since Node asks for more only once until more comes.
   */
  #giveBack(entry: Entry): void {
    const buffered = entry.io.readableLength
    if (buffered < overfullBytes && this.#overfull.delete(entry.id)) this.#resumeReading()
    if (!this.#givesBack) return
    const bytes = entry.receivedBytes - buffered - entry.acknowledgedBytes
    if (bytes > 0 && (buffered > 0 || bytes >= initialWindow / 2)) {
      entry.acknowledgedBytes += bytes
      if (entry.ending === undefined) this.#send({ type: 'window-update', streamId: entry.id, delta: bytes })
    }
  }

  /** The session's window is given back on arrival, so that one slow stream cannot starve the others; theirs bound the memory. */
  #giveBackSession(bytes: number): void {
    this.#unacknowledgedBytes += bytes
    if (!this.#givesBack || this.#unacknowledgedBytes < initialWindow / 2) return
    this.#send({ type: 'window-update', streamId: 0, delta: this.#unacknowledgedBytes })
    this.#unacknowledgedBytes = 0
  }

  #resumeReading(): void {
    if (this.#overfull.size === 0 && !this.#over) this.#socket.resume()
  }

  #receive(chunk: Buffer): void {
    try {
      for (const frame of this.#decoder.push(chunk)) {
        if (this.#over) return
        this.#handle(frame)
      }
    } catch (error) {
      if (!(error instanceof SpdyError)) throw error
      this.#send({ type: 'goaway', lastStreamId: this.#lastPeerId, status: 1 })
      this.#socket.destroy()
      this.#finish()
    }
  }

  #handle(frame: SpdyFrame): void {
    if (frame.type === 'syn-stream') this.#accept(frame)
    else if (frame.type === 'ping') this.#answerPing(frame.id)
    else if (frame.type === 'goaway') this.#goneAway = true
    else if (frame.type === 'settings') this.#takeSettings(frame.settings)
    else if (frame.type === 'window-update' && frame.streamId === 0) this.#widen(this.#sessionWindow, frame.delta)
    else this.#handleStream(frame, this.#streams.get(frame.streamId))
  }

  #handleStream(frame: Exclude<SpdyFrame, { type: 'syn-stream' | 'ping' | 'goaway' | 'settings' }>, entry: Entry | undefined): void {
    if (frame.type === 'data') this.#giveBackSession(frame.data.length)
    if (!entry) return
    if (frame.type === 'data') this.#takeData(entry, frame.data)
    else if (frame.type === 'syn-reply') this.#takeReply(entry, frame.headers)
    else if (frame.type === 'rst-stream') this.#endPeer(entry, 'reset')
    else if (frame.type === 'window-update') {
      this.#streamWindow.binding = true
      this.#givesBack = true
      entry.credit += frame.delta
      this.#flush(entry)
    }
    if ('fin' in frame && frame.fin) this.#endPeer(entry, 'fin')
  }

  #accept(frame: Extract<SpdyFrame, { type: 'syn-stream' }>): void {
    const isPeers = frame.streamId % 2 === (this.#role === 'client' ? 0 : 1)
    if (!isPeers || frame.streamId <= this.#lastPeerId) throw new SpdyError(`stream ${frame.streamId} cannot be opened by the peer`)
    this.#lastPeerId = frame.streamId
    if (!this.#onStream || this.#goneAway) {
      this.#send({ type: 'rst-stream', streamId: frame.streamId, status: rstStatus.refusedStream })
      return
    }
    const entry = this.#addStream(frame.streamId, frame.headers, true)
    if (frame.unidirectional) entry.sentFin = true
    this.#send({ type: 'syn-reply', streamId: frame.streamId, fin: frame.unidirectional, headers: {} })
    this.#onStream(streamOf(entry))
    if (frame.fin) this.#endPeer(entry, 'fin')
  }

  #takeData(entry: Entry, data: Buffer): void {
    if (data.length === 0) return
    this.#giveBack(entry)
    entry.receivedBytes += data.length
    if (entry.ending !== undefined || entry.io.destroyed) return
    if (entry.io.push(data) || entry.io.readableLength < overfullBytes) return
    this.#overfull.add(entry.id)
    this.#socket.pause()
  }

  #takeReply(entry: Entry, headers: SpdyHeaders): void {
    if (entry.replied) return
    entry.replied = true
    entry.opened.resolve(headers)
    this.#flush(entry)
  }

  #endPeer(entry: Entry, ending: 'fin' | 'reset' | 'lost'): void {
    if (entry.ending === undefined) {
      entry.ending = ending
      entry.io.push(null)
    }
    if (ending === 'fin') this.#forgetWhenDone(entry)
    else this.#bury(entry, ending)
  }

  /** Neither side may send on the stream any more. What was received can still be read. */
  #bury(entry: Entry, cause: 'reset' | 'lost'): void {
    entry.dead = true
    entry.sentFin = true
    entry.opened.reject(new SpdyError(cause === 'reset' ? 'the peer refused the stream' : 'the session ended'))
    this.#streams.delete(entry.id)
    const pending = entry.pending
    entry.pending = undefined
    pending?.done()
  }

  #answerPing(id: number): void {
    const isOurs = id % 2 === (this.#role === 'client' ? 1 : 0)
    if (!isOurs) this.#send({ type: 'ping', id })
    else if (this.#pings.has(id)) {
      this.#pings.get(id)!()
      this.#pings.delete(id)
    }
  }

  #takeSettings(settings: readonly { readonly id: number; readonly value: number }[]): void {
    const initial = settings.find(setting => setting.id === initialWindowSetting)?.value
    if (initial === undefined) return
    for (const entry of this.#streams.values()) entry.credit += initial - this.#streamWindow.initial
    this.#streamWindow = { initial, binding: true }
    this.#givesBack = true
    for (const entry of [...this.#streams.values()]) this.#flush(entry)
  }

  #widen(window: Window, delta: number): void {
    window.binding = true
    this.#givesBack = true
    window.credit += delta
    for (const entry of [...this.#streams.values()]) this.#flush(entry)
  }

  #finish(): void {
    if (this.#over) return
    this.#over = true
    for (const entry of [...this.#streams.values()]) this.#endPeer(entry, 'lost')
    if (!this.#socket.destroyed && !this.#socket.writableEnded) this.#socket.end()
    this.#closed.resolve()
  }
}

function streamOf(entry: Entry): SpdyStream {
  return {
    id: entry.id,
    headers: entry.headers,
    io: entry.io,
    opened: entry.opened.promise,
    get ending() {
      return entry.ending
    },
  }
}
