// What the limit ranges of a namespace do to pods and claims.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Json } from '../testkit/api-requests.ts'
import { collection, overBothProtocols, patchWish, pod, pods } from './setup.ts'

const limitRanges = collection('limitranges')
const claims = collection('persistentvolumeclaims')

overBothProtocols(api => {
  const limits = async (name: string, ...items: Json[]) => {
    const body = { apiVersion: 'v1', kind: 'LimitRange', metadata: { name }, spec: { limits: items } }
    assert.equal((await api.admin.send('POST', limitRanges, { body })).code, 201)
  }

  test('pods get defaults, and are held to the limits', async () => {
    await limits('containers', { type: 'Container', default: { cpu: '500m' }, defaultRequest: { cpu: '100m' }, max: { cpu: '1' } })
    const created = await api.admin.send('POST', pods, { body: pod('modest') })
    assert.equal(created.code, 201)
    const { spec, metadata, status } = created.json
    assert.deepEqual(spec.containers[0].resources, { limits: { cpu: '500m' }, requests: { cpu: '100m' } })
    assert.equal(status.qosClass, 'Burstable')
    assert.equal(
      metadata.annotations['kubernetes.io/limit-ranger'],
      'LimitRanger plugin set: cpu request for container c; cpu limit for container c',
    )
    const containers = [{ name: 'c', image: 'nginx', resources: { limits: { cpu: '2' } } }]
    const refused = await api.admin.send('POST', pods, { body: pod('greedy', { containers }) })
    assert.deepEqual(
      [refused.code, refused.json['reason'], refused.json['message']],
      [403, 'Forbidden', 'pods "greedy" is forbidden: maximum cpu usage per Container is 1, but limit is 2'],
    )
    await api.admin.send('DELETE', `${limitRanges}/containers`)
    assert.equal((await api.admin.send('POST', pods, { body: pod('greedy', { containers }) })).code, 201)
  })

  test('claims are held to the limits', async () => {
    await limits('claims', { type: 'PersistentVolumeClaim', max: { storage: '2Gi' } })
    const claim = (storage: string) => ({
      metadata: { name: 'data' },
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage } } },
    })
    const refused = await api.admin.send('POST', claims, { body: claim('3Gi') })
    assert.deepEqual(
      [refused.code, refused.json['message']],
      [403, 'persistentvolumeclaims "data" is forbidden: maximum storage usage per PersistentVolumeClaim is 2Gi, but request is 3Gi'],
    )
    assert.equal((await api.admin.send('POST', claims, { body: claim('2Gi') })).code, 201)
    const labelled = await api.admin.send('PATCH', `${claims}/data`, patchWish('merge', { metadata: { labels: { a: 'b' } } }))
    assert.equal(labelled.code, 200)
  })
})
