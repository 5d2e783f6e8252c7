import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, request as httpRequest, type IncomingMessage } from 'node:http'
import { type AddressInfo, connect as connectTcp, type Server, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { type TestContext, test } from 'node:test'
import { connect } from '../../platform/connect.ts'
import { proxyUpgrade, type UpgradeTarget } from './upgrade-proxy.ts'

async function listening<S extends Server>(t: TestContext, server: S): Promise<number> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => sockets.add(socket)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

function proxy(t: TestContext, target: UpgradeTarget): Promise<number> {
  return listening(
    t,
    createServer().on('upgrade', (request, socket, head) => void proxyUpgrade({ request, socket, head }, target, connect)),
  )
}

const upgradeHeaders = {
  Connection: 'Upgrade',
  Upgrade: 'SPDY/3.1',
  Authorization: 'Bearer secret',
  'X-Stream-Protocol-Version': 'v4.channel.k8s.io',
}

async function upgrade(port: number) {
  const request = httpRequest({ port, host: '127.0.0.1', path: '/asked?for=this', method: 'POST', headers: upgradeHeaders }).end()
  return Promise.race([
    once(request, 'upgrade').then(([response, socket, head]) => ({ response, socket: socket as Socket, head: head as Buffer })),
    once(request, 'response').then(([response]) => ({ response: response as IncomingMessage, socket: undefined, head: undefined })),
  ])
}

test('an upgrade passes with its headers, but not with the credentials, and bytes flow both ways', async t => {
  let seen: IncomingMessage | undefined
  const backend = createServer().on('upgrade', (request, socket, head) => {
    seen = request
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n\r\nfirst ')
    socket.write(head)
    socket.pipe(socket)
  })
  const endpoint = { host: '127.0.0.1', port: await listening(t, backend) }
  const port = await proxy(t, { endpoint, path: '/exec/ns/pod/c?x=1', headers: [['X-Remote-User', 'jane']] })
  const { socket, head } = await upgrade(port)
  assert.equal(seen?.url, '/exec/ns/pod/c?x=1')
  assert.equal(seen.method, 'POST')
  assert.equal(seen.headers['x-stream-protocol-version'], 'v4.channel.k8s.io')
  assert.equal(seen.headers['x-remote-user'], 'jane')
  assert.equal(seen.headers.authorization, undefined)
  assert.deepEqual(seen.headersDistinct['host'], [`127.0.0.1:${endpoint.port}`])
  // Our half is closed; the echo must still arrive in full.
  socket!.unshift(head!)
  socket!.end('second')
  assert.equal(await text(socket!), 'first second')
})

test('a refusal passes through, and the connection is not left open for more requests', async t => {
  let requests = 0
  const backend = createServer((_request, response) => {
    requests++
    response.writeHead(403, { 'Content-Type': 'application/json' }).end('{"reason":"Forbidden"}')
  })
  const endpoint = { host: '127.0.0.1', port: await listening(t, backend) }
  const socket = connectTcp(await proxy(t, { endpoint, path: '/' }), '127.0.0.1')
  const head = 'Host: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'
  socket.write(`GET / HTTP/1.1\r\n${head}`)
  await once(socket, 'readable')
  socket.write(`GET /again HTTP/1.1\r\nHost: x\r\n\r\n`)
  const answer = await text(socket)
  assert.match(answer, /^HTTP\/1\.1 403 Forbidden\r\n/)
  assert.match(answer, /Connection: close\r\n/)
  assert.ok(answer.includes('{"reason":"Forbidden"}'))
  assert.equal(requests, 1)
})

test('a target that cannot be reached is a bad gateway', async t => {
  const closed = createServer().listen(0, '127.0.0.1')
  await once(closed, 'listening')
  const endpoint = { host: '127.0.0.1', port: (closed.address() as AddressInfo).port }
  closed.close()
  const { response } = await upgrade(await proxy(t, { endpoint, path: '/' }))
  assert.equal(response.statusCode, 502)
  assert.match(await text(response), /^error dialing backend: /)
})

test('when one side breaks the other is closed', async t => {
  const accepted = Promise.withResolvers<Socket>()
  const backend = createServer().on('upgrade', (_request, socket) => {
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n')
    accepted.resolve(socket as Socket)
  })
  const endpoint = { host: '127.0.0.1', port: await listening(t, backend) }
  const { socket } = await upgrade(await proxy(t, { endpoint, path: '/' }))
  const far = await accepted.promise
  far.on('error', () => {}).resume()
  socket!.resetAndDestroy()
  await once(far, 'end')
})
