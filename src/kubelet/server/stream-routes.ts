// exec, attach and port-forward: the runtime is asked for a URL, and the client's streams are bridged to it. A client that speaks SPDY is
// handed through, one that speaks WebSocket is translated.
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Connect } from '../../base/connect.ts'
import { proxyUpgrade } from '../../base/upgrade/upgrade-proxy.ts'
import type { Runtime } from '../runtime/runtime.ts'
import type { ServedPods } from '../served-pods.ts'
import { type CommandWants, dialCommand } from '../streaming/command-streams.ts'
import { portForwardProtocol, servePortForwardWebSocket } from '../streaming/port-forward-websocket.ts'
import { serveRemoteCommand } from '../streaming/remote-command.ts'
import { dialUpgraded, endpointOf } from '../streaming/spdy-client.ts'
import { isTrue } from './log-route.ts'

export interface UpgradeClient {
  readonly request: IncomingMessage
  readonly socket: Duplex
  readonly head: Buffer
}

export interface StreamContext {
  readonly runtime: Runtime
  readonly pods: ServedPods
  readonly connect: Connect
  readonly signal: AbortSignal
}

/** Resolves when the streams are closed. Undefined path: not one of ours. Throws `ServedError` and `RuntimeError` before it answers. */
export async function serveStreams(client: UpgradeClient, url: URL, context: StreamContext): Promise<boolean> {
  const [, action, namespace = '', pod = '', container = ''] = url.pathname.split('/').map(decodeURIComponent)
  switch (action) {
    case 'exec':
    case 'attach':
      await serveCommand(action, client, url.searchParams, context.pods.container(namespace, pod, container), context)
      return true
    case 'portForward':
      await servePortForward(client, context.pods.sandbox(namespace, pod), url.searchParams, context)
      return true
    default:
      return false
  }
}

async function serveCommand(
  action: 'exec' | 'attach',
  client: UpgradeClient,
  query: URLSearchParams,
  container: { readonly id: string; readonly tty: boolean },
  { runtime, connect, signal }: StreamContext,
): Promise<void> {
  const tty = action === 'attach' ? container.tty : isTrue(query.get('tty'))
  const wants: CommandWants = {
    stdin: isTrue(query.get('input')) || isTrue(query.get('stdin')),
    stdout: isTrue(query.get('output')) || isTrue(query.get('stdout')),
    stderr: (isTrue(query.get('error')) || isTrue(query.get('stderr'))) && !tty,
    tty,
  }
  const url =
    action === 'exec'
      ? await runtime.exec({ containerId: container.id, command: query.getAll('command'), ...wants }, signal)
      : await runtime.attach({ containerId: container.id, ...wants }, signal)
  if (isWebSocket(client.request)) return serveRemoteCommand(client, wants, giveUp => dialCommand(url, wants, connect, giveUp), signal)
  return passThrough(client, url, connect, signal)
}

async function servePortForward(
  client: UpgradeClient,
  sandboxId: string,
  query: URLSearchParams,
  { runtime, connect, signal }: StreamContext,
): Promise<void> {
  const url = await runtime.portForward(sandboxId, query.getAll('port').map(Number), signal)
  if (!isWebSocket(client.request)) return passThrough(client, url, connect, signal)
  return servePortForwardWebSocket(
    client,
    giveUp => dialUpgraded({ url, protocols: [portForwardProtocol], connect, signal: giveUp }),
    signal,
  )
}

function passThrough(client: UpgradeClient, address: string, connect: Connect, signal: AbortSignal): Promise<void> {
  const url = new URL(address)
  return proxyUpgrade(client, { endpoint: endpointOf(url), path: url.pathname + url.search, method: 'POST' }, connect, signal)
}

function isWebSocket(request: IncomingMessage): boolean {
  return request.headers.upgrade?.toLowerCase() === 'websocket'
}
