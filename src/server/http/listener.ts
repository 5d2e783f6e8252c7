// HTTP/2 and HTTP/1.1 on one TLS port, told apart by ALPN: HTTP/2 by the stream interface, HTTP/1.1 with its upgrades.
import { createServer as createHttp1Server, type Server as Http1Server, type IncomingMessage } from 'node:http'
import { createServer as createHttp2Server, type Http2Server, type ServerHttp2Session } from 'node:http2'
import type { Socket } from 'node:net'
import { createServer as createTlsServer, DEFAULT_CIPHERS, type TLSSocket, type Server as TlsServer } from 'node:tls'
import type { Clock } from '../../base/clock.ts'
import { type Exchange, Http1Exchange, Http2Exchange } from './exchange.ts'

export interface ListenAddress {
  readonly host: string
  /** 0: any free one. */
  readonly port: number
}

/** How long answers may take to end when the server closes. */
const patienceMs = 500
const lookEveryMs = 20

/** The server's choice counts. The shorter key costs less and is as good as any: Go's servers prefer it too. */
const ciphers = `TLS_AES_128_GCM_SHA256:ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:${DEFAULT_CIPHERS}`

export interface ListenerOptions {
  readonly addresses: readonly ListenAddress[]
  readonly cert: string
  readonly key: string
  /** Certificates of clients are asked for, and found good when one of these signed them. */
  readonly clientCas: readonly string[]
  readonly clock: Clock
  /** How long a connection may take until its first request is there, and the head of each request over HTTP/1.1. Default: 30 s. */
  readonly headMs?: number
  /** How long a connection without requests stays open. Default: 90 s, as upstream. */
  readonly idleMs?: number
  onExchange(exchange: Exchange): void
  onUpgrade(request: IncomingMessage, socket: TLSSocket, head: Buffer): void
}

const defaultHeadMs = 30_000
const defaultIdleMs = 90_000
/** Of one request. Over HTTP/2 this is of the packed form; what that may unpack to is bounded by the number of fields. */
const maxHeaderBytes = 64 * 1024
const maxStreams = 1000

const badRequests: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
}

/** A stream that fails is closed by that; whoever waits for it sees the close. */
const ignore = (): void => {}

export class Listener {
  readonly #options: ListenerOptions
  readonly #headMs: number
  readonly #http1: Http1Server
  readonly #http2: Http2Server
  readonly #servers: TlsServer[] = []
  readonly #sockets = new Set<Socket>()
  readonly #sessions = new Set<ServerHttp2Session>()
  /** Connections that have sent no request yet, and since when. */
  readonly #waiting = new Map<Socket, number>()
  #accepting: Socket | undefined
  #cancelLook: (() => void) | undefined

  constructor(options: ListenerOptions) {
    this.#options = options
    const { headMs = defaultHeadMs, idleMs = defaultIdleMs } = options
    this.#headMs = headMs
    this.#http1 = createHttp1Server(
      {
        maxHeaderSize: maxHeaderBytes,
        headersTimeout: headMs,
        requestTimeout: 0,
        keepAliveTimeout: idleMs,
        connectionsCheckingInterval: headMs / 6,
      },
      (request, response) => {
        this.#waiting.delete(request.socket)
        options.onExchange(new Http1Exchange(request, response))
      },
    )
    // It is given its connections and never listens itself; but it looks after their times only once it does.
    this.#http1.emit('listening')
    this.#http1.on('upgrade', (request, socket, head) => {
      this.#waiting.delete(request.socket)
      options.onUpgrade(request, socket as TLSSocket, head)
    })
    this.#http1.on('clientError', (error: Error & { code?: string }, socket) => {
      if (!socket.writable || error.code === 'ECONNRESET') {
        socket.destroy()
        return
      }
      const status = badRequests[error.code ?? ''] ?? '400 Bad Request'
      socket.end(`HTTP/1.1 ${status}\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n${status}`)
    })
    this.#http2 = createHttp2Server({
      settings: { maxConcurrentStreams: maxStreams, maxHeaderListSize: maxHeaderBytes, initialWindowSize: 1 << 20, enablePush: false },
      maxSessionMemory: 256,
      maxHeaderListPairs: 200,
    })
    this.#http2.on('stream', (stream, headers, _flags, rawHeaders) => {
      stream.on('error', ignore)
      // A connection that broke in the same turn: nobody waits for an answer, and nobody can be told who asked.
      if (!stream.session?.socket) return
      options.onExchange(new Http2Exchange(stream, headers, rawHeaders))
    })
    // Node's types do not know this documented field.
    Object.assign(this.#http2, { timeout: idleMs })
    // Streams that are open go on; new requests come by another connection.
    this.#http2.on('timeout', (session: ServerHttp2Session) => session.close())
    this.#http2.on('session', session => {
      this.#sessions.add(session)
      session.once('close', () => this.#sessions.delete(session))
      // What a session says is its socket is another object.
      const socket = this.#accepting
      if (socket) session.once('stream', () => this.#waiting.delete(socket))
      session.on('error', () => {})
    })
  }

  /** Resolves with the addresses that are listened on. Fails with Node's own error (`EADDRINUSE`, ...). */
  async listen(): Promise<readonly ListenAddress[]> {
    const { cert, key, clientCas } = this.#options
    const bound: ListenAddress[] = []
    for (const { host, port } of this.#options.addresses) {
      const server = createTlsServer({
        cert,
        key,
        ca: [...clientCas],
        requestCert: true,
        rejectUnauthorized: false,
        ALPNProtocols: ['h2', 'http/1.1'],
        minVersion: 'TLSv1.2',
        ciphers,
        sessionTimeout: 3600,
        handshakeTimeout: this.#headMs,
      })
      server.on('secureConnection', socket => {
        socket.setNoDelay(true)
        this.#sockets.add(socket)
        this.#expectRequest(socket)
        socket.once('close', () => {
          this.#sockets.delete(socket)
          this.#waiting.delete(socket)
        })
        socket.on('error', () => socket.destroy())
        this.#accepting = socket
        if (socket.alpnProtocol === 'h2') this.#http2.emit('connection', socket)
        else this.#http1.emit('connection', socket)
      })
      server.on('tlsClientError', () => {})
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject)
        server.listen(port, host, () => {
          server.removeListener('error', reject)
          resolve()
        })
      })
      this.#servers.push(server)
      const address = server.address()
      bound.push({ host, port: typeof address === 'object' && address ? address.port : port })
    }
    return bound
  }

  #expectRequest(socket: Socket): void {
    const { clock } = this.#options
    this.#waiting.set(socket, clock.now())
    this.#cancelLook ??= clock.after(this.#headMs / 6, this.#look)
  }

  /** Closes connections that sent no request in time. They are in the order in which they came. */
  readonly #look = (): void => {
    const { clock } = this.#options
    for (const [socket, sinceMs] of this.#waiting) {
      if (clock.now() - sinceMs < this.#headMs) break
      socket.destroy()
      this.#waiting.delete(socket)
    }
    this.#cancelLook = this.#waiting.size > 0 ? clock.after(this.#headMs / 6, this.#look) : undefined
  }

  /** Stops accepting, lets answers that are on their way go out, and cuts what is still open after a while. */
  async close(): Promise<void> {
    this.#cancelLook?.()
    this.#waiting.clear()
    const closed = this.#servers.map(server => new Promise<void>(resolve => server.close(() => resolve())))
    for (const session of this.#sessions) session.close()
    let cancel = () => {}
    const look = (waitedMs: number) => {
      // An answer that has ended counts as idle for Node, also while its last bytes are on their way.
      if (waitedMs > 0 && [...this.#sockets].every(socket => socket.writableLength === 0)) this.#http1.closeIdleConnections()
      if (waitedMs >= patienceMs) {
        for (const session of this.#sessions) session.destroy()
        for (const socket of this.#sockets) socket.destroy()
      } else cancel = this.#options.clock.after(lookEveryMs, () => look(waitedMs + lookEveryMs))
    }
    look(0)
    await Promise.all(closed)
    cancel()
  }
}
