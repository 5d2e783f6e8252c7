// One HTTP/2 connection to a server, made when first needed and again after it was lost. Requests that the server cannot have seen are
// sent again; a server that falls silent is noticed by unanswered pings.
import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants, type OutgoingHttpHeaders } from 'node:http2'
import { isIP } from 'node:net'
import type { Clock } from '../base/clock.ts'
import { sleep } from '../base/clock.ts'

export interface ConnectionOptions {
  /** Such as `https://127.0.0.1:6443`. */
  readonly server: string
  /** PEM. The system's own authorities where absent. */
  readonly ca?: string | undefined
  /** The client's certificate and key, as PEM. */
  readonly cert?: string | undefined
  readonly key?: string | undefined
  /** The name that the server's certificate must have, where it is not the one of `server`. */
  readonly serverName?: string | undefined
  /** Takes any certificate: for what people ask for by hand. */
  readonly insecure?: boolean | undefined
  readonly clock: Clock
  /** How long a connection may be silent before it is pinged. */
  readonly pingAfterMs?: number
  /** How long a ping or a new connection may take. */
  readonly patienceMs?: number
  /** How often a request that was not seen by the server is sent again. */
  readonly retries?: number
}

export interface Exchange {
  readonly method: string
  /** With the query. */
  readonly path: string
  readonly headers: OutgoingHttpHeaders
  readonly body?: string | Buffer | undefined
  readonly signal?: AbortSignal | undefined
}

export interface Response {
  readonly status: number
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly stream: ClientHttp2Stream
}

/** The server could not be reached, or the connection broke. Its `code` is Node's, such as `ECONNREFUSED`. */
export class ConnectionError extends Error {
  override readonly name = 'ConnectionError'
  readonly code: string
  /** Whether it is certain that the server has not acted on the request. */
  readonly unseen: boolean

  constructor(message: string, code: string, unseen: boolean, cause?: unknown) {
    super(message, { cause })
    this.code = code
    this.unseen = unseen
  }
}

const firstRetryMs = 50
const longestRetryMs = 1000
const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS'])

export class Http2Connection {
  readonly #options: ConnectionOptions
  #session: Promise<ClientHttp2Session> | undefined
  #closed = false

  constructor(options: ConnectionOptions) {
    this.#options = options
  }

  /**
   * Sends a request and answers when the response's head is there; its body is the reader's. Fails with `ConnectionError`, or with the
   * signal's reason.
   */
  async send(exchange: Exchange): Promise<Response> {
    const { clock, retries = 4 } = this.#options
    for (let attempt = 0; ; attempt++) {
      try {
        return await this.#sendOnce(exchange)
      } catch (error) {
        const again = error instanceof ConnectionError && (error.unseen || safeMethods.has(exchange.method))
        if (!again || attempt >= retries || this.#closed) throw error
        await sleep(clock, Math.min(longestRetryMs, firstRetryMs * 2 ** attempt), exchange.signal)
      }
    }
  }

  /** Ends the connection and every request on it. */
  close(): void {
    this.#closed = true
    this.#session?.then(
      session => session.destroy(),
      () => {},
    )
    this.#session = undefined
  }

  async #sendOnce({ method, path, headers, body, signal }: Exchange): Promise<Response> {
    signal?.throwIfAborted()
    const session = await this.#connected()
    signal?.throwIfAborted()
    return new Promise((resolve, reject) => {
      let stream: ClientHttp2Stream
      try {
        stream = session.request({ ':method': method, ':path': path, ...headers }, { endStream: body === undefined })
      } catch (error) {
        // The session ended, or was told to, between being handed out and being used.
        if (this.#session !== undefined) this.#forget(session)
        return reject(connectionError(error, true))
      }
      const onAbort = () => {
        stream.close(constants.NGHTTP2_CANCEL)
        reject(signal?.reason)
      }
      signal?.addEventListener('abort', onAbort, { once: true })
      stream.once('close', () => {
        signal?.removeEventListener('abort', onAbort)
        if (stream.rstCode === constants.NGHTTP2_REFUSED_STREAM)
          return reject(new ConnectionError('the server refused the stream', 'REFUSED_STREAM', true))
        // After a GOAWAY, streams that the server has not begun end without an answer: Node cannot tell them from others.
        reject(new ConnectionError('the connection ended before the answer', 'ECONNRESET', false))
      })
      stream.on('error', error => reject(connectionError(error, stream.rstCode === constants.NGHTTP2_REFUSED_STREAM)))
      stream.once('response', responseHeaders => {
        const { ':status': status = 0, ...rest } = responseHeaders
        resolve({ status, headers: rest as Response['headers'], stream })
      })
      if (body !== undefined) stream.end(body)
    })
  }

  #connected(): Promise<ClientHttp2Session> {
    if (this.#closed) return Promise.reject(new ConnectionError('the client is closed', 'ECLOSED', true))
    if (this.#session) return this.#session
    const session = this.#connect()
    this.#session = session
    session.catch(() => {
      if (this.#session === session) this.#session = undefined
    })
    return session
  }

  #connect(): Promise<ClientHttp2Session> {
    const { server, ca, cert, key, serverName, insecure, clock, patienceMs = 5000 } = this.#options
    const { hostname } = new URL(server)
    const name = serverName ?? (isIP(hostname.replace(/^\[|\]$/g, '')) === 0 ? hostname : undefined)
    return new Promise((resolve, reject) => {
      const session = connect(server, {
        ...(ca !== undefined && { ca }),
        ...(cert !== undefined && { cert }),
        ...(key !== undefined && { key }),
        ...(name !== undefined && { servername: name }),
        rejectUnauthorized: !insecure,
        // Lists are large; the default window of 64 KiB would stop them every so often.
        settings: { initialWindowSize: 4 << 20, enablePush: false },
      })
      const giveUp = clock.after(patienceMs, () =>
        session.destroy(new ConnectionError(`no connection to ${server} within ${patienceMs} ms`, 'ETIMEDOUT', true)),
      )
      session.once('connect', () => {
        giveUp()
        if (this.#closed) return session.destroy()
        if (session.destroyed) return
        session.setLocalWindowSize(16 << 20)
        this.#watchOver(session)
        resolve(session)
      })
      session.on('error', error => {
        giveUp()
        reject(connectionError(error, true))
      })
      session.once('goaway', () => this.#forget(session))
      session.once('close', () => {
        giveUp()
        this.#forget(session)
        reject(new ConnectionError(`the connection to ${server} ended`, 'ECONNRESET', true))
      })
    })
  }

  /** New requests take a new connection; those under way on the old one go on. */
  #forget(session: ClientHttp2Session): void {
    const current = this.#session
    current?.then(
      known => {
        if (known === session && this.#session === current) this.#session = undefined
      },
      () => {},
    )
    if (!session.closed) session.close()
  }

  /** Pings for as long as the session lives, and destroys it when an answer does not come. */
  #watchOver(session: ClientHttp2Session): void {
    const { clock, pingAfterMs = 5000, patienceMs = 5000 } = this.#options
    let cancel = () => {}
    const ping = () => {
      // Destroyed, but not told to be closed yet: to ping it now would throw where nobody catches.
      if (session.destroyed) return
      cancel = clock.after(patienceMs, () => session.destroy(new ConnectionError('the server does not answer', 'ETIMEDOUT', false)))
      session.ping(error => {
        cancel()
        if (!error && !session.destroyed) cancel = clock.after(pingAfterMs, ping)
      })
    }
    cancel = clock.after(pingAfterMs, ping)
    session.once('close', () => cancel())
  }
}

function connectionError(error: unknown, unseen: boolean): ConnectionError {
  if (error instanceof ConnectionError) return error
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'EUNKNOWN'
  return new ConnectionError(error instanceof Error ? error.message : String(error), code, unseen, error)
}
