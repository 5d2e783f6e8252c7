// What writes that are no applies do to metadata.managedFields.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConfigMap } from '../../src/api/core/config-map.ts'
import { Pod } from '../../src/api/core/pod.ts'
import type { Json, Reply } from '../testkit/api-requests.ts'
import { configMap, configMaps, deployment, deployments, namespace, overBothProtocols, patchWish, pod, pods } from './setup.ts'

const owners = (reply: Reply) => (reply.json['metadata'].managedFields ?? []) as readonly Json[]
const told = (reply: Reply) =>
  owners(reply).map(({ manager, operation, subresource, fieldsV1 }) => [manager, operation, subresource, fieldsV1])
const as = (manager: string, at: string) => `${at}${at.includes('?') ? '&' : '?'}fieldManager=${manager}`

overBothProtocols(api => {
  test('a creator owns what it sent and what was filled in, not what the server added', async () => {
    const made = await api.admin.send('POST', as('creator', pods), { body: pod('owned', {}, { labels: { a: '1' } }) })
    const container = ['f:image', 'f:imagePullPolicy', 'f:name', 'f:resources', 'f:terminationMessagePath', 'f:terminationMessagePolicy']
    const spec = [
      'f:dnsPolicy',
      'f:enableServiceLinks',
      'f:restartPolicy',
      'f:schedulerName',
      'f:securityContext',
      'f:terminationGracePeriodSeconds',
    ]
    const leaves = (names: string[]) => Object.fromEntries(names.map(name => [name, {}]))
    const [entry] = owners(made)
    assert.deepEqual(entry, {
      manager: 'creator',
      operation: 'Update',
      apiVersion: 'v1',
      time: entry?.['time'],
      fieldsType: 'FieldsV1',
      fieldsV1: {
        'f:metadata': { 'f:labels': { '.': {}, 'f:a': {} } },
        'f:spec': { 'f:containers': { 'k:{"name":"c"}': { '.': {}, ...leaves(container) } }, ...leaves(spec) },
      },
    })
    assert.equal(made.json['metadata'].creationTimestamp, entry?.['time'])
  })

  test('the writer is told by the query, or by the first part of the user agent', async () => {
    const create = (name: string, headers: Record<string, string>, query = '') =>
      api.admin.send('POST', configMaps + query, {
        body: configMap(name, { a: '1' }),
        headers: { 'content-type': 'application/json', ...headers },
      })
    const managerOf = (reply: Reply) => owners(reply)[0]?.['manager']
    assert.equal(managerOf(await create('agent-1', { 'user-agent': 'kubectl/v1.36.0 (linux/amd64) kubernetes/abc' })), 'kubectl')
    assert.equal(managerOf(await create('agent-2', { 'user-agent': 'kubectl/v1.36.0' }, '?fieldManager=other')), 'other')
    assert.equal(managerOf(await create('agent-3', { 'user-agent': 'x'.repeat(200) })), 'x'.repeat(128))
    const long = await create('agent-4', {}, `?fieldManager=${'x'.repeat(129)}`)
    assert.deepEqual(
      [long.code, long.json['message']],
      [422, 'CreateOptions.meta.k8s.io "" is invalid: fieldManager: Too long: may not be more than 128 bytes'],
    )
    const strange = await create('agent-5', {}, '?fieldManager=a%07')
    assert.equal(
      strange.json['message'],
      'CreateOptions.meta.k8s.io "" is invalid: fieldManager: Invalid value: "a\\u0007": invalid character U+0007 (at position 1)',
    )
  })

  test('who changes a field owns it; who removed one owns nothing of it', async () => {
    const at = `${configMaps}/changes`
    const made = await api.admin.send('POST', as('a', configMaps), { body: configMap('changes', { x: '1', y: '2' }) })
    const put = await api.admin.send('PUT', as('b', at), { body: { ...made.json, data: { x: '9', y: '2', z: '3' } } })
    assert.deepEqual(told(put), [
      ['a', 'Update', undefined, { 'f:data': { '.': {}, 'f:y': {} } }],
      ['b', 'Update', undefined, { 'f:data': { 'f:x': {}, 'f:z': {} } }],
    ])
    const removed = await api.admin.send('PATCH', as('a', at), patchWish('json', [{ op: 'remove', path: '/data/z' }]))
    assert.deepEqual(told(removed), [
      ['a', 'Update', undefined, { 'f:data': { '.': {}, 'f:y': {} } }],
      ['b', 'Update', undefined, { 'f:data': { 'f:x': {} } }],
    ])
    const all = await api.admin.send('PATCH', as('c', at), patchWish('merge', { data: null }))
    assert.deepEqual(told(all), [])
  })

  test('a write that changes nothing changes no entry and no version', async () => {
    const at = `${configMaps}/still`
    const made = await api.admin.send('POST', as('a', configMaps), { body: configMap('still', { x: '1' }) })
    for (const send of [
      () => api.admin.send('PUT', as('b', at), { body: made.json }),
      () => api.admin.send('PATCH', as('b', at), patchWish('merge', { data: { x: '1' } })),
    ])
      assert.equal((await send()).text, made.text)
  })

  test('status belongs to who writes the status, as that', async () => {
    const made = await api.admin.send('POST', as('creator', pods), { body: { ...pod('stated'), status: { phase: 'Running' } } })
    assert.deepEqual(
      owners(made).map(o => Object.keys(o['fieldsV1'])),
      [['f:spec']],
    )
    const status = { phase: 'Running', podIP: '10.0.0.1', podIPs: [{ ip: '10.0.0.1' }], conditions: [{ type: 'Ready', status: 'True' }] }
    const stated = await api.admin.send(
      'PATCH',
      as('kubelet', `${pods}/stated/status`),
      patchWish('strategic', { spec: { priority: 5 }, status }),
    )
    assert.deepEqual(told(stated)[1], [
      'kubelet',
      'Update',
      'status',
      {
        'f:status': {
          'f:conditions': { '.': {}, 'k:{"type":"Ready"}': { '.': {}, 'f:status': {}, 'f:type': {} } },
          'f:phase': {},
          'f:podIP': {},
          'f:podIPs': { '.': {}, 'k:{"ip":"10.0.0.1"}': { '.': {}, 'f:ip': {} } },
        },
      },
    ])
    const plain = await api.admin.send('PUT', as('other', `${pods}/stated`), {
      body: { ...stated.json, status: {}, metadata: { ...stated.json['metadata'], labels: { l: '1' } } },
    })
    assert.deepEqual(
      told(plain).map(([manager, , , fields]) => [manager, Object.keys(fields)]),
      [
        ['creator', ['f:spec']],
        ['kubelet', ['f:status']],
        ['other', ['f:metadata']],
      ].sort((a, b) => told(plain).findIndex(t => t[0] === a[0]) - told(plain).findIndex(t => t[0] === b[0])),
    )
    assert.deepEqual(
      told(plain).find(t => t[0] === 'kubelet'),
      told(stated)[1],
    )
  })

  test('owners are forgotten on demand, and then nobody is known', async () => {
    for (const [name, empty] of [
      ['forgotten', []],
      ['forgotten-too', [{}]],
    ] as const) {
      const at = `${configMaps}/${name}`
      const made = await api.admin.send('POST', configMaps, { body: configMap(name, { a: '1' }) })
      const cleared = await api.admin.send('PUT', at, {
        body: { ...made.json, data: { a: '2' }, metadata: { ...made.json['metadata'], managedFields: empty } },
      })
      assert.deepEqual([cleared.code, owners(cleared), cleared.json['data']], [200, [], { a: '2' }])
      assert.deepEqual(owners(await api.admin.send('PATCH', at, patchWish('merge', { data: { b: '1' } }))), [])
    }
  })

  test('entries that a client sends are taken where they are entries', async () => {
    const at = `${configMaps}/handed`
    await api.admin.send('POST', as('a', configMaps), { body: configMap('handed', { x: '1' }) })
    const entry = { manager: 'b', operation: 'Apply', apiVersion: 'v1', fieldsType: 'FieldsV1', fieldsV1: { 'f:data': { 'f:x': {} } } }
    const replace = (value: unknown) =>
      api.admin.send('PATCH', at, patchWish('json', [{ op: 'replace', path: '/metadata/managedFields', value }]))
    assert.deepEqual(told(await replace([entry])), [['b', 'Apply', undefined, entry.fieldsV1]])
    for (const wrong of [[{ ...entry, operation: 'Create' }], [{ ...entry, fieldsType: '' }], [{ ...entry, fieldsV1: { x: {} } }]])
      assert.deepEqual(told(await replace(wrong)), [['b', 'Apply', undefined, entry.fieldsV1]])
    // Entries without owners are those of a client that does not know of them.
    const { managedFields, ...metadata } = (await api.admin.send('GET', at)).json['metadata']
    const put = await api.admin.send('PUT', as('c', at), { body: { ...configMap('handed', { x: '1', y: '2' }), metadata } })
    assert.deepEqual(
      told(put).map(([manager]) => manager),
      ['b', 'c'],
    )
  })

  test('there are ten updaters at most, and those from before', async () => {
    const at = `${configMaps}/crowd`
    await api.admin.send('POST', as('m0', configMaps), { body: configMap('crowd', { k0: '' }) })
    for (let i = 1; i <= 11; i++)
      await api.admin.send('PATCH', as(`m${String(i).padStart(2, '0')}`, at), patchWish('merge', { data: { [`k${i}`]: '' } }))
    const crowd = await api.admin.send('GET', at)
    assert.equal(owners(crowd).length, 10)
    const ancient = owners(crowd).find(o => o['manager'] === 'ancient-changes')
    assert.deepEqual(Object.keys(ancient?.['fieldsV1']['f:data']), ['.', 'f:k0', 'f:k1', 'f:k2'])
  })

  test('a deployment belongs to its creator as it does upstream', async () => {
    const made = await api.admin.send('POST', as('kubectl-create', deployments), { body: deployment('whose') })
    const fields = owners(made)[0]?.['fieldsV1']['f:spec']
    assert.deepEqual(Object.keys(fields), [
      'f:progressDeadlineSeconds',
      'f:replicas',
      'f:revisionHistoryLimit',
      'f:selector',
      'f:strategy',
      'f:template',
    ])
    assert.deepEqual(fields['f:strategy'], { 'f:rollingUpdate': { '.': {}, 'f:maxSurge': {}, 'f:maxUnavailable': {} }, 'f:type': {} })
    assert.deepEqual(fields['f:template']['f:metadata'], { 'f:labels': { '.': {}, 'f:app': {} } })
  })

  test('components within the server are known by their names', async () => {
    const managerOf = (object: { readonly metadata: Json }) => object.metadata['managedFields'][0].manager
    for (const [username, manager] of [
      ['system:serviceaccount:kube-system:replicaset-controller', 'kube-controller-manager'],
      ['system:kube-scheduler', 'kube-scheduler'],
      ['admin', 'admin'],
    ] as const) {
      const client = api.server.client(username)
      const made = await client.create(ConfigMap, { metadata: { generateName: 'by-', namespace }, data: { a: '1' } })
      assert.equal(managerOf(made), manager)
    }
    await api.admin.send('POST', as('creator', pods), { body: pod('bound') })
    await api.server.client('system:kube-scheduler').post(Pod, { namespace, name: 'bound' }, 'binding', {
      metadata: { name: 'bound' },
      target: { kind: 'Node', name: 'n' },
    })
    assert.deepEqual(
      owners(await api.admin.send('GET', `${pods}/bound`)).map(o => o['manager']),
      ['creator'],
    )
  })
})
