// Devices at the API: claims are what was asked for and given, and only some may look after devices of others.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { collection, namespace, overBothProtocols, patchWish } from './setup.ts'

const claims = collection('resourceclaims', 'apis/resource.k8s.io/v1')
const templates = collection('resourceclaimtemplates', 'apis/resource.k8s.io/v1')
const devices = { requests: [{ name: 'r', exactly: { deviceClassName: 'gpu' } }] }
const watched = { requests: [{ name: 'r', exactly: { deviceClassName: 'gpu', adminAccess: true } }] }
const refusal =
  'spec.devices.requests[0].adminAccess: Forbidden: admin access to devices requires the `resource.kubernetes.io/admin-access: true` label on the containing namespace'

overBothProtocols(api => {
  test('a claim is completed, given devices, and cannot be changed', async () => {
    const made = await api.admin.send('POST', claims, { body: { metadata: { name: 'a' }, spec: { devices } } })
    assert.equal(made.code, 201, made.text)
    assert.deepEqual(made.json['spec']['devices']['requests'][0]['exactly'], {
      deviceClassName: 'gpu',
      allocationMode: 'ExactCount',
      count: 1,
    })
    const results = [{ request: 'r', driver: 'd', pool: 'p', device: 'x' }]
    const status = { allocation: { devices: { results } }, reservedFor: [{ resource: 'pods', name: 'n', uid: 'u' }] }
    const given = await api.admin.send('PATCH', `${claims}/a/status`, patchWish('merge', { status }))
    assert.equal(given.code, 200, given.text)
    const changed = await api.admin.send('PATCH', `${claims}/a`, patchWish('merge', { spec: { devices: { requests: [] } } }))
    assert.equal(changed.code, 422)
    assert.match(changed.json['message'], /spec: Invalid value: .*: field is immutable/)
  })

  test('only in some namespaces devices of others can be looked after', async () => {
    for (const [path, spec] of [
      [claims, { devices: watched }],
      [templates, { spec: { devices: watched } }],
    ] as const) {
      const refused = await api.admin.send('POST', path, { body: { metadata: { name: 'w' }, spec } })
      assert.equal(refused.code, 422)
      assert.ok(refused.json['message'].includes(refusal), refused.text)
    }
    const labels = { 'resource.kubernetes.io/admin-access': 'true' }
    await api.admin.send('PATCH', `/api/v1/namespaces/${namespace}`, patchWish('merge', { metadata: { labels } }))
    const made = await api.admin.send('POST', claims, { body: { metadata: { name: 'w' }, spec: { devices: watched } } })
    assert.equal(made.code, 201, made.text)
  })

  test('slices are found by their node', async () => {
    const slices = '/apis/resource.k8s.io/v1/resourceslices'
    for (const nodeName of ['n1', 'n2']) {
      const pool = { name: nodeName, generation: 1, resourceSliceCount: 1 }
      const spec = { driver: 'd', nodeName, pool, devices: [{ name: 'x', attributes: { a: { int: 1 } } }] }
      assert.equal((await api.admin.send('POST', slices, { body: { metadata: { name: nodeName }, spec } })).code, 201)
    }
    const { items } = (await api.admin.send('GET', `${slices}?fieldSelector=spec.nodeName=n1`)).json
    assert.deepEqual(
      items.map((item: { metadata: { name: string } }) => item.metadata.name),
      ['n1'],
    )
  })
})
