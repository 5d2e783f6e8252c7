// One request and its answer, the same for HTTP/2 streams and HTTP/1.1 messages.
import type { IncomingHttpHeaders, IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http'
import { constants, type IncomingHttpHeaders as Http2Headers, type ServerHttp2Stream } from 'node:http2'
import type { Readable, Writable } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import { StatusError } from '../../meta/status-error.ts'

export interface Exchange {
  readonly method: string
  /** With the query. */
  readonly target: string
  readonly headers: IncomingHttpHeaders
  readonly socket: TLSSocket
  readonly body: Readable
  /** Aborts when the client is gone or the answer is complete. */
  readonly signal: AbortSignal
  /** The whole answer at once. */
  respond(code: number, headers: OutgoingHttpHeaders, body: Buffer): void
  /** The head of an answer whose body follows. */
  stream(code: number, headers: OutgoingHttpHeaders): Writable
}

export function http2Exchange(stream: ServerHttp2Stream, headers: Http2Headers): Exchange {
  let controller: AbortController | undefined
  return {
    method: headers[':method'] ?? 'GET',
    target: headers[':path'] ?? '/',
    headers,
    // The session's own socket is a proxy that hides some members; the real one was kept when the connection was made.
    socket: socketOf(stream),
    body: stream,
    get signal() {
      if (!controller) {
        const made = new AbortController()
        controller = made
        if (stream.closed || stream.destroyed) made.abort()
        else stream.once('close', () => made.abort())
      }
      return controller.signal
    },
    respond(code, more, body) {
      if (stream.closed || stream.destroyed || stream.headersSent) return
      stream.respond({ ':status': code, ...more })
      stream.end(body)
    },
    stream(code, more) {
      if (!stream.closed && !stream.destroyed) stream.respond({ ':status': code, ...more })
      return stream
    },
  }
}

function socketOf(stream: ServerHttp2Stream): TLSSocket {
  return stream.session?.socket as TLSSocket
}

export function http1Exchange(request: IncomingMessage, response: ServerResponse): Exchange {
  let controller: AbortController | undefined
  return {
    method: request.method ?? 'GET',
    target: request.url ?? '/',
    headers: request.headers,
    socket: request.socket as TLSSocket,
    body: request,
    get signal() {
      if (!controller) {
        const made = new AbortController()
        controller = made
        if (response.closed) made.abort()
        else response.once('close', () => made.abort())
      }
      return controller.signal
    },
    respond(code, headers, body) {
      if (response.headersSent || response.destroyed) return
      response.writeHead(code, { ...headers, 'content-length': body.length })
      response.end(request.method === 'HEAD' ? undefined : body)
    },
    stream(code, headers) {
      response.writeHead(code, headers)
      response.flushHeaders()
      return response
    },
  }
}

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
      body.off('data', onData).off('end', onEnd).off('error', onError).off('close', onClose)
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
    const onError = (error: Error) => {
      settle()
      reject(error)
    }
    const onClose = () => onError(StatusError.badRequest('the request ended before its body was complete'))
    body.on('data', onData).once('end', onEnd).once('error', onError).once('close', onClose)
  })
}

/** Ends an HTTP/2 stream whose request body is not wanted any more, once the answer is out. */
export function discardBody(exchange: Exchange): void {
  const { body } = exchange
  if (body.readableEnded || body.destroyed) return
  if ('rstCode' in body) (body as ServerHttp2Stream).close(constants.NGHTTP2_NO_ERROR)
  else body.resume()
}
