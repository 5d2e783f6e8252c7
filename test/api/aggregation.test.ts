// A second API server behind an API service: it is reached by its service's endpoints, knows who asks, and is part of discovery.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { createServer, request } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { networkInterfaces } from 'node:os'
import type { Duplex } from 'node:stream'
import { describe, type TestContext, test } from 'node:test'
import type { TLSSocket } from 'node:tls'
import { APIService } from '../../src/api/apiregistration/api-service.ts'
import { ConfigMap } from '../../src/api/core/config-map.ts'
import { findCondition } from '../../src/meta/conditions.ts'
import { issue } from '../../src/platform/certificate.ts'
import { type Json, requestsOver } from '../testkit/api-requests.ts'
import { startTestServer, type TestServer } from '../testkit/api-server.ts'

/** The endpoints of a service cannot be on the loopback. */
const ownAddress = Object.values(networkInterfaces())
  .flat()
  .find(one => one?.family === 'IPv4' && !one.internal)?.address
const skip = ownAddress === undefined && 'only loopback here'

const group = 'metrics.example.com'
const root = `/apis/${group}/v1`
const life = { notBefore: Date.now() - 60_000, notAfter: Date.now() + 3_600_000 }
const authority = issue({ subject: { commonName: 'extension-ca' }, usage: 'authority', ...life }, undefined)
const serving = issue({ subject: { commonName: 'ext' }, usage: 'server', alternativeNames: ['ext.default.svc'], ...life }, authority)

const resources = [
  { name: 'things', singularName: 'thing', namespaced: true, kind: 'Thing', verbs: ['get', 'list', 'watch'], shortNames: ['th'] },
  { name: 'things/scale', singularName: '', namespaced: true, group: 'autoscaling', version: 'v1', kind: 'Scale', verbs: ['get'] },
]
const document = {
  paths: { [`${root}/things`]: { get: { responses: { 200: { schema: { $ref: '#/definitions/Thing' } } } } }, '/apis/other/v1/': {} },
  definitions: { Thing: { type: 'object', description: 'A thing.' }, Unneeded: {} },
}

/** What an extension server has to have, and an echo of what it was asked. */
async function startExtension(t: TestContext, frontProxyCa: string) {
  let isWell = true
  const server = createServer({ cert: serving.certificate, key: serving.key, ca: frontProxyCa, requestCert: true }, (asked, answer) => {
    const json = (value: object, code = 200) => {
      answer.writeHead(code, { 'content-type': 'application/json' })
      answer.end(JSON.stringify(value))
    }
    const path = asked.url ?? ''
    if (path === root) return json({ kind: 'APIResourceList', groupVersion: `${group}/v1`, resources }, isWell ? 200 : 500)
    if (path === '/openapi/v3') return json({ paths: { [root.slice(1)]: { serverRelativeURL: `/openapi/v3${root}?hash=1` } } })
    if (path.startsWith('/openapi/v3/')) return json({ openapi: '3.0.0', info: { title: 'things' } })
    if (path === '/openapi/v2') return json(document)
    if (path.includes('watch=true')) {
      answer.writeHead(200, { 'content-type': 'application/json' })
      answer.write('{"type":"ADDED"}\n')
      asked.once('close', () => answer.end())
      return
    }
    const pieces: Buffer[] = []
    asked.on('data', (piece: Buffer) => pieces.push(piece))
    asked.on('end', () => {
      const client = (asked.socket as TLSSocket).authorized && (asked.socket as TLSSocket).getPeerCertificate().subject.CN
      json({ method: asked.method, path, headers: asked.headers, client, body: Buffer.concat(pieces).toString() })
    })
  })
  const sockets = new Set<Duplex>()
  server.on('connection', socket => sockets.add(socket))
  server.on('upgrade', (asked: IncomingMessage, socket: Duplex) => {
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n')
    socket.write(`${asked.headers['x-remote-user']}:`)
    socket.pipe(socket)
  })
  server.listen(0, ownAddress)
  await once(server, 'listening')
  t.after(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return {
    port: (server.address() as AddressInfo).port,
    set isWell(well: boolean) {
      isWell = well
    },
  }
}

async function start(t: TestContext) {
  const api = await startTestServer()
  t.after(() => api.close())
  const { ca, admin } = api.pki
  const requests = requestsOver('HTTP/1.1', api.url, { ca: ca.certificate, cert: admin.certificate, key: admin.key })
  t.after(() => requests.close())
  const create = async (path: string, body: Json) => {
    const { code, text } = await requests.send('POST', path, { body })
    assert.equal(code, 201, text)
  }
  const apiService = (spec: Json = { caBundle: Buffer.from(authority.certificate).toString('base64') }): Json => ({
    metadata: { name: `v1.${group}` },
    spec: { group, version: 'v1', groupPriorityMinimum: 100, versionPriority: 10, service: { name: 'ext', namespace: 'default' }, ...spec },
  })
  return {
    api,
    requests,
    register: (spec?: Json) => create('/apis/apiregistration.k8s.io/v1/apiservices', apiService(spec)),
    service: () =>
      create('/api/v1/namespaces/default/services', { metadata: { name: 'ext' }, spec: { ports: [{ port: 443, name: 'https' }] } }),
    endpoints: (port: number) =>
      create('/apis/discovery.k8s.io/v1/namespaces/default/endpointslices', {
        metadata: { name: 'ext-1', labels: { 'kubernetes.io/service-name': 'ext' } },
        addressType: 'IPv4',
        endpoints: [{ addresses: [ownAddress], conditions: { ready: true } }],
        ports: [{ name: 'https', port }],
      }),
    reason: (expected: string) => condition(api, expected),
  }
}

/** Resolves when the condition has the reason. */
async function condition(api: TestServer, reason: string): Promise<string> {
  const client = api.client()
  const controller = new AbortController()
  const read = async () => findCondition((await client.get(APIService, { name: `v1.${group}` })).status.conditions, 'Available')
  const { resourceVersion } = await client.list(APIService)
  const found = await read()
  if (found?.reason === reason) return found.message ?? ''
  return new Promise((resolve, reject) => {
    client
      .watch(APIService, { resourceVersion, signal: controller.signal }, events => {
        for (const event of events) {
          const now = 'object' in event ? findCondition(event.object.status?.conditions, 'Available') : undefined
          if (now?.reason !== reason) continue
          controller.abort()
          resolve(now.message ?? '')
        }
      })
      .catch(error => (controller.signal.aborted ? undefined : reject(error)))
  })
}

describe('an API service', { skip, timeout: 30_000 }, () => {
  test('says what is in the way, until the server behind it is reached', async t => {
    const { api, requests, register, service, endpoints, reason } = await start(t)
    await register()
    assert.equal(await reason('ServiceNotFound'), 'service/ext in "default" is not present')
    const refused = await requests.send('GET', `${root}/things`)
    assert.deepEqual([refused.code, refused.text], [503, 'service unavailable\n'])
    await service()
    assert.equal(await reason('EndpointsNotFound'), 'cannot find endpointslices for service/ext in "default"')
    const extension = await startExtension(t, api.pki.frontProxyCa.certificate)
    await endpoints(extension.port)
    assert.equal(await reason('Passed'), 'all checks passed')
    assert.equal((await requests.send('GET', `${root}/things`)).code, 200)
    extension.isWell = false
    await requests.send('PATCH', '/api/v1/namespaces/default/services/ext', {
      body: { metadata: { labels: { a: 'b' } } },
      headers: { 'content-type': 'application/merge-patch+json' },
    })
    const url = `https://${ownAddress}:${extension.port}${root}`
    assert.equal(await reason('FailedDiscoveryCheck'), `failing or missing response from ${url}: bad status from ${url}: 500`)
    assert.equal((await requests.send('GET', `${root}/things`)).code, 503)
  })

  test('is not believed by a certificate of somebody else', async t => {
    const { api, register, service, endpoints, reason } = await start(t)
    const extension = await startExtension(t, api.pki.frontProxyCa.certificate)
    await service()
    await endpoints(extension.port)
    await register({ caBundle: Buffer.from(api.pki.ca.certificate).toString('base64') })
    assert.match(await reason('FailedDiscoveryCheck'), /unable to verify the first certificate|self-signed certificate/)
  })

  test('hands on requests of every sort with the name of who asks', async t => {
    const { api, requests, register, service, endpoints, reason } = await start(t)
    const extension = await startExtension(t, api.pki.frontProxyCa.certificate)
    await service()
    await endpoints(extension.port)
    await register({ insecureSkipTLSVerify: true })
    await reason('Passed')

    const got = await requests.send('PUT', `${root}/namespaces/default/things/a?x=y`, {
      body: { a: 1 },
      headers: {
        'x-remote-user': 'liar',
        cookie: 'secret',
        'x-remote-extra-a': 'b',
        'impersonate-user': 'jane',
        'impersonate-group': 'system:masters',
        'impersonate-extra-a%2fb': 'c',
      },
    })
    const echo = got.json as { method: string; path: string; client: string; body: string; headers: Record<string, string> }
    assert.deepEqual(
      [echo.method, echo.path, echo.client, echo.body],
      ['PUT', `${root}/namespaces/default/things/a?x=y`, 'front-proxy-client', '{"a":1}'],
    )
    assert.equal(echo.headers['x-remote-user'], 'jane')
    assert.equal(echo.headers['x-remote-group'], 'system:masters, system:authenticated')
    assert.equal(echo.headers['x-remote-extra-a%2fb'], 'c')
    assert.equal(echo.headers['x-remote-extra-a'], undefined)
    assert.deepEqual([echo.headers['cookie'], echo.headers['impersonate-user']], [undefined, undefined])

    const stranger = requestsOver('HTTP/2', api.url, { ca: api.pki.ca.certificate })
    t.after(() => stranger.close())
    assert.equal((await stranger.send('GET', `${root}/things`)).code, 403)

    const { ca, admin } = api.pki
    const identity = { ca: ca.certificate, cert: admin.certificate, key: admin.key }
    const watch = request(`${api.url}${root}/things?watch=true`, { ...identity, agent: false }).end()
    const [stream] = (await once(watch, 'response')) as [IncomingMessage]
    const [first] = (await once(stream, 'data')) as [Buffer]
    assert.equal(first.toString(), '{"type":"ADDED"}\n')
    watch.destroy()

    const upgrade = request(`${api.url}${root}/things/a/shell`, {
      ...identity,
      agent: false,
      headers: { connection: 'Upgrade', upgrade: 'echo' },
    }).end()
    const [, socket, head] = (await once(upgrade, 'upgrade')) as [IncomingMessage, Socket, Buffer]
    socket.write('hello')
    let text = head.toString()
    while (!text.endsWith('hello')) text += String((await once(socket, 'data'))[0])
    assert.equal(text, 'kubernetes-admin:hello')
    socket.destroy()
  })

  test('is part of discovery and of the descriptions', async t => {
    const { api, requests, register, service, endpoints, reason } = await start(t)
    const extension = await startExtension(t, api.pki.frontProxyCa.certificate)
    await service()
    await endpoints(extension.port)
    await register()
    await reason('Passed')
    const { groups } = (await requests.send('GET', '/apis')).json as { groups: { name: string; versions: Json[] }[] }
    const places = ['apiregistration.k8s.io', 'apps', group, 'metrics.k8s.io']
    assert.deepEqual([groups[0]?.name, groups[1]?.name, groups.at(-2)?.name, groups.at(-1)?.name], places)
    const one = (await requests.send('GET', `/apis/${group}`)).json
    assert.deepEqual(one['preferredVersion'], { groupVersion: `${group}/v1`, version: 'v1' })
    const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList'
    const { items } = (await requests.send('GET', '/apis', { headers: { accept } })).json as {
      items: { metadata: Json; versions: Json[] }[]
    }
    assert.deepEqual(items.find(item => item.metadata['name'] === group)?.versions, [
      {
        version: 'v1',
        resources: [
          {
            resource: 'things',
            responseKind: { group, version: 'v1', kind: 'Thing' },
            scope: 'Namespaced',
            singularResource: 'thing',
            verbs: ['get', 'list', 'watch'],
            shortNames: ['th'],
            subresources: [{ subresource: 'scale', responseKind: { group: 'autoscaling', version: 'v1', kind: 'Scale' }, verbs: ['get'] }],
          },
        ],
        freshness: 'Current',
      },
    ])
    await described(api)
    const index = (await requests.send('GET', '/openapi/v3')).json as { paths: Record<string, { serverRelativeURL: string }> }
    const url = index.paths[root.slice(1)]?.serverRelativeURL ?? ''
    assert.deepEqual((await requests.send('GET', url)).json, { openapi: '3.0.0', info: { title: 'things' } })
    const v2 = (await requests.send('GET', '/openapi/v2')).json as { paths: Json; definitions: Json }
    assert.ok(v2.paths[`${root}/things`] && v2.paths['/api/v1/pods'])
    assert.deepEqual(
      [v2.definitions['Thing'], v2.definitions['Unneeded'], v2.paths['/apis/other/v1/']],
      [document.definitions.Thing, undefined, undefined],
    )
    await requests.send('DELETE', `/apis/apiregistration.k8s.io/v1/apiservices/v1.${group}`)
    assert.equal((await requests.send('GET', `/apis/${group}`)).code, 404)
    assert.equal((await requests.send('GET', `${root}/things`)).code, 404)
  })
})

/** Resolves when the extension's descriptions have been fetched. */
async function described({ server }: TestServer): Promise<void> {
  while (server.aggregation.documents().length === 0) await new Promise(resolve => setImmediate(resolve))
}

test('what is built in has its API services, and others can know this server', async t => {
  const api = await startTestServer()
  t.after(() => api.close())
  const client = api.client()
  const { items } = await client.list(APIService)
  const apps = items.find(item => item.metadata.name === 'v1.apps')
  assert.deepEqual([apps?.spec.groupPriorityMinimum, apps?.spec.versionPriority, apps?.spec.service], [17_800, 15, undefined])
  assert.deepEqual(apps?.metadata.labels, { 'kube-aggregator.kubernetes.io/automanaged': 'onstart' })
  assert.ok(items.every(item => item.status.conditions?.[0]?.reason === 'Local'))
  assert.ok(items.every(item => item.metadata.labels?.['kube-aggregator.kubernetes.io/automanaged'] === 'onstart'))
  const { data } = await client.get(ConfigMap, { namespace: 'kube-system', name: 'extension-apiserver-authentication' })
  assert.equal(data?.['client-ca-file'], api.pki.ca.certificate)
  assert.equal(data?.['requestheader-client-ca-file'], api.pki.frontProxyCa.certificate)
  assert.equal(data?.['requestheader-allowed-names'], '["front-proxy-client"]')
})
