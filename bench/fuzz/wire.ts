// Raw bytes over TLS, on a connection of their own that ends soon. Whatever comes back is right: the others must be answered meanwhile.
import { once } from 'node:events'
import { connect as connectTcp } from 'node:net'
import { connect } from 'node:tls'
import type { Identity } from '../../test/testkit/api-requests.ts'
import { http1Bytes } from './http1-bytes.ts'
import { http2Bytes } from './http2-bytes.ts'
import type { Random } from './random.ts'

const openWithinMs = 10_000

export interface Bytes {
  readonly protocol: 'h2' | 'http/1.1' | 'TCP'
  readonly parts: readonly Buffer[]
  readonly lifeMs: number
  /** Whether the parts leave one by one, as slow clients send them. */
  readonly isSlow: boolean
  /** Whether anything is read. */
  readonly isRead: boolean
}

export function bytesShot(random: Random): Bytes {
  const rest = { lifeMs: random.pick([50, 300, 1_500]), isSlow: random.chance(0.15), isRead: random.chance(0.85) }
  if (random.chance(0.04)) return { protocol: 'TCP', parts: [random.bytes(random.below(300))], ...rest }
  const protocol = random.pick(['h2', 'http/1.1'] as const)
  const other = random.chance(0.03)
  return { protocol, parts: (protocol === 'h2') === other ? http1Bytes(random) : http2Bytes(random), ...rest }
}

/** What is wrong, if anything: a connection that cannot be made. */
export async function send(
  url: string,
  identity: Identity,
  { protocol, parts, lifeMs, isSlow, isRead }: Bytes,
): Promise<string | undefined> {
  const { hostname: host, port } = new URL(url)
  const socket =
    protocol === 'TCP'
      ? connectTcp({ host, port: Number(port) })
      : connect({ host, port: Number(port), ...identity, ALPNProtocols: [protocol] })
  socket.on('error', () => {})
  if (isRead) socket.resume()
  try {
    await once(socket, protocol === 'TCP' ? 'connect' : 'secureConnect', { signal: AbortSignal.timeout(openWithinMs) })
  } catch (error) {
    socket.destroy()
    return `no connection: ${String(error)}`
  }
  const end = performance.now() + lifeMs
  for (const part of isSlow ? parts : [Buffer.concat(parts)]) {
    if (socket.destroyed || performance.now() > end) break
    socket.write(part)
    if (isSlow) await new Promise(resolve => setTimeout(resolve, 5))
  }
  await Promise.race([
    once(socket, 'close').catch(() => {}),
    new Promise(resolve => setTimeout(resolve, Math.max(0, end - performance.now()))),
  ])
  socket.destroy()
  return undefined
}
