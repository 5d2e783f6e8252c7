import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { text } from 'node:stream/consumers'
import { type TestContext, test } from 'node:test'
import { WebSocket } from 'ws'
import { connect } from '../../platform/connect.ts'
import { commandProtocols, decodeChannelMessage, encodeChannelMessage, negotiateCommandProtocol } from './command-channels.ts'
import { type CommandWants, dialCommand } from './command-streams.ts'
import { serveRemoteCommand } from './remote-command.ts'
import { SpdySession, type SpdyStream } from './spdy-session.ts'

type Command = (streams: Map<string, SpdyStream>, session: SpdySession) => Promise<void>

/** Listens on a loopback port for upgrades, until the test ends. */
async function listen(t: TestContext, onUpgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void): Promise<number> {
  const server = createServer().on('upgrade', onUpgrade).listen(0, '127.0.0.1')
  const sockets = new Set<Socket>()
  server.on('connection', socket => sockets.add(socket))
  await once(server, 'listening')
  t.after(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

/** A runtime's streaming server that waits for the streams, as containerd does, and then runs the command. */
function runtime(t: TestContext, streamCount: number, command: Command): Promise<number> {
  return listen(t, (request, socket, head) => {
    assert.equal(request.headers['x-stream-protocol-version'], 'v4.channel.k8s.io')
    socket.write(
      'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\nX-Stream-Protocol-Version: v4.channel.k8s.io\r\n\r\n',
    )
    const streams = new Map<string, SpdyStream>()
    const session: SpdySession = new SpdySession(socket, {
      role: 'server',
      head,
      onStream: stream => {
        streams.set(stream.headers['streamtype']!, stream)
        if (streams.size === streamCount) void command(streams, session).then(() => session.close())
      },
    })
  })
}

const all: CommandWants = { stdin: true, stdout: true, stderr: true, tty: false }

async function serve(t: TestContext, runtimePort: number, wants: CommandWants = all): Promise<{ url: string; served: Promise<void>[] }> {
  const served: Promise<void>[] = []
  const dial = (signal: AbortSignal) => dialCommand(`http://127.0.0.1:${runtimePort}/exec/token`, wants, connect, signal)
  const port = await listen(t, (request, socket, head) => served.push(serveRemoteCommand({ request, socket, head }, wants, dial)))
  return { url: `ws://127.0.0.1:${port}/exec`, served }
}

class Client {
  readonly webSocket: WebSocket
  readonly #protocol
  readonly received: { channel: number; bytes: Buffer }[] = []
  readonly closed: Promise<number>

  constructor(url: string, protocol: string) {
    this.#protocol = negotiateCommandProtocol(protocol)!
    this.webSocket = new WebSocket(url, protocol ? [protocol] : [])
    this.webSocket.on('message', (data: Buffer) => this.received.push(decodeChannelMessage(this.#protocol, data)!))
    this.closed = once(this.webSocket, 'close').then(([code]) => code)
  }
  async send(channel: number, bytes: string): Promise<void> {
    if (this.webSocket.readyState === WebSocket.CONNECTING) await once(this.webSocket, 'open')
    this.webSocket.send(encodeChannelMessage(this.#protocol, channel, Buffer.from(bytes)))
  }
  on(channel: number): string {
    return Buffer.concat(this.received.filter(message => message.channel === channel).map(message => message.bytes)).toString()
  }
}

const success = JSON.stringify({ metadata: {}, status: 'Success' })
const failure = JSON.stringify({
  metadata: {},
  status: 'Failure',
  message: 'command terminated with non-zero exit code: error executing command [false], exit code 3',
  reason: 'NonZeroExitCode',
  details: { causes: [{ reason: 'ExitCode', message: '3' }] },
})

const cat: Command = async streams => {
  streams.get('stdout')!.io.end(await text(streams.get('stdin')!.io))
  streams.get('error')!.io.end(success)
}
const fail: Command = async streams => {
  streams.get('stderr')!.io.end('oh no')
  streams.get('error')!.io.end(failure)
}

test('v5: closing the stdin channel ends standard input, and the outcome is a Status', async t => {
  const { url, served } = await serve(t, await runtime(t, 4, cat))
  const client = new Client(url, 'v5.channel.k8s.io')
  await client.send(0, 'hello ')
  await client.send(0, 'world')
  await client.send(255, '\0')
  assert.equal(await client.closed, 1000)
  assert.equal(client.webSocket.protocol, 'v5.channel.k8s.io')
  assert.equal(client.on(1), 'hello world')
  assert.equal(client.on(3), success)
  await Promise.all(served)
})

for (const protocol of commandProtocols) {
  test(`the outcome of a failed command in '${protocol.name}'`, async t => {
    const { url } = await serve(t, await runtime(t, 4, fail))
    const client = new Client(url, protocol.name)
    await client.closed
    assert.equal(client.on(2), 'oh no')
    assert.equal(client.on(3), protocol.hasJsonStatus ? failure : JSON.parse(failure).message)
  })
}

test('before version 4 success is silence', async t => {
  const succeed: Command = async streams => {
    streams.get('error')!.io.end(success)
  }
  const { url } = await serve(t, await runtime(t, 4, succeed))
  const client = new Client(url, 'channel.k8s.io')
  await client.closed
  assert.equal(client.on(3), '')
})

test('all output comes before the outcome, even where the runtime resets its streams right after', async t => {
  const size = 3_000_000
  const flood: Command = async streams => {
    const { io } = streams.get('stdout')!
    await new Promise(resolve => io.write(Buffer.alloc(size, 'x'), resolve))
    await new Promise(resolve => streams.get('error')!.io.write(failure, resolve))
    for (const stream of streams.values()) stream.io.destroy()
  }
  const { url } = await serve(t, await runtime(t, 4, flood))
  const client = new Client(url, 'v5.channel.k8s.io')
  await client.closed
  assert.equal(client.on(1).length, size)
  assert.equal(client.received.at(-1)!.channel, 3)
  assert.equal(client.on(3), failure)
})

test('with a terminal there is no stderr, and sizes reach the runtime', async t => {
  const wants = { ...all, tty: true }
  const size: Command = async streams => {
    assert.deepEqual([...streams.keys()].sort(), ['error', 'resize', 'stdin', 'stdout'])
    const [line] = await once(streams.get('resize')!.io, 'data')
    streams.get('stdout')!.io.end(line)
    streams.get('error')!.io.end(success)
  }
  const { url } = await serve(t, await runtime(t, 4, size), wants)
  const client = new Client(url, 'v4.channel.k8s.io')
  await client.send(4, '{"Width":100,"Height":30}\n')
  await client.closed
  assert.equal(client.on(1), '{"Width":100,"Height":30}\n')
})

test('a client that does not read holds the command back', { timeout: 30_000 }, async t => {
  let written = 0
  const flood: Command = async streams => {
    const { io } = streams.get('stdout')!
    for (let i = 0; i < 1000; i++) {
      await new Promise(resolve => io.write(Buffer.alloc(65_536), resolve))
      written += 65_536
    }
    io.end()
    streams.get('error')!.io.end(success)
  }
  const { url } = await serve(t, await runtime(t, 4, flood))
  const client = new Client(url, 'v5.channel.k8s.io')
  await once(client.webSocket, 'open')
  client.webSocket.pause()
  let before = -1
  while (before !== written) {
    before = written
    await new Promise(resolve => setTimeout(resolve, 100))
  }
  assert.ok(written < 32_000_000, `${written} bytes went out`)
  client.webSocket.resume()
  await client.closed
  assert.equal(
    client.received.reduce((sum, { channel, bytes }) => sum + (channel === 1 ? bytes.length : 0), 0),
    65_536_000,
  )
})

test('a client that leaves ends the streams of the runtime', async t => {
  const ended = Promise.withResolvers<void>()
  const wait: Command = async (_streams, session) => {
    void session.closed.then(ended.resolve)
    await ended.promise
  }
  const { url, served } = await serve(t, await runtime(t, 4, wait))
  const client = new Client(url, 'v5.channel.k8s.io')
  await once(client.webSocket, 'message')
  client.webSocket.terminate()
  await ended.promise
  await Promise.all(served)
})

test('a runtime that breaks off is told as an internal error', async t => {
  const { url } = await serve(t, await runtime(t, 4, async (_streams, session) => session.close()))
  const client = new Client(url, 'v5.channel.k8s.io')
  await client.closed
  assert.equal(JSON.parse(client.on(3)).reason, 'InternalError')
})

async function refusal(url: string, protocols: string[]): Promise<string> {
  const webSocket = new WebSocket(url, protocols)
  webSocket.on('error', () => {})
  const [, response] = await once(webSocket, 'unexpected-response')
  return `${response.statusCode} ${(await text(response)).trim()}`
}

test('what cannot be served is refused before the handshake', async t => {
  const { url } = await serve(t, await runtime(t, 4, cat))
  assert.match(await refusal(url, ['v9.channel.k8s.io']), /^400 /)
  const refusing = await listen(t, (_request, socket) => socket.end('HTTP/1.1 404 Not Found\r\nContent-Length: 9\r\n\r\nno token\n'))
  assert.equal(await refusal((await serve(t, refusing)).url, []), '500 unable to upgrade connection: no token')
})
