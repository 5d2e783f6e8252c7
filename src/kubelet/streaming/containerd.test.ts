// Exec and port-forward end to end: a client's WebSocket or SPDY, the bridges, containerd's streaming server, a real process.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer as createHttpServer, type IncomingMessage } from 'node:http'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { text } from 'node:stream/consumers'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { WebSocket } from 'ws'
import { proxyUpgrade } from '../../base/upgrade/upgrade-proxy.ts'
import { systemClock } from '../../platform/clock.ts'
import { connect } from '../../platform/connect.ts'
import { startContainerd, type TestContainerd, testImage, whyNoContainerd } from '../runtime/containerd.test-support.ts'
import { connectCri } from '../runtime/cri.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { type CommandWants, dialCommand } from './command-streams.ts'
import { portForwardProtocol, portForwardTunnelProtocol, servePortForwardWebSocket } from './port-forward-websocket.ts'
import { serveRemoteCommand } from './remote-command.ts'
import { dialSpdy, dialUpgraded, endpointOf } from './spdy-client.ts'
import { SpdySession } from './spdy-session.ts'
import { dialWebSocketBytes } from './websocket-bytes.test-support.ts'

const skip = whyNoContainerd()
let containerd: TestContainerd
let runtime: Runtime
let sandboxId = ''
let containerId = ''
const servers = new Set<Server>()
const sockets = new Set<Socket>()

before(async () => {
  if (skip) return
  containerd = await startContainerd()
  runtime = connectCri({ socketPath: containerd.socketPath, clock: systemClock, timeoutMs: 30_000 })
  const config = {
    metadata: { name: 'exec', uid: 'uid-exec', namespace: 'default' },
    linux: { securityContext: { namespaceOptions: { network: 'NODE' as const } } },
  }
  for (
    let i = 0;
    !(await runtime.version().then(
      () => true,
      () => i > 100,
    ));
    i++
  )
    await sleep(50)
  sandboxId = await runtime.runPodSandbox(config, '')
  const container = { metadata: { name: 'main' }, image: { image: testImage }, command: ['/bin/cat'], stdin: true, linux: {} }
  containerId = await runtime.createContainer(sandboxId, container, config)
  await runtime.startContainer(containerId)
})
after(async () => {
  if (skip) return
  for (const socket of sockets) socket.destroy()
  for (const server of servers) server.close()
  await runtime.stopPodSandbox(sandboxId)
  await runtime.removePodSandbox(sandboxId)
  runtime.close()
  await containerd.stop()
})

async function listening(server: Server): Promise<number> {
  servers.add(server)
  server.on('connection', (socket: Socket) => sockets.add(socket)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

function onUpgrade(serve: (client: { request: IncomingMessage; socket: Duplex; head: Buffer }) => Promise<void>): Promise<number> {
  return listening(createHttpServer().on('upgrade', (request, socket, head) => void serve({ request, socket, head })))
}

const all: CommandWants = { stdin: true, stdout: true, stderr: true, tty: false }

/** Runs a command as a WebSocket client would, and gives back what came on each channel. */
async function exec(command: readonly string[], wants: CommandWants, talk: (send: (channel: number, body: string) => void) => void) {
  const port = await onUpgrade(client =>
    serveRemoteCommand(client, wants, async signal =>
      dialCommand(await runtime.exec({ containerId, command, ...wants }), wants, connect, signal),
    ),
  )
  const webSocket = new WebSocket(`ws://127.0.0.1:${port}/`, ['v5.channel.k8s.io'])
  const channels = ['', '', '', '']
  webSocket.on('message', (data: Buffer) => (channels[data[0]!] += data.toString('utf8', 1)))
  const closed = once(webSocket, 'close')
  await once(webSocket, 'open')
  talk((channel, body) => webSocket.send(Buffer.concat([Buffer.from([channel]), Buffer.from(body)])))
  await closed
  return { stdout: channels[1]!, stderr: channels[2]!, status: JSON.parse(channels[3]!) }
}

test('cat echoes until standard input is closed', { skip, timeout: 30_000 }, async () => {
  const body = 'x'.repeat(1_000_000)
  const { stdout, status } = await exec(['/bin/cat'], all, send => {
    send(0, 'hello ')
    send(0, body)
    send(255, '\0')
  })
  assert.equal(stdout, `hello ${body}`)
  assert.equal(status.status, 'Success')
})

test('an exit code comes as the cause of a failure', { skip, timeout: 30_000 }, async () => {
  const { stderr, status } = await exec(['/bin/sh', '-c', 'echo oh no >&2; exit 3'], all, () => {})
  assert.equal(stderr, 'oh no\n')
  assert.equal(status.status, 'Failure')
  assert.equal(status.reason, 'NonZeroExitCode')
  assert.deepEqual(status.details.causes, [{ reason: 'ExitCode', message: '3' }])
})

test('a command that does not exist is told', { skip, timeout: 30_000 }, async () => {
  const { status } = await exec(['/no/such/file'], all, () => {})
  assert.equal(status.status, 'Failure')
  assert.match(status.message, /no such file/)
})

test('a terminal has the size that the client gives it', { skip, timeout: 30_000 }, async () => {
  const wants = { ...all, tty: true, stderr: false }
  const { stdout } = await exec(['/bin/sh', '-c', 'read line; stty size'], wants, send => {
    send(4, '{"Width":101,"Height":37}\n')
    setTimeout(() => send(0, 'go\n'), 300)
  })
  assert.match(stdout, /37 101/)
})

test('a lot of output arrives in full before the outcome', { skip, timeout: 30_000 }, async () => {
  const { stdout, status } = await exec(['/bin/sh', '-c', 'busybox head -c 3000000 /dev/zero; exit 7'], all, () => {})
  assert.equal(stdout.length, 3_000_000)
  assert.equal(status.details.causes[0].message, '7')
})

test('attach talks to the process that runs', { skip, timeout: 30_000 }, async () => {
  const wants = { stdin: true, stdout: true, stderr: true, tty: false }
  const streams = await dialCommand(await runtime.attach({ containerId, ...wants }), wants, connect)
  streams.stdin!.write('ping\n')
  const [chunk] = await once(streams.stdout!, 'data')
  assert.equal(chunk.toString(), 'ping\n')
  streams.close()
})

test('a SPDY client passes through the proxy to the runtime', { skip, timeout: 30_000 }, async () => {
  const wants = { stdin: false, stdout: true, stderr: false, tty: false }
  const url = new URL(await runtime.exec({ containerId, command: ['/bin/echo', 'through'], ...wants }))
  const port = await onUpgrade(client => proxyUpgrade(client, { endpoint: endpointOf(url), path: url.pathname }, connect))
  const protocols = ['v5.channel.k8s.io', 'v4.channel.k8s.io']
  const { session, protocol } = await dialSpdy({ url: `http://127.0.0.1:${port}/`, protocols, connect })
  assert.equal(protocol, 'v4.channel.k8s.io')
  const [error, stdout] = ['error', 'stdout'].map(streamType => session.openStream({ streamType }).io)
  assert.equal(await text(stdout!), 'through\n')
  assert.equal(JSON.parse(await text(error!)).status, 'Success')
  session.close()
})

test('port-forward over WebSocket reaches a port of the pod', { skip, timeout: 30_000 }, async () => {
  const echo = createServer({ allowHalfOpen: true }, socket => socket.pipe(socket))
  const echoPort = await listening(echo)
  const port = await onUpgrade(client =>
    servePortForwardWebSocket(client, async signal => {
      const url = await runtime.portForward(sandboxId, [echoPort])
      return dialUpgraded({ url, protocols: [portForwardProtocol], connect, signal })
    }),
  )
  const { bytes } = await dialWebSocketBytes(port, portForwardTunnelProtocol)
  const session = new SpdySession(bytes, { role: 'client' })
  const headers = { port: `${echoPort}`, requestID: '0' }
  const error = session.openStream({ ...headers, streamType: 'error' })
  error.io.end()
  const data = session.openStream({ ...headers, streamType: 'data' })
  data.io.end('hello pod')
  assert.equal(await text(data.io), 'hello pod')
  assert.equal(await text(error.io), '')
  session.close()
})
