import assert from 'node:assert/strict'
import {
  createSecureServer,
  type Http2SecureServer,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2'
import type { AddressInfo } from 'node:net'
import { afterEach, test } from 'node:test'
import { createServer as createTlsServer, type TLSSocket } from 'node:tls'
import { Deployment } from '../api/apps/deployment.ts'
import { ConfigMap } from '../api/core/config-map.ts'
import { Node } from '../api/core/node.ts'
import { Pod } from '../api/core/pod.ts'
import { ServiceAccount } from '../api/core/service-account.ts'
import { StatusError } from '../meta/status-error.ts'
import { issue } from '../platform/certificate.ts'
import { systemClock } from '../platform/clock.ts'
import type { WatchEvent } from './client.ts'
import { createHttpClient, type HttpClient, type HttpClientOptions } from './http.ts'
import { collectionPath, objectPath } from './paths.ts'

const hour = 3600_000
const life = { notBefore: Date.now() - hour, notAfter: Date.now() + hour }
const ca = issue({ subject: { commonName: 'test-ca' }, usage: 'authority', ...life })
const serving = issue({ subject: { commonName: 'api' }, usage: 'server', alternativeNames: ['127.0.0.1'], ...life }, ca)
const identity = issue({ subject: { commonName: 'alice', organizations: ['devs'] }, usage: 'client', ...life }, ca)

interface Seen {
  readonly method: string
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
  readonly user: string | undefined
}
type Respond = (stream: ServerHttp2Stream, seen: Seen) => void

const cleanups: (() => void)[] = []
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup()
})

async function serve(
  respond: Respond,
  port = 0,
): Promise<{ port: number; seen: Seen[]; sessions: Set<ServerHttp2Session>; stop(): Promise<void> }> {
  const server: Http2SecureServer = createSecureServer({
    cert: serving.certificate,
    key: serving.key,
    ca: ca.certificate,
    requestCert: true,
  })
  const seen: Seen[] = []
  const sessions = new Set<ServerHttp2Session>()
  server.on('session', session => {
    sessions.add(session)
    session.on('error', () => {})
    session.once('close', () => sessions.delete(session))
  })
  server.on('stream', (stream, headers) => {
    const chunks: Buffer[] = []
    stream.on('error', () => {})
    stream.on('data', (c: Buffer) => chunks.push(c))
    stream.on('end', () => {
      const socket = stream.session?.socket as TLSSocket | undefined
      const request: Seen = {
        method: headers[':method']!,
        path: headers[':path']!,
        headers,
        body: Buffer.concat(chunks).toString(),
        user: socket?.getPeerCertificate()?.subject?.CN as string | undefined,
      }
      seen.push(request)
      respond(stream, request)
    })
  })
  await new Promise<void>(resolve => server.listen(port, '127.0.0.1', resolve))
  const stop = () =>
    new Promise<void>(resolve => {
      server.close(() => resolve())
      for (const session of sessions) session.destroy()
    })
  cleanups.push(() => void stop())
  return { port: (server.address() as AddressInfo).port, seen, sessions, stop }
}

function clientOf(port: number, more: Partial<HttpClientOptions> = {}): HttpClient {
  const client = createHttpClient({
    server: `https://127.0.0.1:${port}`,
    ca: ca.certificate,
    cert: identity.certificate,
    key: identity.key,
    userAgent: 'test/1',
    clock: systemClock,
    ...more,
  })
  cleanups.push(() => client.close())
  return client
}

function answer(stream: ServerHttp2Stream, value: unknown, status = 200, headers: Record<string, string> = {}): void {
  stream.respond({ ':status': status, 'content-type': 'application/json', ...headers })
  stream.end(JSON.stringify(value))
}
const meta = { uid: 'u', resourceVersion: '7', creationTimestamp: '2026-01-01T00:00:00Z' }
const configMap = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace: 'a', name: 'c', ...meta } }

test('paths follow from the kind', () => {
  const table: readonly [string, string][] = [
    [collectionPath(Pod), '/api/v1/pods'],
    [collectionPath(Pod, 'a'), '/api/v1/namespaces/a/pods'],
    [collectionPath(Node, 'ignored'), '/api/v1/nodes'],
    [objectPath(Node, { name: 'n' }, 'status'), '/api/v1/nodes/n/status'],
    [objectPath(Deployment, { namespace: 'a', name: 'd' }, 'scale'), '/apis/apps/v1/namespaces/a/deployments/d/scale'],
  ]
  for (const [got, want] of table) assert.equal(got, want)
})

test('every verb is one request with the right method, path, query and body', async () => {
  const server = await serve((stream, { path, method }) =>
    answer(stream, path.includes('/token') || method !== 'DELETE' ? configMap : { kind: 'Status', status: 'Success' }),
  )
  const client = clientOf(server.port, { token: () => 'secret' })
  const key = { namespace: 'a', name: 'c' }
  assert.deepEqual(await client.get(ConfigMap, key), configMap)
  await client.create(ConfigMap, { metadata: { namespace: 'a', name: 'c' } }, { dryRun: true, fieldManager: 'me' })
  await client.update(ConfigMap, configMap)
  await client.patch(ConfigMap, key, 'strategic', { data: { x: 'y' } }, { subresource: 'status' })
  assert.equal(await client.delete(ConfigMap, key, { gracePeriodSeconds: 0, preconditions: { uid: 'u' } }), undefined)
  await client.post(ServiceAccount, key, 'token', { spec: {} })
  assert.deepEqual(
    server.seen.map(s => `${s.method} ${s.path}`),
    [
      'GET /api/v1/namespaces/a/configmaps/c',
      'POST /api/v1/namespaces/a/configmaps?dryRun=All&fieldManager=me',
      'PUT /api/v1/namespaces/a/configmaps/c',
      'PATCH /api/v1/namespaces/a/configmaps/c/status',
      'DELETE /api/v1/namespaces/a/configmaps/c',
      'POST /api/v1/namespaces/a/serviceaccounts/c/token',
    ],
  )
  assert.deepEqual(JSON.parse(server.seen[1]!.body), { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace: 'a', name: 'c' } })
  assert.equal(server.seen[3]!.headers['content-type'], 'application/strategic-merge-patch+json')
  assert.deepEqual(JSON.parse(server.seen[4]!.body), {
    apiVersion: 'v1',
    kind: 'DeleteOptions',
    gracePeriodSeconds: 0,
    preconditions: { uid: 'u' },
  })
  assert.equal(server.seen[0]!.headers.authorization, 'Bearer secret')
  assert.equal(server.seen[0]!.headers['user-agent'], 'test/1')
  assert.equal(server.seen[0]!.user, 'alice')
  assert.equal(server.sessions.size, 1, 'all over one connection')
})

test('an object that lives on after its deletion is answered', async () => {
  const dying = { ...configMap, metadata: { ...configMap.metadata, deletionTimestamp: '2026-01-01T00:00:30Z' } }
  const server = await serve(stream => answer(stream, dying))
  assert.deepEqual(await clientOf(server.port).delete(ConfigMap, { namespace: 'a', name: 'c' }), dying)
})

test('a list has its items typed, its version and its token', async () => {
  const { apiVersion: _, kind: __, ...untyped } = configMap
  const server = await serve(stream =>
    answer(stream, { kind: 'ConfigMapList', metadata: { resourceVersion: '9', continue: 'tok' }, items: [untyped] }),
  )
  const list = await clientOf(server.port).list(ConfigMap, { namespace: 'a', labelSelector: 'a=b,c', limit: 1, resourceVersion: '0' })
  assert.deepEqual(list, { items: [configMap], resourceVersion: '9', continue: 'tok' })
  assert.equal(server.seen[0]!.path, '/api/v1/namespaces/a/configmaps?labelSelector=a%3Db%2Cc&limit=1&resourceVersion=0')
})

test('failures are StatusErrors with what the server said', async () => {
  const replies: readonly [number, string, string][] = [
    [409, JSON.stringify(StatusError.conflict({ group: '', resource: 'configmaps' }, 'c').status), 'Conflict'],
    [404, '404 page not found\n', 'NotFound'],
    [502, '<html>', 'InternalError'],
    [401, JSON.stringify(StatusError.unauthorized().status), 'Unauthorized'],
  ]
  let at = 0
  const server = await serve(stream => {
    const [status, body] = replies[at++]!
    stream.respond({ ':status': status })
    stream.end(body)
  })
  const client = clientOf(server.port)
  for (const [, , reason] of replies)
    await assert.rejects(client.get(ConfigMap, { namespace: 'a', name: 'c' }), (e: unknown) => StatusError.is(e) && e.reason === reason)
})

test('a server that asks to come back later is asked again', async () => {
  let calls = 0
  const server = await serve(stream => (calls++ === 0 ? answer(stream, {}, 429, { 'retry-after': '1' }) : answer(stream, configMap)))
  const waits: number[] = []
  const clock = {
    now: () => Date.now(),
    after: (delayMs: number, callback: () => void) => {
      waits.push(delayMs)
      return systemClock.after(delayMs === 1000 ? 1 : delayMs, callback)
    },
  }
  assert.deepEqual(await clientOf(server.port, { clock }).get(ConfigMap, { namespace: 'a', name: 'c' }), configMap)
  assert.ok(waits.includes(1000))
})

test('a watch delivers batches in order, over chunk borders, with bookmarks, and ends with the server', async () => {
  const line = (type: string, object: unknown) => `${JSON.stringify({ type, object })}\n`
  const server = await serve(async stream => {
    stream.respond({ ':status': 200 })
    const text = line('ADDED', { ...configMap, data: { x: 'ü' } }) + line('MODIFIED', configMap) + line('DELETED', configMap)
    const bytes = Buffer.from(text)
    const cut = bytes.indexOf('ü') + 1
    stream.write(bytes.subarray(0, cut))
    await new Promise(resolve => setTimeout(resolve, 20))
    stream.write(bytes.subarray(cut))
    stream.end(
      line('BOOKMARK', { kind: 'ConfigMap', metadata: { resourceVersion: '12', annotations: { 'k8s.io/initial-events-end': 'true' } } }),
    )
  })
  const batches: WatchEvent<ConfigMap>[][] = []
  await clientOf(server.port).watch(ConfigMap, { namespace: 'a', resourceVersion: '5', signal: new AbortController().signal }, events =>
    batches.push([...events]),
  )
  const events = batches.flat()
  assert.deepEqual(
    events.map(e => e.type),
    ['ADDED', 'MODIFIED', 'DELETED', 'BOOKMARK'],
  )
  assert.ok(batches.length < 4, 'events that come together are handed on together')
  assert.equal(events[0]!.type === 'ADDED' && events[0]!.object.data?.x, 'ü')
  assert.deepEqual(events[3], { type: 'BOOKMARK', resourceVersion: '12', initialEventsEnd: true })
  assert.equal(server.seen[0]!.path, '/api/v1/namespaces/a/configmaps?resourceVersion=5&watch=true&allowWatchBookmarks=true')
})

test('an ERROR event rejects after the events before it', async () => {
  const server = await serve(stream => {
    stream.respond({ ':status': 200 })
    const gone = StatusError.expired('too old resource version').status
    stream.write(`${JSON.stringify({ type: 'ADDED', object: configMap })}\n${JSON.stringify({ type: 'ERROR', object: gone })}\n`)
  })
  let count = 0
  const watch = clientOf(server.port).watch(ConfigMap, { resourceVersion: '1', signal: new AbortController().signal }, e => {
    count += e.length
  })
  await assert.rejects(watch, (e: unknown) => StatusError.is(e, 'Expired'))
  assert.equal(count, 1)
})

test('a watch resolves when its signal aborts, and rejects when the connection breaks', async () => {
  const released = Promise.withResolvers<void>()
  const server = await serve(stream => {
    stream.once('close', released.resolve)
    stream.respond({ ':status': 200 })
    stream.write(`${JSON.stringify({ type: 'ADDED', object: configMap })}\n`)
  })
  const client = clientOf(server.port)
  const stop = new AbortController()
  await client.watch(ConfigMap, { resourceVersion: '1', signal: stop.signal }, () => stop.abort())
  await released.promise
  const broken = client.watch(ConfigMap, { resourceVersion: '1', signal: new AbortController().signal }, () => {
    for (const session of server.sessions) session.destroy()
  })
  await assert.rejects(broken, (e: unknown) => StatusError.is(e, 'ServiceUnavailable'))
})

test('a server that comes late or comes back is found again', async () => {
  const first = await serve(stream => answer(stream, configMap))
  const { port } = first
  const client = clientOf(port)
  const key = { namespace: 'a', name: 'c' }
  await client.get(ConfigMap, key)
  await first.stop()
  const waiting = client.create(ConfigMap, { metadata: key })
  await new Promise(resolve => setTimeout(resolve, 60))
  const second = await serve(stream => answer(stream, configMap), port)
  assert.deepEqual(await waiting, configMap)
  assert.equal(second.seen.length, 1)
})

test('no server at all fails in the end, and says why', async () => {
  const gone = await serve(() => {})
  await gone.stop()
  await assert.rejects(clientOf(gone.port, { retries: 1 }).get(Node, { name: 'n' }), (e: unknown) => {
    assert.ok(StatusError.is(e, 'ServiceUnavailable'))
    assert.match(e.message, /ECONNREFUSED/)
    return true
  })
})

test('GOAWAY moves new requests to a new connection and lets old ones end', async () => {
  const held: ServerHttp2Stream[] = []
  const server = await serve((stream, { path }) => (path.includes('slow') ? held.push(stream) : answer(stream, configMap)))
  const client = clientOf(server.port)
  const slow = client.get(ConfigMap, { namespace: 'a', name: 'slow' })
  await client.get(ConfigMap, { namespace: 'a', name: 'c' })
  const [old] = server.sessions
  old!.goaway()
  await new Promise(resolve => setTimeout(resolve, 20))
  assert.deepEqual(await client.get(ConfigMap, { namespace: 'a', name: 'c' }), configMap)
  answer(held[0]!, configMap)
  assert.deepEqual(await slow, configMap)
})

test('a write whose answer was lost is not sent again; a read is', async () => {
  let calls = 0
  const server = await serve((stream, { method }) => {
    calls++
    if (method === 'POST' || calls === 1) stream.session!.destroy()
    else answer(stream, configMap)
  })
  const client = clientOf(server.port)
  assert.deepEqual(await client.get(ConfigMap, { namespace: 'a', name: 'c' }), configMap)
  assert.equal(calls, 2)
  await assert.rejects(client.create(ConfigMap, { metadata: { namespace: 'a', name: 'c' } }), (e: unknown) =>
    StatusError.is(e, 'ServiceUnavailable'),
  )
  assert.equal(calls, 3)
})

test('a silent server is noticed by pings', async () => {
  const sockets: TLSSocket[] = []
  const mute = createTlsServer({ cert: serving.certificate, key: serving.key, ALPNProtocols: ['h2'] }, socket => {
    sockets.push(socket)
    socket.on('error', () => {})
    // Just enough for the connection to be taken: an empty SETTINGS frame.
    socket.write(Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]))
  })
  await new Promise<void>(resolve => mute.listen(0, '127.0.0.1', resolve))
  cleanups.push(() => {
    mute.close()
    for (const socket of sockets) socket.destroy()
  })
  const client = clientOf((mute.address() as AddressInfo).port, { pingAfterMs: 20, patienceMs: 500, retries: 0 })
  const started = performance.now()
  await assert.rejects(
    client.watch(Node, { resourceVersion: '0', signal: new AbortController().signal }, () => {}),
    (e: unknown) => StatusError.is(e, 'ServiceUnavailable'),
  )
  assert.ok(performance.now() - started < 5000)
})

test('a request ends with Timeout, or with the reason of its signal', async () => {
  const server = await serve(() => {})
  const client = clientOf(server.port, { timeoutMs: 40 })
  await assert.rejects(client.get(Node, { name: 'n' }), (e: unknown) => StatusError.is(e, 'Timeout'))
  const stop = new AbortController()
  const asked = client.request({ method: 'GET', path: '/version', signal: stop.signal, timeoutMs: 5000 })
  setTimeout(() => stop.abort(new Error('enough')), 10)
  await assert.rejects(asked, /enough/)
})

test('a server with a foreign certificate is refused', async () => {
  const server = await serve(stream => answer(stream, configMap))
  const other = issue({ subject: { commonName: 'other' }, usage: 'authority', ...life })
  await assert.rejects(clientOf(server.port, { ca: other.certificate, retries: 0 }).get(Node, { name: 'n' }), (e: unknown) =>
    StatusError.is(e, 'ServiceUnavailable'),
  )
  assert.equal(server.seen.length, 0)
})

test('more requests than a connection has streams all get their answer', async () => {
  const server = await serve(stream => answer(stream, configMap))
  const client = clientOf(server.port)
  const all = await Promise.all(Array.from({ length: 400 }, (_, i) => client.get(ConfigMap, { namespace: 'a', name: `c${i}` })))
  assert.equal(all.length, 400)
  assert.equal(server.sessions.size, 1)
})
