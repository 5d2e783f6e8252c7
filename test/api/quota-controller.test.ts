// Quotas on a real API server with the controllers at work: what is freed can be used again, and custom resources count too.
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Json } from '../testkit/api-requests.ts'
import { type Controllers, startControllers } from '../testkit/controllers.ts'
import { eventually } from '../testkit/waiting.ts'
import { type Api, collection, configMap, configMaps, pod, pods, startApi } from './setup.ts'

const quotas = collection('resourcequotas')
const widgets = collection('widgets', 'apis/example.com/v1')

describe('Quotas with the controllers at work', () => {
  let api: Api & { close(): Promise<void> }
  let controllers: Controllers

  before(async () => {
    api = await startApi('HTTP/2')
    controllers = startControllers(api.server)
  })
  after(async () => {
    await controllers.stop()
    await api.close()
  })

  const quota = async (name: string, hard: Json) => {
    await api.admin.send('POST', quotas, { body: { apiVersion: 'v1', kind: 'ResourceQuota', metadata: { name }, spec: { hard } } })
    await used(name, () => true)
  }
  const used = (name: string, isRight: (used: Json) => boolean) =>
    eventually(`the usage of ${name}`, async () => {
      const { status } = (await api.admin.send('GET', `${quotas}/${name}`)).json
      assert.ok(status.used && isRight(status.used), JSON.stringify(status))
    })

  it('give room again when something goes', async () => {
    await quota('pods', { pods: '2' })
    for (const name of ['a', 'b']) assert.equal((await api.admin.send('POST', pods, { body: pod(name) })).code, 201)
    assert.equal((await api.admin.send('POST', pods, { body: pod('c') })).code, 403)
    await api.admin.send('DELETE', `${pods}/a`)
    await used('pods', amounts => amounts['pods'] === '1')
    assert.equal((await api.admin.send('POST', pods, { body: pod('c') })).code, 201)
  })

  it('count what was there before them', async () => {
    await api.admin.send('POST', configMaps, { body: configMap('old') })
    await quota('maps', { 'count/configmaps': '10' })
    const { items } = (await api.admin.send('GET', configMaps)).json
    await used('maps', amounts => amounts['count/configmaps'] === String(items.length))
  })

  it('count custom resources', async () => {
    const names = { plural: 'widgets', singular: 'widget', kind: 'Widget', listKind: 'WidgetList' }
    const schema = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } }
    const versions = [{ name: 'v1', served: true, storage: true, schema }]
    const body = {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: 'widgets.example.com' },
      spec: { group: 'example.com', scope: 'Namespaced', names, versions },
    }
    assert.equal((await api.admin.send('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', { body })).code, 201)
    await eventually('widgets are served', async () => assert.equal((await api.admin.send('GET', widgets)).code, 200))
    const widget = (name: string) => ({ apiVersion: 'example.com/v1', kind: 'Widget', metadata: { name } })
    assert.equal((await api.admin.send('POST', widgets, { body: widget('a') })).code, 201)
    await quota('widgets', { 'count/widgets.example.com': '2' })
    await used('widgets', amounts => amounts['count/widgets.example.com'] === '1')
    assert.equal((await api.admin.send('POST', widgets, { body: widget('b') })).code, 201)
    const refused = await api.admin.send('POST', widgets, { body: widget('c') })
    assert.equal(
      refused.json['message'],
      'widgets.example.com "c" is forbidden: exceeded quota: widgets, requested: count/widgets.example.com=1, used: count/widgets.example.com=2, limited: count/widgets.example.com=2',
    )
  })
})
