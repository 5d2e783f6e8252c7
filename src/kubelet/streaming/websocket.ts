// WebSocket servers for streams: the handshake on a socket that an `upgrade` event handed out, and sending with back-pressure.
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'
import { refuseUpgrade } from '../../base/upgrade/upgrade.ts'

export interface UpgradingRequest {
  readonly request: IncomingMessage
  readonly socket: Duplex
  readonly head: Buffer
}

/** Large enough for any client's pieces; a frame beyond it ends the connection. */
const maxMessageBytes = 32 * 1024 * 1024

/**
 * Answers 101 with the given sub-protocol, or none where it is empty. Rejects when the request is no WebSocket handshake.
 * The sub-protocol's headers are kept from the library: `SPDY/3.1+portforward.k8s.io` is no token, and it insists on tokens.
 */
export function acceptWebSocket({ request, socket, head }: UpgradingRequest, protocol: string): Promise<WebSocket> {
  const server = new WebSocketServer({ noServer: true, clientTracking: false, maxPayload: maxMessageBytes })
  const { 'sec-websocket-protocol': _, ...headers } = request.headers
  const plain: IncomingMessage = Object.create(request, { headers: { value: headers } })
  if (protocol) server.on('headers', lines => lines.push(`Sec-WebSocket-Protocol: ${protocol}`))
  return new Promise((resolve, reject) => {
    server.once('wsClientError', error => {
      refuseUpgrade(socket, 400, 'Bad Request', error.message)
      reject(error)
    })
    server.handleUpgrade(plain, socket, head, webSocket => resolve(webSocket))
  })
}

/** Resolves when the bytes have been handed to the system; at once when the connection is closing, for nobody reads them any more. */
export function sendMessage(webSocket: WebSocket, message: Buffer | string): Promise<void> {
  return new Promise(resolve => {
    if (webSocket.readyState !== webSocket.OPEN) resolve()
    else webSocket.send(message, () => resolve())
  })
}

/** Resolves when the connection is closed, by whichever side and cause. */
export function whenClosed(webSocket: WebSocket): Promise<void> {
  return new Promise(resolve => {
    if (webSocket.readyState === webSocket.CLOSED) resolve()
    webSocket.once('close', () => resolve())
    // An error is always followed by `close`, which is what matters here.
    webSocket.on('error', () => {})
  })
}
