// Kinds of storage at the rim: what is kept of what a client sends, what may change, what tables show; and components' health.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { collection, overBothProtocols, patchWish } from './setup.ts'

const volumes = '/api/v1/persistentvolumes'
const claims = collection('persistentvolumeclaims')
const classes = '/apis/storage.k8s.io/v1/storageclasses'
const claim = (name: string) => ({
  metadata: { name },
  spec: {
    accessModes: ['ReadWriteOnce'],
    storageClassName: 'growing',
    resources: { requests: { storage: '1Gi' } },
    dataSource: { kind: 'PersistentVolumeClaim', name: 'from' },
  },
})

overBothProtocols(api => {
  test('a volume starts pending, and keeps when its phase changed', async () => {
    const spec = { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], hostPath: { path: '/data' } }
    const body = { metadata: { name: 'a' }, spec, status: { phase: 'Bound' } }
    const made = await api.admin.send('POST', volumes, { body })
    assert.equal(made.code, 201, made.text)
    const { spec: kept, status, metadata } = made.json
    assert.deepEqual(
      [kept.persistentVolumeReclaimPolicy, kept.volumeMode, status.phase, status.lastPhaseTransitionTime],
      ['Retain', 'Filesystem', 'Pending', metadata.creationTimestamp],
    )
    const bound = await api.admin.send('PATCH', `${volumes}/a/status`, patchWish('merge', { status: { phase: 'Bound' } }))
    assert.equal(bound.json['status'].phase, 'Bound')
    assert.match(bound.json['status'].lastPhaseTransitionTime, /^\d{4}-/)
    const moved = await api.admin.send('PATCH', `${volumes}/a`, patchWish('merge', { spec: { hostPath: { path: '/other' } } }))
    assert.equal(moved.code, 422)
    assert.match(moved.json['message'], /spec\.persistentvolumesource: Forbidden: spec\.persistentvolumesource is immutable after creation/)
  })

  test('a claim says its source both ways, and its size stays until it is bound', async () => {
    const growing = { metadata: { name: 'growing' }, provisioner: 'example.com/p', allowVolumeExpansion: true }
    assert.equal((await api.admin.send('POST', classes, { body: growing })).code, 201)
    const made = await api.admin.send('POST', claims, { body: claim('a') })
    assert.equal(made.code, 201, made.text)
    assert.deepEqual(made.json['spec'].dataSourceRef, { kind: 'PersistentVolumeClaim', name: 'from' })
    const larger = patchWish('merge', { spec: { resources: { requests: { storage: '2Gi' } } } })
    assert.equal((await api.admin.send('PATCH', `${claims}/a`, larger)).code, 422)
    await api.admin.send('PATCH', `${claims}/a/status`, patchWish('merge', { status: { phase: 'Bound', capacity: { storage: '1Gi' } } }))
    assert.equal((await api.admin.send('PATCH', `${claims}/a`, larger)).code, 200)
  })

  test('a class comes with its defaults, and shows that it is the default', async () => {
    const annotations = { 'storageclass.kubernetes.io/is-default-class': 'true' }
    const made = await api.admin.send('POST', classes, { body: { metadata: { name: 'fast', annotations }, provisioner: 'example.com/p' } })
    assert.deepEqual([made.code, made.json['reclaimPolicy'], made.json['volumeBindingMode']], [201, 'Delete', 'Immediate'])
    const accept = 'application/json;as=Table;v=v1;g=meta.k8s.io'
    const table = await api.admin.send('GET', `${classes}/fast`, { headers: { accept } })
    assert.deepEqual(table.json['rows'][0].cells.slice(0, 5), ['fast (default)', 'example.com/p', 'Delete', 'Immediate', false])
  })

  test('components tell how they are', async () => {
    const list = await api.admin.send('GET', '/api/v1/componentstatuses')
    assert.equal(list.json['kind'], 'ComponentStatusList')
    const etcd = await api.admin.send('GET', '/api/v1/componentstatuses/etcd-0')
    assert.deepEqual(etcd.json['conditions'], [{ type: 'Healthy', status: 'True', message: 'ok' }])
    assert.deepEqual([etcd.json['metadata'], list.json['items'].length], [{ name: 'etcd-0' }, 1])
    assert.equal((await api.admin.send('GET', '/api/v1/componentstatuses/none')).code, 404)
    assert.equal((await api.admin.send('POST', '/api/v1/componentstatuses', { body: { metadata: { name: 'x' } } })).code, 405)
    assert.equal((await api.admin.send('GET', '/api/v1/componentstatuses?watch=true')).code, 405)
  })
})
