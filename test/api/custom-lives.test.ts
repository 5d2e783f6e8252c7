// Custom resources over time: through a restart, under the controllers, and with definitions that the world really uses.
import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { parseAllDocuments } from 'yaml'
import { systemClock } from '../../src/platform/clock.ts'
import { openMemoryStore } from '../../src/store/memory.ts'
import { type Json, type Requests, requestsOver } from '../testkit/api-requests.ts'
import { startTestServer, type TestServer } from '../testkit/api-server.ts'
import { startControllers } from '../testkit/controllers.ts'
import { eventually } from '../testkit/waiting.ts'
import { custom, define, definition, definitions, path, withSpec } from './custom-setup.ts'

function adminOf({ url, pki }: TestServer): Requests {
  return requestsOver('HTTP/2', url, { ca: pki.ca.certificate, cert: pki.admin.certificate, key: pki.admin.key })
}

test('after a restart custom resources are served before the server is ready', async () => {
  const store = openMemoryStore({ clock: systemClock })
  const first = await startTestServer({ store })
  const admin = adminOf(first)
  await admin.send('POST', '/api/v1/namespaces', { body: { metadata: { name: 'test' } } })
  await define(admin, definition('boats', 'Boat', [{ schema: withSpec({ name: { type: 'string', default: 'Ada' } }) }]))
  await admin.send('POST', path('boats'), { body: custom('Boat', 'one', { spec: {} }) })
  admin.close()
  await first.server.close()
  const second = await startTestServer({ store })
  const again = adminOf(second)
  const { code, json } = await again.send('GET', `${path('boats')}/one`)
  assert.deepEqual([code, json['spec']], [200, { name: 'Ada' }])
  assert.equal((await again.send('DELETE', `${definitions}/boats.stable.example.com`)).code, 200)
  await eventually('the definition goes', async () =>
    assert.equal((await again.send('GET', `${definitions}/boats.stable.example.com`)).code, 404),
  )
  again.close()
  await second.close()
})

test('custom resources are collected with their owners, and namespaces are emptied of them', async () => {
  const t = await startTestServer()
  const admin = adminOf(t)
  const controllers = startControllers(t)
  try {
    await admin.send('POST', '/api/v1/namespaces', { body: { metadata: { name: 'test' } } })
    await define(admin, definition('trees', 'Tree', [{}]))
    const root = await admin.send('POST', path('trees'), { body: custom('Tree', 'root', {}) })
    const owner = { apiVersion: 'stable.example.com/v1', kind: 'Tree', name: 'root', uid: root.json['metadata'].uid }
    const owned = (name: string) => ({ metadata: { name, ownerReferences: [owner] } })
    await admin.send('POST', path('trees'), { body: custom('Tree', 'leaf', owned('leaf')) })
    await admin.send('POST', '/api/v1/namespaces/test/configmaps', { body: owned('leaf') })
    await admin.send('POST', path('trees'), { body: custom('Tree', 'other', {}) })
    await admin.send('DELETE', `${path('trees')}/root`, { body: { propagationPolicy: 'Background' } })
    await eventually('what the root owned goes', async () => {
      assert.equal((await admin.send('GET', `${path('trees')}/leaf`)).code, 404)
      assert.equal((await admin.send('GET', '/api/v1/namespaces/test/configmaps/leaf')).code, 404)
    })
    assert.equal((await admin.send('GET', `${path('trees')}/other`)).code, 200)
    await admin.send('DELETE', '/api/v1/namespaces/test')
    await eventually('the namespace goes', async () => assert.equal((await admin.send('GET', '/api/v1/namespaces/test')).code, 404))
    assert.deepEqual((await admin.send('GET', '/apis/stable.example.com/v1/trees')).json['items'], [])
  } finally {
    await controllers.stop()
    admin.close()
    await t.close()
  }
})

const folder = fileURLToPath(new URL('../../../shared/manifests', import.meta.url))
const skip = existsSync(folder) ? false : 'the manifests are not at ../shared'

function objectsIn(part: string): readonly Json[] {
  return readdirSync(`${folder}/${part}`, { recursive: true, encoding: 'utf8' })
    .filter(file => /\.ya?ml$/.test(file))
    .flatMap(file => parseAllDocuments(readFileSync(`${folder}/${part}/${file}`, 'utf8')))
    .flatMap(document => (document.toJS() as Json | null) ?? [])
}

/** It has no selector, which its definition requires. */
const incomplete = new Set(['servicemonitor-example'])

for (const [part, experimental] of [
  ['06-prometheus-operator', false],
  ['13-gateway-api', true],
] as const)
  test(`the definitions of ${part} are accepted, and its examples with them`, { skip }, async () => {
    const t = await startTestServer()
    const admin = adminOf(t)
    try {
      const objects = objectsIn(part)
      const known = new Map<string, Json>()
      for (const object of objects.filter(({ kind }) => kind === 'CustomResourceDefinition')) known.set(object['metadata'].name, object)
      assert.ok(known.size > 5)
      for (const body of known.values()) await define(admin, body)
      let created = 0
      for (const body of objects.filter(({ kind, metadata }) => metadata && kind !== 'CustomResourceDefinition')) {
        const [group = '', version = ''] = String(body['apiVersion']).split('/')
        const resource = t.server.context.resources.all.find(
          r => r.kind.isCustom && r.group === group && r.kind.version === version && r.kind.kind === body['kind'],
        )
        if (!resource || incomplete.has(body['metadata'].name)) continue
        const { namespace = 'default' } = body['metadata']
        await admin.send('POST', '/api/v1/namespaces', { body: { metadata: { name: namespace } } })
        const base = `/apis/${group}/${version}${resource.kind.namespaced ? `/namespaces/${namespace}` : ''}/${resource.resource}`
        const reply = await admin.send('POST', base, { body })
        assert.ok(reply.code === 201 || reply.code === 409, `${body['kind']} ${body['metadata'].name}: ${reply.text}`)
        assert.equal((await admin.send('GET', `${base}/${body['metadata'].name}`)).code, 200)
        created++
      }
      assert.ok(created > (experimental ? 10 : 3), `${created} examples`)
      assert.equal((await admin.send('GET', '/openapi/v2')).code, 200)
    } finally {
      admin.close()
      await t.close()
    }
  })
