// Quotas as the server enforces them; nobody recounts here, so what is used is what was charged.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Json } from '../testkit/api-requests.ts'
import { collection, configMap, configMaps, overBothProtocols, patchWish, pod, pods } from './setup.ts'
import { webhookServer } from './webhook-setup.ts'

const quotas = collection('resourcequotas')
const services = collection('services')

overBothProtocols(api => {
  const hook = webhookServer(api)
  const quota = async (name: string, hard: Json, spec: Json = {}) => {
    await api.admin.send('POST', quotas, { body: { apiVersion: 'v1', kind: 'ResourceQuota', metadata: { name }, spec: { hard, ...spec } } })
    const used = Object.fromEntries(Object.keys(hard).map(key => [key, '0']))
    const written = await api.admin.send('PATCH', `${quotas}/${name}/status`, patchWish('merge', { status: { hard, used } }))
    assert.equal(written.code, 200)
  }
  const used = async (name: string) => (await api.admin.send('GET', `${quotas}/${name}`)).json['status'].used
  const drop = (name: string) => api.admin.send('DELETE', `${quotas}/${name}`)

  test('pods are let in as long as there is room', async () => {
    await quota('few', { pods: '2' })
    assert.equal((await api.admin.send('POST', `${pods}?dryRun=All`, { body: pod('trial') })).code, 201)
    assert.deepEqual(await used('few'), { pods: '0' })
    for (const name of ['a', 'b']) assert.equal((await api.admin.send('POST', pods, { body: pod(name) })).code, 201)
    for (const query of ['', '?dryRun=All']) {
      const refused = await api.admin.send('POST', pods + query, { body: pod('c') })
      assert.deepEqual(
        [refused.code, refused.json['reason'], refused.json['message']],
        [403, 'Forbidden', 'pods "c" is forbidden: exceeded quota: few, requested: pods=1, used: pods=2, limited: pods=2'],
      )
    }
    assert.deepEqual(await used('few'), { pods: '2' })
    await drop('few')
  })

  test('what is not stored is given back', async () => {
    await quota('maps', { 'count/configmaps': '5' })
    assert.equal((await api.admin.send('POST', configMaps, { body: configMap('once') })).code, 201)
    assert.equal((await api.admin.send('POST', configMaps, { body: configMap('once') })).code, 409)
    assert.equal((await api.admin.send('POST', configMaps, { body: configMap('Bad_Name') })).code, 422)
    await hook.configure('validating')
    hook.answer = () => ({ allowed: false })
    assert.equal((await api.admin.send('POST', configMaps, { body: configMap('unwanted') })).code, 400)
    assert.deepEqual(await used('maps'), { 'count/configmaps': '1' })
    await drop('maps')
  })

  test('a change is charged by what it adds', async () => {
    await quota('ports', { services: '1', 'services.nodeports': '2', 'services.loadbalancers': '0' })
    const port = (number: number) => ({ name: `p${number}`, port: number })
    const body = { metadata: { name: 'web' }, spec: { selector: { app: 'web' }, ports: [port(80), port(81), port(82)] } }
    assert.equal((await api.admin.send('POST', services, { body })).code, 201)
    const change = (spec: Json) => api.admin.send('PATCH', `${services}/web`, patchWish('merge', { spec }))
    const tooMany = await change({ type: 'NodePort' })
    assert.equal(
      tooMany.json['message'],
      'services "web" is forbidden: exceeded quota: ports, requested: services.nodeports=3, used: services.nodeports=0, limited: services.nodeports=2',
    )
    assert.equal((await change({ type: 'NodePort', ports: [port(80), port(81)] })).code, 200)
    assert.deepEqual(await used('ports'), { services: '1', 'services.nodeports': '2', 'services.loadbalancers': '0' })
    assert.equal((await change({ type: 'LoadBalancer' })).code, 403)
    await drop('ports')
  })

  test('several quotas hold together, each for what is in its scopes', async () => {
    await quota('all', { pods: '10' })
    await quota('best-effort', { pods: '1' }, { scopes: ['BestEffort'] })
    await quota('important', { pods: '0' }, { scopeSelector: { matchExpressions: [{ scopeName: 'PriorityClass', operator: 'Exists' }] } })
    assert.equal((await api.admin.send('POST', pods, { body: pod('poor') })).code, 201)
    const second = await api.admin.send('POST', pods, { body: pod('poor-too') })
    assert.match(second.json['message'], /exceeded quota: best-effort/)
    const containers = [{ name: 'c', image: 'nginx', resources: { requests: { cpu: '1' } } }]
    assert.equal((await api.admin.send('POST', pods, { body: pod('rich', { containers }) })).code, 201)
    const important = { containers, priorityClassName: 'system-node-critical' }
    assert.match((await api.admin.send('POST', pods, { body: pod('first', important) })).json['message'], /exceeded quota: important/)
    assert.deepEqual([await used('all'), await used('best-effort'), await used('important')], [{ pods: '2' }, { pods: '1' }, { pods: '0' }])
    for (const name of ['all', 'best-effort', 'important']) await drop(name)
  })

  test('a quota on processors wants them told', async () => {
    await quota('compute', { 'limits.cpu': '1' })
    const silent = await api.admin.send('POST', pods, { body: pod('silent') })
    assert.equal(silent.json['message'], 'pods "silent" is forbidden: failed quota: compute: must specify limits.cpu for: c')
    await drop('compute')
  })

  test('a burst is let in as far as there is room', async () => {
    await quota('burst', { configmaps: '7' })
    const names = Array.from({ length: 20 }, (_, i) => `burst-${i}`)
    const codes = await Promise.all(names.map(async name => (await api.admin.send('POST', configMaps, { body: configMap(name) })).code))
    assert.equal(codes.filter(code => code === 201).length, 7)
    assert.deepEqual(await used('burst'), { configmaps: '7' })
    await drop('burst')
  })
})
