// A tiny client for tests of the API at its rim: what is sent is exactly what the test says, over HTTP/2 or HTTP/1.1.
import { connect, type OutgoingHttpHeaders } from 'node:http2'
import { Agent, request as http1Request } from 'node:https'
import type { Readable } from 'node:stream'

export type Protocol = 'HTTP/2' | 'HTTP/1.1'

export interface Wish {
  /** A text or bytes as they are; anything else as JSON. */
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string | string[]>>
  readonly signal?: AbortSignal
  /** Sends no Content-Length. */
  readonly chunked?: boolean
}

export interface Reply {
  readonly code: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly bytes: Buffer
  readonly text: string
  /** The body as JSON. */
  readonly json: Json
}

/** JSON of which the test knows the shape. */
export interface Json {
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape, and fail where they are wrong.
  readonly [key: string]: any
}

export interface Opened {
  readonly code: number
  readonly headers: Reply['headers']
  readonly stream: Readable
}

export interface Requests {
  readonly protocol: Protocol
  send(method: string, target: string, wish?: Wish): Promise<Reply>
  /** The answer as soon as its head is there. */
  open(method: string, target: string, wish?: Wish): Promise<Opened>
  close(): void
}

export interface Identity {
  readonly ca: string
  readonly cert?: string | undefined
  readonly key?: string | undefined
}

export function requestsOver(protocol: Protocol, url: string, identity: Identity): Requests {
  const { open, close } = protocol === 'HTTP/2' ? overHttp2(url, identity) : overHttp1(url, identity)
  return {
    protocol,
    open,
    close,
    async send(method, target, wish) {
      const { code, headers, stream } = await open(method, target, wish)
      const bytes = await readAll(stream)
      const text = bytes.toString()
      return {
        code,
        headers,
        bytes,
        text,
        get json() {
          return JSON.parse(text)
        },
      }
    },
  }
}

/** Not by iterating, which calls it a failure where a short answer is read to its end and closed before it looks. */
function readAll(stream: Readable): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    const end = () => resolve(Buffer.concat(chunks))
    if (stream.readableEnded) end()
    stream.on('data', chunk => chunks.push(chunk)).once('end', end)
    stream.once('error', reject).once('close', () => reject(new Error('the answer broke off')))
  })
}

type Transport = Pick<Requests, 'open' | 'close'>

function bytesOf(body: unknown): string | Buffer | undefined {
  return body === undefined || typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body)
}

function headersOf({ body, headers }: Wish): OutgoingHttpHeaders {
  return { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers }
}

function overHttp2(url: string, identity: Identity): Transport {
  const session = connect(url, { ...identity })
  session.on('error', () => {})
  return {
    close: () => session.destroy(),
    open: (method, target, wish = {}) =>
      new Promise((resolve, reject) => {
        const bytes = bytesOf(wish.body)
        const stream = session.request(
          { ':method': method, ':path': target, ...headersOf(wish) },
          { endStream: bytes === undefined, ...(wish.signal && { signal: wish.signal }) },
        )
        stream.once('response', headers => {
          // What breaks later is for the reader of the stream.
          stream.removeListener('error', reject)
          stream.on('error', () => {})
          resolve({ code: headers[':status'] ?? 0, headers, stream })
        })
        stream.once('error', reject)
        stream.once('close', () => reject(new Error('the stream was closed without an answer')))
        if (bytes !== undefined) stream.end(bytes)
      }),
  }
}

function overHttp1(url: string, identity: Identity): Transport {
  const agent = new Agent({ ...identity, keepAlive: true })
  return {
    close: () => agent.destroy(),
    open: (method, target, wish = {}) =>
      new Promise((resolve, reject) => {
        const bytes = bytesOf(wish.body)
        const { hostname, port } = new URL(url)
        const length = bytes === undefined || wish.chunked ? {} : { 'content-length': String(Buffer.byteLength(bytes)) }
        const request = http1Request(
          {
            hostname,
            port,
            path: target,
            method,
            agent,
            headers: { ...headersOf(wish), ...length },
            ...(wish.signal && { signal: wish.signal }),
          },
          answer => {
            answer.on('error', () => {})
            resolve({ code: answer.statusCode ?? 0, headers: answer.headers, stream: answer })
          },
        )
        request.on('error', reject)
        if (wish.chunked && bytes !== undefined) request.write(bytes)
        request.end(wish.chunked ? undefined : bytes)
      }),
  }
}
