import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo, Server, Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { type TestContext, test } from 'node:test'
import { connect } from '../../platform/connect.ts'
import { portForwardProtocol, portForwardTunnelProtocol, servePortForwardWebSocket } from './port-forward-websocket.ts'
import { dialUpgraded } from './spdy-client.ts'
import { SpdySession } from './spdy-session.ts'
import { dialWebSocketBytes } from './websocket-bytes.test-support.ts'

async function listening(t: TestContext, server: Server): Promise<number> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => sockets.add(socket)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

/** Echoes every stream, and says on which protocol. */
function runtime(t: TestContext, ended: () => void): Promise<number> {
  const server = createServer().on('upgrade', (request, socket, head) => {
    const protocol = request.headers['x-stream-protocol-version']
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\nX-Stream-Protocol-Version: ${protocol}\r\n\r\n`,
    )
    const session = new SpdySession(socket, { role: 'server', head, onStream: stream => stream.io.pipe(stream.io) })
    void session.closed.then(ended)
  })
  return listening(t, server)
}

async function serve(t: TestContext, runtimePort: number): Promise<{ port: number; served: Promise<void>[] }> {
  const served: Promise<void>[] = []
  const url = `http://127.0.0.1:${runtimePort}/portforward/token`
  const dial = (signal: AbortSignal) => dialUpgraded({ url, protocols: [portForwardProtocol], connect, signal })
  const server = createServer().on('upgrade', (request, socket, head) => {
    served.push(servePortForwardWebSocket({ request, socket, head }, dial))
  })
  return { port: await listening(t, server), served }
}

test("the tunnelled session's streams reach the runtime, and both ends close together", async t => {
  const runtimeEnded = Promise.withResolvers<void>()
  const { port, served } = await serve(t, await runtime(t, runtimeEnded.resolve))
  const { bytes, protocol } = await dialWebSocketBytes(port, portForwardTunnelProtocol)
  assert.equal(protocol, portForwardTunnelProtocol)
  const session = new SpdySession(bytes, { role: 'client' })
  const echoes = ['one', 'two', 'x'.repeat(500_000)].map(async body => {
    const stream = session.openStream({ streamType: 'data', port: '80', requestID: '0' })
    stream.io.end(body)
    assert.equal(await text(stream.io), body)
  })
  await Promise.all(echoes)
  session.close()
  await runtimeEnded.promise
  await Promise.all(served)
})

test('another sub-protocol is refused', async t => {
  const { port } = await serve(t, 1)
  assert.equal((await dialWebSocketBytes(port, 'v4.channel.k8s.io')).status, 400)
})

test('a runtime that cannot be reached is an internal error', async t => {
  const { port } = await serve(t, 1)
  assert.equal((await dialWebSocketBytes(port, portForwardTunnelProtocol)).status, 500)
})
