// One request and its answer, the same for HTTP/2 streams and HTTP/1.1 messages.
import type { IncomingHttpHeaders, IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http'
import { constants, type IncomingHttpHeaders as Http2Headers, type ServerHttp2Stream } from 'node:http2'
import type { Readable, Writable } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import { StatusError } from '../../meta/status-error.ts'
import type { Body } from '../render.ts'

export interface Exchange {
  readonly method: string
  /** With the query. */
  readonly target: string
  readonly headers: IncomingHttpHeaders
  /** Names and values by turns, as they came. */
  readonly rawHeaders: readonly string[]
  readonly socket: TLSSocket
  readonly body: Readable
  /** Aborts when the client is gone or the answer is complete. */
  readonly signal: AbortSignal
  /** Headers that every answer has, whatever becomes of the request. */
  headersForAll: Readonly<Record<string, string>> | undefined
  /** The whole answer. */
  respond(code: number, headers: OutgoingHttpHeaders, body: Body): void
  /** The head of an answer whose body follows. */
  stream(code: number, headers: OutgoingHttpHeaders): Writable
}

export class Http2Exchange implements Exchange {
  readonly method: string
  readonly target: string
  readonly headers: IncomingHttpHeaders
  readonly rawHeaders: readonly string[]
  readonly socket: TLSSocket
  readonly body: ServerHttp2Stream
  headersForAll: Readonly<Record<string, string>> | undefined
  #closed: AbortController | undefined

  constructor(stream: ServerHttp2Stream, headers: Http2Headers, rawHeaders: readonly string[]) {
    this.method = headers[':method'] ?? 'GET'
    this.target = headers[':path'] ?? '/'
    this.headers = headers
    this.rawHeaders = rawHeaders
    // The session's own socket is a proxy that hides some members; the real one was kept when the connection was made.
    this.socket = stream.session?.socket as TLSSocket
    this.body = stream
  }

  get signal(): AbortSignal {
    this.#closed ??= abortedAtClose(this.body, this.body.closed || this.body.destroyed)
    return this.#closed.signal
  }

  respond(code: number, headers: OutgoingHttpHeaders, body: Body): void {
    const stream = this.body
    if (stream.closed || stream.destroyed || stream.headersSent) return
    stream.respond({ ':status': code, ...headers, ...this.headersForAll })
    if (Buffer.isBuffer(body)) stream.end(body)
    else sendPieces(stream, body)
  }

  stream(code: number, headers: OutgoingHttpHeaders): Writable {
    const stream = this.body
    if (!stream.closed && !stream.destroyed) stream.respond({ ':status': code, ...headers, ...this.headersForAll })
    return stream
  }
}

export class Http1Exchange implements Exchange {
  readonly method: string
  readonly target: string
  readonly headers: IncomingHttpHeaders
  readonly rawHeaders: readonly string[]
  readonly socket: TLSSocket
  readonly body: IncomingMessage
  headersForAll: Readonly<Record<string, string>> | undefined
  readonly #response: ServerResponse
  #closed: AbortController | undefined

  constructor(request: IncomingMessage, response: ServerResponse) {
    this.method = request.method ?? 'GET'
    this.target = request.url ?? '/'
    this.headers = request.headers
    this.rawHeaders = request.rawHeaders
    this.socket = request.socket as TLSSocket
    this.body = request
    this.#response = response
  }

  get signal(): AbortSignal {
    this.#closed ??= abortedAtClose(this.#response, this.#response.closed)
    return this.#closed.signal
  }

  respond(code: number, headers: OutgoingHttpHeaders, body: Body): void {
    const response = this.#response
    if (response.headersSent || response.destroyed) return
    const length = Buffer.isBuffer(body) ? body.length : body.reduce((sum, piece) => sum + piece.length, 0)
    response.writeHead(code, { ...headers, ...this.headersForAll, 'content-length': length })
    if (this.method === 'HEAD') response.end()
    else if (Buffer.isBuffer(body)) response.end(body)
    else sendPieces(response, body)
  }

  stream(code: number, headers: OutgoingHttpHeaders): Writable {
    this.#response.writeHead(code, { ...headers, ...this.headersForAll })
    this.#response.flushHeaders()
    return this.#response
  }
}

/** As much is put together as is worth a write of its own, and stays in the processor's cache meanwhile. */
const chunkBytes = 128 * 1024

/** Sends as fast as the other side reads, by one buffer that is filled again when it has gone out. */
function sendPieces(stream: Writable, pieces: readonly Buffer[]): void {
  const buffer = Buffer.allocUnsafeSlow(chunkBytes)
  const sendFrom = (from: number): void => {
    if (stream.destroyed) return
    let to = from
    let bytes = 0
    for (let next = pieces[to]; next && bytes + next.length <= chunkBytes; next = pieces[++to]) bytes += next.copy(buffer, bytes)
    // What is larger than the buffer goes by itself.
    const chunk = to === from ? pieces[to++] : buffer.subarray(0, bytes)
    if (to >= pieces.length) stream.end(chunk)
    else stream.write(chunk, error => error ?? sendFrom(to))
  }
  sendFrom(0)
}

function abortedAtClose(stream: Writable, isClosed: boolean): AbortController {
  const controller = new AbortController()
  if (isClosed) controller.abort()
  else stream.once('close', () => controller.abort())
  return controller
}

/** An HTTP/1.1 request that was answered before its body was there says nothing more when its connection closes. */
const givenUp = 'givenUp'

/** What upstream's server accepts in one request. */
export const maxBodyBytes = 3 * 1024 * 1024

/** The whole body; refuses more than the limit without reading it all. */
export function readBody(exchange: Exchange): Promise<Buffer> {
  const tooLarge = () => StatusError.requestEntityTooLarge(`limit is ${maxBodyBytes}`)
  const announced = Number(exchange.headers['content-length'] ?? 0)
  if (announced > maxBodyBytes) return Promise.reject(tooLarge())
  return new Promise((resolve, reject) => {
    const { body } = exchange
    const chunks: Buffer[] = []
    let size = 0
    const settle = () => {
      body.off('data', onData).off('end', onEnd).off('error', onClose).off('close', onClose).off(givenUp, onClose)
    }
    const onData = (chunk: Buffer) => {
      size += chunk.length
      chunks.push(chunk)
      if (size <= maxBodyBytes) return
      body.pause()
      settle()
      reject(tooLarge())
    }
    const onEnd = () => {
      settle()
      resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks))
    }
    // An error of the stream is the client's too, who went away or does not keep to the protocol: nothing of ours failed.
    const onClose = () => {
      settle()
      reject(StatusError.badRequest('the request ended before its body was complete'))
    }
    body.on('data', onData).once('end', onEnd).once('error', onClose).once('close', onClose).once(givenUp, onClose)
  })
}

/**
 * Gives up a request body that is not wanted any more: ends an HTTP/2 stream once the answer is out; with HTTP/1.1, what is still to come has
 * to be read over. True where it has.
 */
export function discardBody(exchange: Exchange): boolean {
  const { body } = exchange
  if (body.readableEnded || body.destroyed) return false
  if ('rstCode' in body) {
    ;(body as ServerHttp2Stream).close(constants.NGHTTP2_NO_ERROR)
    return false
  }
  body.emit(givenUp)
  body.resume()
  return !(body as IncomingMessage).complete
}
