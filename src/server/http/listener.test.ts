import assert from 'node:assert/strict'
import { EventEmitter, once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect as connectHttp2 } from 'node:http2'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { connect, type TLSSocket } from 'node:tls'
import { StatusError } from '../../meta/status-error.ts'
import { systemClock } from '../../platform/clock.ts'
import { ensureClusterPki } from '../../platform/pki.ts'
import { type Exchange, readBody } from './exchange.ts'
import { Listener } from './listener.ts'

let listener: Listener
let port: number
let ca: string
/** Of those that somebody waits for, who answers them. */
const arrivals = new EventEmitter()
const dir = mkdtempSync(join(tmpdir(), 'coxswain-listener-'))
before(async () => {
  const pki = ensureClusterPki(join(dir, 'pki'), { apiServerNames: ['127.0.0.1'], nodes: [] }, Date.now())
  ca = pki.ca.certificate
  listener = new Listener({
    addresses: [{ host: '127.0.0.1', port: 0 }],
    cert: pki.apiServer.certificate,
    key: pki.apiServer.key,
    clientCas: [ca],
    clock: systemClock,
    headMs: 600,
    idleMs: 1500,
    onExchange(exchange) {
      if (arrivals.emit(exchange.method, exchange)) return
      exchange.respond(200, { 'content-type': 'text/plain' }, Buffer.from('ok'))
    },
    onUpgrade: (_, socket) => socket.destroy(),
  })
  port = (await listener.listen())[0]!.port
})
after(async () => {
  await listener.close()
  rmSync(dir, { recursive: true, force: true })
})

async function opened(protocol: string): Promise<TLSSocket> {
  const socket = connect({ host: '127.0.0.1', port, ca, ALPNProtocols: [protocol] })
  socket.on('error', () => {})
  await new Promise(resolve => socket.once('secureConnect', resolve))
  return socket
}

/** What comes back until the connection is closed by the other side. */
async function untilClosed(socket: TLSSocket): Promise<string> {
  let text = ''
  socket.on('data', chunk => {
    text += String(chunk)
  })
  await new Promise(resolve => socket.once('close', resolve))
  return text
}

for (const protocol of ['h2', 'http/1.1'])
  test(`a connection that never sends a request is closed (${protocol})`, { timeout: 5000 }, async () => {
    await untilClosed(await opened(protocol))
  })

test('a head that comes drop by drop is not waited for', { timeout: 5000 }, async () => {
  const socket = await opened('http/1.1')
  socket.write('GET / HTTP/1.1\r\nHost: x\r\n')
  const drops = setInterval(() => socket.write('a'), 100)
  const text = await untilClosed(socket)
  clearInterval(drops)
  assert.match(text, /^(HTTP\/1\.1 408 Request Timeout|$)/)
})

test('a head over HTTP/1.1 that is too large is refused', { timeout: 5000 }, async () => {
  const socket = await opened('http/1.1')
  socket.write(`GET / HTTP/1.1\r\nHost: x\r\nA: ${'a'.repeat(70_000)}\r\n\r\n`)
  assert.match(await untilClosed(socket), /^HTTP\/1\.1 431 Request Header Fields Too Large/)
})

test('a head over HTTP/2 with too many fields ends its request, not the connection', { timeout: 5000 }, async () => {
  const session = connectHttp2(`https://127.0.0.1:${port}`, { ca, maxSendHeaderBlockLength: 1 << 20 })
  const status = (headers: Record<string, string>) =>
    new Promise(resolve => {
      const stream = session.request({ ':path': '/', ...headers })
      stream.once('response', head => resolve(head[':status']))
      stream.once('error', () => resolve('refused'))
      stream.resume()
    })
  const large = Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`x-${i}`, 'a']))
  assert.equal(await status(large), 'refused')
  assert.equal(await status({}), 200)
  session.close()
})

test('a connection that has sent a request stays', async () => {
  const session = connectHttp2(`https://127.0.0.1:${port}`, { ca })
  const once = () =>
    new Promise(resolve => {
      const stream = session.request({ ':path': '/' })
      stream.once('response', head => resolve(head[':status']))
      stream.resume()
    })
  assert.equal(await once(), 200)
  await new Promise(resolve => setTimeout(resolve, 1000))
  assert.equal(await once(), 200)
  session.close()
})

test('a connection without requests is closed after a while, one with an open stream is not cut', { timeout: 8000 }, async () => {
  const session = connectHttp2(`https://127.0.0.1:${port}`, { ca })
  const stream = session.request({ ':path': '/' })
  stream.resume()
  await new Promise(resolve => session.once('close', resolve))
  assert.equal(stream.rstCode, 0)
})

test("a body over HTTP/2 that is not as long as it says is the client's mistake", { timeout: 5000 }, async () => {
  const socket = await opened('h2')
  const authority = [1, 1, 'x'.charCodeAt(0)]
  const contentLength = [0x0f, 13, 1, '5'.charCodeAt(0)]
  const post = [0x83, 0x87, 0x84, ...authority, ...contentLength]
  const headers = Buffer.from([0, 0, post.length, 1, 4, 0, 0, 0, 1, ...post])
  const preface = Buffer.concat([Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0])])
  const data = Buffer.from([0, 0, 2, 0, 1, 0, 0, 0, 1, 123, 125])
  socket.write(Buffer.concat([preface, headers]))
  const [exchange] = (await once(arrivals, 'POST')) as [Exchange]
  socket.write(data)
  await assert.rejects(readBody(exchange), new StatusError('BadRequest', 'the request ended before its body was complete'))
  socket.destroy()
})
