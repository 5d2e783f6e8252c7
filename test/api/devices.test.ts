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

  test('selectors of devices must compile when they are new', async () => {
    const classes = '/apis/resource.k8s.io/v1/deviceclasses'
    const selecting = (...expressions: string[]) => expressions.map(expression => ({ cel: { expression } }))
    const refused = async (path: string, spec: object, ...fields: string[]) => {
      const answer = await api.admin.send('POST', path, { body: { metadata: { name: 'wrong' }, spec } })
      assert.equal(answer.code, 422, answer.text)
      const causes: readonly { readonly field: string; readonly message: string }[] = answer.json['details']['causes']
      assert.deepEqual(
        causes.map(cause => cause.field),
        fields,
      )
      for (const { message } of causes) assert.match(message, /compilation failed: ERROR: <input>:1:7: undefined field 'x'/)
    }
    await refused(classes, { selectors: selecting('true', 'device.x') }, 'spec.selectors[1].cel.expression')
    const requests = [
      { name: 'a', exactly: { deviceClassName: 'gpu', selectors: selecting('device.x') } },
      { name: 'b', firstAvailable: [{ name: 'c', deviceClassName: 'gpu', selectors: selecting('device.x') }] },
    ]
    const [exact, choice] = ['requests[0].exactly.selectors[0].cel.expression', 'requests[1].firstAvailable[0].selectors[0].cel.expression']
    await refused(claims, { devices: { requests } }, `spec.devices.${exact}`, `spec.devices.${choice}`)
    await refused(templates, { spec: { devices: { requests } } }, `spec.spec.devices.${exact}`, `spec.spec.devices.${choice}`)

    const spec = { selectors: selecting('device.driver == "gpu.example.com"') }
    const made = await api.admin.send('POST', classes, { body: { metadata: { name: 'gpu' }, spec } })
    assert.equal(made.code, 201, made.text)
    const changed = await api.admin.send('PATCH', `${classes}/gpu`, patchWish('merge', { spec: { selectors: selecting('1') } }))
    assert.equal(changed.code, 422)
    assert.match(changed.json['message'], /must evaluate to bool or the unknown type, not int/)
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
