import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type Duplex, duplexPair } from 'node:stream'
import { buffer, text } from 'node:stream/consumers'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { initialWindow, SpdyDecoder, SpdyEncoder, type SpdyFrame } from './spdy.ts'
import { SpdySession, type SpdyStream } from './spdy-session.ts'

function pair(onStream?: (stream: SpdyStream) => void) {
  const [a, b] = duplexPair()
  const server = new SpdySession(b, { role: 'server', ...(onStream ? { onStream } : {}) })
  return { client: new SpdySession(a, { role: 'client' }), server }
}

/** The other end of a session, spoken by hand. */
class Peer {
  readonly received: SpdyFrame[] = []
  readonly #encoder = new SpdyEncoder()
  readonly #socket: Duplex

  constructor(socket: Duplex) {
    this.#socket = socket
    const decoder = new SpdyDecoder()
    socket.on('data', chunk => this.received.push(...decoder.push(chunk)))
  }
  send(frame: SpdyFrame): void {
    this.#socket.write(this.#encoder.encode(frame))
  }
  end(): void {
    this.#socket.end()
  }
  bytesOf(streamId: number): number {
    return this.received.reduce((sum, frame) => (frame.type === 'data' && frame.streamId === streamId ? sum + frame.data.length : sum), 0)
  }
}

async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await turn()
}

test('a stream carries bytes both ways and closes one half at a time', async () => {
  const { client, server } = pair(stream => {
    assert.deepEqual(stream.headers, { streamtype: 'stdin' })
    stream.io.pipe(stream.io)
  })
  const stream = client.openStream({ streamType: 'stdin' })
  stream.io.end('hello')
  assert.equal(await text(stream.io), 'hello')
  assert.equal(stream.ending, 'fin')
  client.close()
  await Promise.all([client.closed, server.closed])
})

test('large bodies pass under flow control, several at once', async () => {
  const { client } = pair(stream => stream.io.pipe(stream.io))
  const bodies = [1, 2, 3].map(i => Buffer.alloc(700_001, i))
  const echoes = bodies.map(async body => {
    const stream = client.openStream({})
    stream.io.end(body)
    return buffer(stream.io)
  })
  for (const [i, echo] of (await Promise.all(echoes)).entries()) assert.ok(echo.equals(bodies[i]!))
  client.close()
})

test('one reader that takes its time does not hold up the other streams', async () => {
  const accepted: SpdyStream[] = []
  const { client } = pair(stream => accepted.push(stream))
  const slow = client.openStream({})
  const quick = client.openStream({})
  slow.io.end(Buffer.alloc(200_000, 1))
  await settle()
  quick.io.end(Buffer.alloc(200_000, 2))
  assert.equal((await buffer(accepted[1]!.io)).length, 200_000)
  let bytes = 0
  for await (const chunk of accepted[0]!.io) {
    bytes += chunk.length
    await turn()
  }
  assert.equal(bytes, 200_000)
  client.close()
})

test('nothing is sent on a stream before its reply', async () => {
  const [a, b] = duplexPair()
  const client = new SpdySession(a, { role: 'client' })
  const peer = new Peer(b)
  const stream = client.openStream({})
  stream.io.end('early')
  await settle()
  assert.deepEqual(
    peer.received.map(frame => frame.type),
    ['syn-stream'],
  )
  peer.send({ type: 'syn-reply', streamId: 1, fin: false, headers: { ok: 'yes' } })
  assert.deepEqual(await stream.opened, { ok: 'yes' })
  await settle()
  assert.deepEqual(
    peer.received.slice(1).map(frame => frame.type),
    ['data', 'data'],
  )
})

test('a peer that keeps no windows is sent everything', async () => {
  const [a, b] = duplexPair()
  const client = new SpdySession(a, { role: 'client' })
  const peer = new Peer(b)
  const stream = client.openStream({})
  peer.send({ type: 'syn-reply', streamId: 1, fin: false, headers: {} })
  stream.io.end(Buffer.alloc(5 * initialWindow))
  await once(stream.io, 'finish')
  await settle()
  assert.equal(peer.bytesOf(1), 5 * initialWindow)
})

test('a window binds once the peer has shown that it keeps one', async () => {
  const [a, b] = duplexPair()
  const client = new SpdySession(a, { role: 'client' })
  const peer = new Peer(b)
  const stream = client.openStream({})
  peer.send({ type: 'settings', settings: [{ id: 7, flags: 0, value: 1000 }] })
  peer.send({ type: 'syn-reply', streamId: 1, fin: false, headers: {} })
  await stream.opened
  stream.io.write(Buffer.alloc(2500))
  await settle()
  assert.equal(peer.bytesOf(1), 1000)
  peer.send({ type: 'window-update', streamId: 1, delta: 500 })
  await settle()
  assert.equal(peer.bytesOf(1), 1500)
  peer.send({ type: 'window-update', streamId: 1, delta: 5000 })
  await settle()
  assert.equal(peer.bytesOf(1), 2500)
})

test('the window of a stream is given back when it is read, that of the session on arrival', async () => {
  const [a, b] = duplexPair()
  let taken: SpdyStream | undefined
  new SpdySession(a, { role: 'server', onStream: stream => (taken = stream) })
  const peer = new Peer(b)
  peer.send({ type: 'syn-stream', streamId: 1, associatedId: 0, priority: 0, fin: false, unidirectional: false, headers: {} })
  peer.send({ type: 'data', streamId: 1, fin: false, data: Buffer.alloc(initialWindow) })
  await settle()
  const updates = () => peer.received.filter(frame => frame.type === 'window-update')
  const total = (streamId: number) => updates().reduce((sum, frame) => (frame.streamId === streamId ? sum + frame.delta : sum), 0)
  assert.equal(total(1), 0, 'nothing is given back before it is read')
  taken!.io.resume()
  await settle()
  assert.ok(total(1) > 0)
  peer.send({ type: 'data', streamId: 1, fin: false, data: Buffer.alloc(total(1)) })
  await settle()
  assert.ok(total(1) > initialWindow / 2)
  assert.ok(total(0) >= initialWindow)
})

test('a quiet reader gives windows back only to a peer that keeps them', async () => {
  const [a, b] = duplexPair()
  const session = new SpdySession(a, { role: 'client', isQuietReader: true })
  const peer = new Peer(b)
  session.openStream({}).io.resume()
  peer.send({ type: 'syn-reply', streamId: 1, fin: false, headers: {} })
  const updates = () => peer.received.filter(frame => frame.type === 'window-update')
  for (let i = 0; i < 10; i++) peer.send({ type: 'data', streamId: 1, fin: false, data: Buffer.alloc(initialWindow) })
  await settle()
  assert.deepEqual(updates(), [])
  peer.send({ type: 'window-update', streamId: 1, delta: 1 })
  peer.send({ type: 'data', streamId: 1, fin: false, data: Buffer.alloc(10) })
  await settle()
  assert.ok(updates().some(frame => frame.streamId === 1 && frame.delta >= 10 * initialWindow))
})

test('a peer that overruns the window is held back by the socket, and loses nothing', async () => {
  const [a, b] = duplexPair()
  let taken: SpdyStream | undefined
  new SpdySession(a, { role: 'server', onStream: stream => (taken = stream) })
  const peer = new Peer(b)
  peer.send({ type: 'syn-stream', streamId: 1, associatedId: 0, priority: 0, fin: false, unidirectional: false, headers: {} })
  for (let i = 0; i < 64; i++) peer.send({ type: 'data', streamId: 1, fin: i === 63, data: Buffer.alloc(32_768, i) })
  await settle()
  assert.ok(taken!.io.readableLength < 8 * initialWindow, `${taken!.io.readableLength} bytes are held`)
  const all = await buffer(taken!.io)
  assert.equal(all.length, 64 * 32_768)
  assert.equal(all.at(-1), 63)
})

test('after a reset by the peer the bytes before it can be read', async () => {
  const [a, b] = duplexPair()
  const client = new SpdySession(a, { role: 'client' })
  const peer = new Peer(b)
  const stream = client.openStream({})
  peer.send({ type: 'syn-reply', streamId: 1, fin: false, headers: {} })
  peer.send({ type: 'data', streamId: 1, fin: false, data: Buffer.from('last words') })
  peer.send({ type: 'rst-stream', streamId: 1, status: 5 })
  await settle()
  stream.io.end('dropped')
  assert.equal(await text(stream.io), 'last words')
  assert.equal(stream.ending, 'reset')
  assert.equal(peer.bytesOf(1), 0)
})

test('a stream that is destroyed is reset towards the peer', async () => {
  const [a, b] = duplexPair()
  const client = new SpdySession(a, { role: 'client' })
  const peer = new Peer(b)
  const stream = client.openStream({})
  peer.send({ type: 'syn-reply', streamId: 1, fin: false, headers: {} })
  await stream.opened
  stream.io.destroy()
  await settle()
  assert.deepEqual(peer.received.at(-1), { type: 'rst-stream', streamId: 1, status: 5 })
})

test('a refused stream rejects and a broken session ends its streams as lost', async () => {
  const { client } = pair()
  await assert.rejects(client.openStream({}).opened, /refused/)
  const [a, b] = duplexPair()
  const lonely = new SpdySession(a, { role: 'client' })
  const stream = lonely.openStream({})
  new Peer(b).end()
  await assert.rejects(stream.opened, /ended/)
  await lonely.closed
  assert.equal(stream.ending, 'lost')
})

test('pings are answered', async () => {
  const { client, server } = pair()
  await Promise.all([client.ping(), server.ping()])
})

test('bytes that are no SPDY end the session', async () => {
  const [a, b] = duplexPair()
  const session = new SpdySession(a, { role: 'server' })
  b.on('error', () => {}).resume()
  b.write('GET / HTTP/1.1\r\n\r\n'.replace('G', '\x80'), 'latin1')
  await session.closed
})
