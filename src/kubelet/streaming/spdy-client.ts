// Dials a runtime's streaming URL: an HTTP upgrade to SPDY/3.1 with one of Kubernetes' stream protocols, then a session.
import type { Duplex } from 'node:stream'
import type { Connect, Endpoint } from '../../base/connect.ts'
import { type HeaderLine, headerOf, requestUpgrade, UpgradeError } from '../../base/upgrade/upgrade.ts'
import { SpdySession } from './spdy-session.ts'

export interface SpdyDial {
  /** `http:` or `https:`, as the runtime gave it. */
  readonly url: string
  /** `X-Stream-Protocol-Version`, most wanted first. */
  readonly protocols: readonly string[]
  readonly connect: Connect
  readonly signal?: AbortSignal
}

/** Resolves with the upgraded connection: `head` holds bytes that came with the answer. Rejects with `UpgradeError`. */
export async function dialUpgraded(dial: SpdyDial): Promise<{ socket: Duplex; head: Buffer; protocol: string }> {
  const url = new URL(dial.url)
  const socket = await dial.connect(endpointOf(url), dial.signal)
  const headers: HeaderLine[] = [
    ['Host', url.host],
    ['Connection', 'Upgrade'],
    ['Upgrade', 'SPDY/3.1'],
    ...dial.protocols.map((protocol): HeaderLine => ['X-Stream-Protocol-Version', protocol]),
  ]
  const answer = await requestUpgrade(socket, { method: 'POST', path: url.pathname + url.search, headers }, dial.signal)
  if (answer.status !== 101) {
    const length = Number(headerOf(answer.headers, 'content-length') ?? Number.POSITIVE_INFINITY)
    throw new UpgradeError(answer.status, `unable to upgrade connection: ${await readText(socket, answer.head, length)}`)
  }
  return { socket, head: answer.head, protocol: headerOf(answer.headers, 'x-stream-protocol-version') ?? '' }
}

export async function dialSpdy(dial: SpdyDial): Promise<{ session: SpdySession; protocol: string }> {
  const { socket, head, protocol } = await dialUpgraded(dial)
  return { session: new SpdySession(socket, { role: 'client', head, isQuietReader: true }), protocol }
}

export function endpointOf(url: URL): Endpoint {
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1')
  const isTls = url.protocol === 'https:'
  // A runtime that serves its streams over TLS has a certificate of its own making, at an address that it told us itself.
  return { host, port: Number(url.port || (isTls ? 443 : 80)), ...(isTls ? { tls: { insecureSkipVerify: true } } : {}) }
}

/** The body of a refusal, at most 4 KiB of it. */
async function readText(socket: Duplex, head: Buffer, length: number): Promise<string> {
  const wanted = Math.min(length, 4096)
  let body = head
  for await (const chunk of body.length < wanted ? socket : []) {
    body = Buffer.concat([body, chunk])
    if (body.length >= wanted) break
  }
  socket.destroy()
  return body.subarray(0, wanted).toString('utf8').trim()
}
