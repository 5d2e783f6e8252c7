// Forwards an upgrade request to another server and then gets out of the way: whatever was negotiated (WebSocket, SPDY/3.1)
// passes as bare bytes, and so does a refusal. The API server reaches a kubelet's exec this way, a kubelet its runtime.
import { once } from 'node:events'
import type { Duplex } from 'node:stream'
import type { Connect, Endpoint } from '../connect.ts'
import { tunnel } from './tunnel.ts'
import { type HeaderLine, headerLines, headerOf, refuseUpgrade, requestUpgrade, type UpgradeAnswer } from './upgrade.ts'

/** What Node's HTTP server hands out with `upgrade`. */
export interface UpgradingClient {
  readonly request: { readonly method?: string | undefined; readonly rawHeaders: readonly string[] }
  readonly socket: Duplex
  readonly head: Buffer
}

export interface UpgradeTarget {
  readonly endpoint: Endpoint
  /** With the query. */
  readonly path: string
  readonly method?: string
  /** Added to the client's headers. */
  readonly headers?: readonly HeaderLine[]
  /** Lower-case names of the client's headers that stay behind: credentials are ours to keep. */
  readonly dropHeaders?: readonly string[]
}

const credentials = ['authorization', 'cookie', 'impersonate-user', 'impersonate-group', 'impersonate-uid']
const isCredential = (name: string) => credentials.includes(name) || name.startsWith('impersonate-extra-')

/** Resolves when both connections are closed. A target that cannot be reached is answered with 502. */
export async function proxyUpgrade(client: UpgradingClient, target: UpgradeTarget, connect: Connect, signal?: AbortSignal): Promise<void> {
  const { socket } = client
  // Whatever happens before the tunnel stands: a client that leaves takes the attempt with it.
  const gone = new AbortController()
  const onGone = () => gone.abort(new Error('the client closed the connection'))
  socket.once('close', onGone).on('error', onGone)
  const giveUp = signal ? AbortSignal.any([signal, gone.signal]) : gone.signal
  try {
    const upstream = await connect(target.endpoint, giveUp)
    const answer = await requestUpgrade(upstream, forwarded(client, target), giveUp)
    const stop = () => upstream.destroy()
    giveUp.addEventListener('abort', stop, { once: true })
    if (answer.status === 101) {
      socket.write(answer.raw)
      await tunnel(socket, upstream, { a: client.head, b: answer.head })
    } else await passRefusal(socket, upstream, answer)
    giveUp.removeEventListener('abort', stop)
  } catch (error) {
    if (gone.signal.aborted) return
    refuseUpgrade(socket, 502, 'Bad Gateway', `error dialing backend: ${error instanceof Error ? error.message : String(error)}`)
  }
}

/**
 * Passes on the answer and its body, and closes. Nothing of the client's goes up any more: what it sent next would be a request
 * of its own on a connection that carries our credentials.
 */
async function passRefusal(socket: Duplex, upstream: Duplex, answer: UpgradeAnswer): Promise<void> {
  const [statusLine = ''] = answer.raw.toString('latin1').split('\r\n', 1)
  const headers = answer.headers.filter(([name]) => name.toLowerCase() !== 'connection')
  const lines = [statusLine, ...headers.map(([name, value]) => `${name}: ${value}`), 'Connection: close', '', '']
  socket.write(lines.join('\r\n'), 'latin1')
  let left = Number(headerOf(answer.headers, 'content-length') ?? Number.POSITIVE_INFINITY)
  upstream.unshift(answer.head)
  for await (const chunk of left > 0 ? upstream : []) {
    if (!socket.write(chunk.subarray(0, left))) await once(socket, 'drain')
    left -= chunk.length
    if (left <= 0) break
  }
  upstream.destroy()
  socket.end()
}

function forwarded(client: UpgradingClient, target: UpgradeTarget) {
  const { host, port } = target.endpoint
  const dropped = new Set(['host', 'connection', ...(target.dropHeaders ?? [])])
  const kept = headerLines(client.request.rawHeaders).filter(
    ([name]) => !dropped.has(name.toLowerCase()) && !isCredential(name.toLowerCase()),
  )
  const hostLine: HeaderLine = ['Host', `${host.includes(':') ? `[${host}]` : host}:${port}`]
  // `close` concerns only a refusal: without it the body of one could have no visible end.
  const connection: HeaderLine = ['Connection', 'Upgrade, close']
  return {
    method: target.method ?? client.request.method ?? 'GET',
    path: target.path,
    headers: [hostLine, connection, ...kept, ...(target.headers ?? [])],
  }
}
