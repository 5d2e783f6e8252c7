// A PUT of an object that is not there: of some kinds it creates one, of the others it finds none.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Json } from '../testkit/api-requests.ts'
import { collection, configMap, configMaps, overBothProtocols } from './setup.ts'

const leases = collection('leases', 'apis/coordination.k8s.io/v1')
const rbac = 'rbac.authorization.k8s.io'
const roleRef = { apiGroup: rbac, kind: 'ClusterRole', name: 'view' }

/** Everything that a PUT creates, by the path of its collection. */
const creating: readonly (readonly [path: string, body: Json])[] = [
  [leases, {}],
  [collection('endpoints'), {}],
  [collection('events'), { involvedObject: { namespace: 'test', kind: 'Pod', name: 'p' } }],
  [collection('limitranges'), { spec: { limits: [] } }],
  [collection('services'), { spec: { ports: [{ port: 80 }] } }],
  [collection('roles', `apis/${rbac}/v1`), { rules: [] }],
  [collection('rolebindings', `apis/${rbac}/v1`), { roleRef }],
  [`/apis/${rbac}/v1/clusterroles`, { rules: [] }],
  [`/apis/${rbac}/v1/clusterrolebindings`, { roleRef }],
  ['/apis/node.k8s.io/v1/runtimeclasses', { handler: 'h' }],
]

overBothProtocols(api => {
  const put = (at: string, body: Json, headers: Record<string, string> = {}) =>
    api.admin.send('PUT', at, { body, headers: { 'content-type': 'application/json', ...headers } })

  test('creates', async () => {
    for (const [path, body] of creating) {
      const wanted = { metadata: { name: 'put' }, ...body }
      const first = await put(`${path}/put`, wanted)
      assert.deepEqual([first.code, first.json['metadata'].name], [201, 'put'], `${path} ${first.text}`)
      assert.ok(first.json['metadata'].uid)
      const second = await put(`${path}/put`, { ...first.json, metadata: { ...first.json['metadata'], labels: { again: 'yes' } } })
      assert.deepEqual([second.code, second.json['metadata'].uid], [200, first.json['metadata'].uid], second.text)
    }
  })

  test('finds none', async () => {
    assert.equal((await put(`${configMaps}/none`, configMap('none'))).code, 404)
    assert.equal((await put(`${collection('services')}/none/status`, { metadata: { name: 'none' } })).code, 404)
  })

  test('asks nothing of a version, but of a uid', async () => {
    const { code } = await put(`${leases}/versioned`, { metadata: { name: 'versioned', resourceVersion: '17' } })
    assert.equal(code, 201)
    const other = await put(`${leases}/other`, { metadata: { name: 'other', uid: 'x' } })
    assert.deepEqual([other.code, other.json['reason']], [409, 'Conflict'])
    assert.equal((await put(`${leases}/named`, { metadata: { name: 'otherwise' } })).code, 400)
    assert.equal((await put(`${leases}/dry?dryRun=All`, { metadata: { name: 'dry' } })).code, 201)
    assert.equal((await api.admin.send('GET', `${leases}/dry`)).code, 404)
  })

  test('of what is there names its version, where the kind wants that', async () => {
    const blind = await put(`${leases}/put`, { metadata: { name: 'put' }, spec: {} })
    assert.deepEqual(
      [blind.code, blind.json['message'], blind.json['details'].kind],
      [
        422,
        'leases.coordination.k8s.io "put" is invalid: metadata.resourceVersion: Invalid value: 0: must be specified for an update',
        'leases',
      ],
    )
    assert.equal((await put(`${collection('endpoints')}/put`, { metadata: { name: 'put' } })).code, 200)
  })

  test('is allowed to those who may create', async () => {
    const rules = [{ apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['update'] }]
    await put(`/apis/${rbac}/v1/clusterroles/updates`, { metadata: { name: 'updates' }, rules })
    const subjects = [{ apiGroup: rbac, kind: 'User', name: 'half' }]
    await put(`/apis/${rbac}/v1/clusterrolebindings/updates`, {
      metadata: { name: 'updates' },
      roleRef: { ...roleRef, name: 'updates' },
      subjects,
    })
    const refused = await put(`${leases}/half`, { metadata: { name: 'half' } }, { 'impersonate-user': 'half' })
    assert.equal(refused.code, 403)
    assert.match(refused.json['message'], /cannot create resource "leases"/)
  })

  test('many at once create one', async () => {
    const endpoints = collection('endpoints')
    const codes = await Promise.all(
      Array.from(
        { length: 8 },
        async (_, i) => (await put(`${endpoints}/race`, { metadata: { name: 'race', labels: { by: `${i}` } } })).code,
      ),
    )
    assert.deepEqual(
      codes.filter(code => code === 201),
      [201],
    )
    assert.deepEqual(new Set(codes), new Set([200, 201]))
  })
})
