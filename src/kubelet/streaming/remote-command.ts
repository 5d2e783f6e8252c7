// The server side of `kubectl exec` and `kubectl attach` over WebSocket, bridged to the runtime's streams. All output is sent
// before the outcome, and the outcome before the close, so that a client which stops at the outcome has missed nothing.
import type { Readable } from 'node:stream'
import type { WebSocket } from 'ws'
import { refuseUpgrade } from '../../base/upgrade/upgrade.ts'
import { type CommandProtocol, channel, decodeChannelMessage, encodeChannelMessage, negotiateCommandProtocol } from './command-channels.ts'
import type { CommandStreams, CommandWants } from './command-streams.ts'
import { acceptWebSocket, sendMessage, type UpgradingRequest, whenClosed } from './websocket.ts'

/** How a command ended, as the API's `Status` tells it. */
export interface CommandStatus {
  readonly metadata: Record<string, never>
  readonly status: 'Success' | 'Failure'
  readonly message?: string
  readonly reason?: string
  readonly details?: { readonly causes?: readonly { readonly reason: string; readonly message: string }[] }
  readonly code?: number
}

/** A status must fit in memory; nothing near this size is ever sent. */
const maxStatusBytes = 1 << 20

/**
 * Dials the runtime, answers the handshake and bridges until either side is done. Resolves when both are closed. A runtime that
 * cannot be reached is answered with 500 and its message.
 */
export async function serveRemoteCommand(
  client: UpgradingRequest,
  wants: CommandWants,
  dial: (signal: AbortSignal) => Promise<CommandStreams>,
  signal?: AbortSignal,
): Promise<void> {
  const protocol = negotiateCommandProtocol(client.request.headers['sec-websocket-protocol'])
  if (!protocol) return refuseUpgrade(client.socket, 400, 'Bad Request', 'unable to upgrade: no sub-protocol of the request is supported')
  const gone = new AbortController()
  const onGone = () => gone.abort(new Error('the client closed the connection'))
  client.socket.once('close', onGone).on('error', onGone)
  let streams: CommandStreams
  try {
    streams = await dial(signal ? AbortSignal.any([signal, gone.signal]) : gone.signal)
  } catch (error) {
    if (gone.signal.aborted) return
    return refuseUpgrade(client.socket, 500, 'Internal Server Error', error instanceof Error ? error.message : String(error))
  }
  try {
    const webSocket = await acceptWebSocket(client, protocol.name)
    await bridge(webSocket, protocol, wants, streams, signal)
  } finally {
    streams.close()
  }
}

async function bridge(
  webSocket: WebSocket,
  protocol: CommandProtocol,
  wants: CommandWants,
  streams: CommandStreams,
  signal: AbortSignal | undefined,
): Promise<void> {
  const closed = whenClosed(webSocket)
  const stop = () => webSocket.close(1001)
  if (signal?.aborted) stop()
  signal?.addEventListener('abort', stop, { once: true })
  // A client that is gone ends everything, the reading of output below included.
  void closed.then(() => streams.close())
  receive(webSocket, protocol, streams)
  const send = (number: number, bytes: Uint8Array) => sendMessage(webSocket, encodeChannelMessage(protocol, number, bytes))
  // An empty message tells old clients that the connection stands.
  await send(wants.stdout ? channel.stdout : wants.stderr ? channel.stderr : channel.error, Buffer.alloc(0))
  const [status] = await Promise.all([
    readStatus(streams.error),
    forward(streams.stdout, bytes => send(channel.stdout, bytes)),
    forward(streams.stderr, bytes => send(channel.stderr, bytes)),
  ])
  const outcome = tellStatus(status, protocol)
  if (outcome.length > 0) await send(channel.error, outcome)
  webSocket.close(1000)
  await closed
  signal?.removeEventListener('abort', stop)
}

function receive(webSocket: WebSocket, protocol: CommandProtocol, streams: CommandStreams): void {
  webSocket.on('message', (data: Buffer) => {
    const message = decodeChannelMessage(protocol, data)
    if (!message) return
    const isClose = protocol.canCloseStdin && message.channel === channel.close
    if (isClose && message.bytes[0] === channel.stdin) streams.stdin?.end()
    const target = message.channel === channel.stdin ? streams.stdin : message.channel === channel.resize ? streams.resize : undefined
    if (!target || target.writableEnded || target.destroyed || message.bytes.length === 0) return
    // Not by `drain`: a stream that was ended meanwhile never has one.
    let isWritten = false
    const hasRoom = target.write(message.bytes, () => {
      isWritten = true
      if (webSocket.isPaused) webSocket.resume()
    })
    if (!hasRoom && !isWritten) webSocket.pause()
  })
}

async function forward(from: Readable | undefined, send: (bytes: Uint8Array) => Promise<void>): Promise<void> {
  if (from) for await (const chunk of from) await send(chunk)
}

async function readStatus(from: Readable): Promise<Buffer> {
  const chunks: Buffer[] = []
  let sizeBytes = 0
  for await (const chunk of from) {
    sizeBytes += chunk.length
    if (sizeBytes <= maxStatusBytes) chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

const brokenOff: CommandStatus = {
  metadata: {},
  status: 'Failure',
  message: 'Internal error occurred: the container runtime broke off the stream',
  reason: 'InternalError',
  details: { causes: [{ reason: '', message: 'the container runtime broke off the stream' }] },
  code: 500,
}

/** The runtime's status as the protocol's version tells it; empty for nothing to tell. Exported for its test. */
export function tellStatus(fromRuntime: Buffer, protocol: CommandProtocol): Buffer {
  const bytes = fromRuntime.length > 0 ? fromRuntime : Buffer.from(JSON.stringify(brokenOff))
  if (protocol.hasJsonStatus) return bytes
  const status = parseStatus(bytes)
  return Buffer.from(status.status === 'Success' ? '' : (status.message ?? 'unknown error'))
}

/** Runtimes answer in JSON; one that answers in plain text is quoted as a failure. */
function parseStatus(bytes: Buffer): Pick<CommandStatus, 'status' | 'message'> {
  const text = bytes.toString('utf8')
  try {
    const parsed: unknown = JSON.parse(text)
    if (typeof parsed !== 'object' || parsed === null) return { status: 'Failure', message: text }
    const message = 'message' in parsed && typeof parsed.message === 'string' ? { message: parsed.message } : {}
    return { status: 'status' in parsed && parsed.status === 'Success' ? 'Success' : 'Failure', ...message }
  } catch {
    return { status: 'Failure', message: text }
  }
}
