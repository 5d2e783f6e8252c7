import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { type TestContext, test } from 'node:test'
import { createServer as createTlsServer, type TLSSocket } from 'node:tls'
import { issue } from './certificate.ts'
import { connect } from './connect.ts'

async function listening(t: TestContext, server: Server): Promise<number> {
  const sockets = new Set<Socket>()
  server.on('connection', socket => sockets.add(socket)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

function selfSigned(name: string): { cert: string; key: string } {
  const now = Date.now()
  const pair = issue({
    subject: { commonName: name },
    usage: 'server-and-client',
    alternativeNames: [name],
    notBefore: now - 60_000,
    notAfter: now + 3_600_000,
  })
  return { cert: pair.certificate, key: pair.key }
}

test('our half can be closed while the other goes on', async t => {
  const port = await listening(
    t,
    createTcpServer({ allowHalfOpen: true }, async socket => socket.end(`got ${await text(socket)}`)),
  )
  const socket = await connect({ host: '127.0.0.1', port })
  socket.end('all')
  assert.equal(await text(socket), 'got all')
})

test('TLS: the certificates of both sides are shown and checked', async t => {
  const [server, client] = [selfSigned('localhost'), selfSigned('me')]
  const greet = (socket: TLSSocket) => socket.end(String(socket.getPeerCertificate().subject.CN))
  const options = { ...server, ca: client.cert, requestCert: true, allowHalfOpen: true }
  const port = await listening(t, createTlsServer(options, greet))
  const tls = { ca: server.cert, ...client, serverName: 'localhost' }
  const socket = await connect({ host: '127.0.0.1', port, tls })
  assert.equal(await text(socket), 'me')
  socket.destroy()
  await assert.rejects(connect({ host: '127.0.0.1', port, tls: { ...tls, ca: client.cert } }))
  await assert.rejects(connect({ host: '127.0.0.1', port, tls: { ...tls, serverName: 'other' } }), { code: 'ERR_TLS_CERT_ALTNAME_INVALID' })
})

test('a port where nobody listens rejects, and so does a call that was given up', async t => {
  const server = createTcpServer()
  const port = await listening(t, server)
  server.close()
  await assert.rejects(connect({ host: '127.0.0.1', port }), { code: 'ECONNREFUSED' })
  await assert.rejects(connect({ host: '127.0.0.1', port }, AbortSignal.abort(new Error('enough'))), /enough/)
})
