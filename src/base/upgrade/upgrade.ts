// HTTP/1.1 upgrade over a connection that is already open: the request's head is written, the answer's head is read, and what
// follows are bare bytes. By hand, since a proxy must pass on the other side's answer as it is, whatever it is.
import type { Duplex } from 'node:stream'

export type HeaderLine = readonly [name: string, value: string]

export interface UpgradeRequest {
  readonly method: string
  /** With the query. */
  readonly path: string
  readonly headers: readonly HeaderLine[]
}

export interface UpgradeAnswer {
  readonly status: number
  readonly headers: readonly HeaderLine[]
  /** The head as it came, with the empty line. */
  readonly raw: Buffer
  /** The bytes that came after it. */
  readonly head: Buffer
}

/** The other side said no, or nothing that is HTTP. `status` is 0 where there was no answer. */
export class UpgradeError extends Error {
  override readonly name = 'UpgradeError'
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

const maxHeadBytes = 65_536

/** Writes the request and resolves with the answer's head, 101 or not. The socket is paused and holds the rest. */
export async function requestUpgrade(socket: Duplex, request: UpgradeRequest, signal?: AbortSignal): Promise<UpgradeAnswer> {
  const lines = request.headers.map(([name, value]) => `${name}: ${value}\r\n`)
  socket.write(`${request.method} ${request.path} HTTP/1.1\r\n${lines.join('')}\r\n`, 'latin1')
  return parseAnswer(await readHead(socket, signal))
}

function readHead(socket: Duplex, signal?: AbortSignal): Promise<{ raw: Buffer; head: Buffer }> {
  return new Promise((resolve, reject) => {
    let received = Buffer.alloc(0)
    const settle = () => {
      socket.off('data', onData).off('error', fail).off('end', onEnd).off('close', onEnd)
      signal?.removeEventListener('abort', onAbort)
      socket.pause()
    }
    const fail = (error: unknown) => {
      settle()
      socket.destroy()
      reject(error)
    }
    const onAbort = () => fail(signal?.reason)
    const onEnd = () => fail(new UpgradeError(0, 'the connection was closed before an answer'))
    const onData = (chunk: Buffer) => {
      received = Buffer.concat([received, chunk])
      const end = received.indexOf('\r\n\r\n')
      if (end < 0 && received.length > maxHeadBytes) fail(new UpgradeError(0, "the answer's head is too large"))
      if (end < 0) return
      settle()
      resolve({ raw: received.subarray(0, end + 4), head: received.subarray(end + 4) })
    }
    if (signal?.aborted) return onAbort()
    signal?.addEventListener('abort', onAbort, { once: true })
    socket.on('data', onData).on('error', fail).on('end', onEnd).on('close', onEnd)
    socket.resume()
  })
}

function parseAnswer({ raw, head }: { raw: Buffer; head: Buffer }): UpgradeAnswer {
  const [statusLine = '', ...lines] = raw.toString('latin1').trimEnd().split('\r\n')
  const status = /^HTTP\/1\.[01] (\d{3})/.exec(statusLine)?.[1]
  if (status === undefined) throw new UpgradeError(0, 'the answer is not HTTP/1')
  const headers = lines.map((line): HeaderLine => {
    const colon = line.indexOf(':')
    return [line.slice(0, colon), line.slice(colon + 1).trim()]
  })
  return { status: Number(status), headers, raw, head }
}

export function headerOf(headers: readonly HeaderLine[], name: string): string | undefined {
  return headers.find(([candidate]) => candidate.toLowerCase() === name)?.[1]
}

/** The headers of a Node request as they came, in order and with repeats. */
export function headerLines(rawHeaders: readonly string[]): HeaderLine[] {
  return Array.from({ length: rawHeaders.length / 2 }, (_, i): HeaderLine => [rawHeaders[2 * i]!, rawHeaders[2 * i + 1]!])
}

/** Answers an upgrade request with an error in plain text, and closes. */
export function refuseUpgrade(socket: Duplex, status: number, reason: string, message: string): void {
  const body = Buffer.from(`${message}\n`)
  const head = `HTTP/1.1 ${status} ${reason}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n`
  socket.on('error', () => socket.destroy())
  socket.end(Buffer.concat([Buffer.from(head, 'latin1'), body]))
}
