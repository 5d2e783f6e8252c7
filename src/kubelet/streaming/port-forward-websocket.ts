// `kubectl port-forward` over WebSocket, as newer clients do it: the messages carry the bytes of a SPDY/3.1 session, which are
// handed to the runtime as they are. The runtime sees an ordinary `Upgrade: SPDY/3.1` connection.
import type { Duplex } from 'node:stream'
import { createWebSocketStream } from 'ws'
import { tunnel } from '../../base/upgrade/tunnel.ts'
import { refuseUpgrade } from '../../base/upgrade/upgrade.ts'
import { acceptWebSocket, type UpgradingRequest } from './websocket.ts'

export const portForwardTunnelProtocol = 'SPDY/3.1+portforward.k8s.io'
/** What the tunnelled session speaks; to be asked of the runtime as `X-Stream-Protocol-Version`. */
export const portForwardProtocol = 'portforward.k8s.io'

export function asksForPortForwardTunnel(offered: string | undefined): boolean {
  return (offered ?? '').split(',').some(name => name.trim() === portForwardTunnelProtocol)
}

/** `dial` upgrades a connection to the runtime (`dialUpgraded`). Resolves when both sides are closed. */
export async function servePortForwardWebSocket(
  client: UpgradingRequest,
  dial: (signal: AbortSignal) => Promise<{ socket: Duplex; head: Buffer }>,
  signal?: AbortSignal,
): Promise<void> {
  if (!asksForPortForwardTunnel(client.request.headers['sec-websocket-protocol'])) {
    return refuseUpgrade(client.socket, 400, 'Bad Request', `unable to upgrade: only ${portForwardTunnelProtocol} is supported`)
  }
  const gone = new AbortController()
  const onGone = () => gone.abort(new Error('the client closed the connection'))
  client.socket.once('close', onGone).on('error', onGone)
  const giveUp = signal ? AbortSignal.any([signal, gone.signal]) : gone.signal
  let runtime: { socket: Duplex; head: Buffer }
  try {
    runtime = await dial(giveUp)
  } catch (error) {
    if (gone.signal.aborted) return
    return refuseUpgrade(client.socket, 500, 'Internal Server Error', error instanceof Error ? error.message : String(error))
  }
  const stop = () => runtime.socket.destroy()
  giveUp.addEventListener('abort', stop, { once: true })
  try {
    const webSocket = await acceptWebSocket(client, portForwardTunnelProtocol)
    await tunnel(createWebSocketStream(webSocket), runtime.socket, { b: runtime.head })
  } finally {
    stop()
  }
}
