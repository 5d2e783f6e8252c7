// Claims and volumes as admission makes them: their class, their finalizers, and how they may grow.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Json } from '../testkit/api-requests.ts'
import { collection, overBothProtocols, patchWish } from './setup.ts'

const claims = collection('persistentvolumeclaims')
const classes = '/apis/storage.k8s.io/v1/storageclasses'

overBothProtocols(api => {
  const storageClass = (name: string, metadata: Json, more: Json = {}) =>
    api.admin.send('POST', classes, { body: { metadata: { name, ...metadata }, provisioner: 'example.com/disk', ...more } })
  const claim = (name: string, spec: Json = {}) => ({
    metadata: { name },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, ...spec },
  })
  const grow = (name: string) =>
    api.admin.send('PATCH', `${claims}/${name}`, patchWish('merge', { spec: { resources: { requests: { storage: '2Gi' } } } }))
  const bind = async (name: string) => {
    const bound = await api.admin.send('PATCH', `${claims}/${name}`, patchWish('merge', { spec: { volumeName: `of-${name}` } }))
    assert.equal(bound.code, 200)
    const status = { phase: 'Bound', capacity: { storage: '1Gi' } }
    assert.equal((await api.admin.send('PATCH', `${claims}/${name}/status`, patchWish('merge', { status }))).code, 200)
  }

  test('a claim gets the default class, and is protected', async () => {
    await storageClass('standard', { annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } })
    const created = await api.admin.send('POST', claims, { body: claim('plain') })
    assert.deepEqual(
      [created.code, created.json['spec'].storageClassName, created.json['metadata'].finalizers],
      [201, 'standard', ['kubernetes.io/pvc-protection']],
    )
    assert.equal(
      (await api.admin.send('POST', claims, { body: claim('classless', { storageClassName: '' }) })).json['spec'].storageClassName,
      '',
    )
    const deleted = await api.admin.send('DELETE', `${claims}/plain`)
    assert.equal(deleted.code, 200)
    const left = await api.admin.send('GET', `${claims}/plain`)
    assert.ok(left.json['metadata'].deletionTimestamp, 'it waits for its finalizer')
  })

  test('a volume is protected', async () => {
    const spec = { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], hostPath: { path: '/data' } }
    const created = await api.admin.send('POST', '/api/v1/persistentvolumes', { body: { metadata: { name: 'disk' }, spec } })
    assert.deepEqual([created.code, created.json['metadata'].finalizers], [201, ['kubernetes.io/pv-protection']])
  })

  test('a bound claim grows where its class lets it', async () => {
    await storageClass('growing', {}, { allowVolumeExpansion: true })
    await storageClass('fixed', {})
    for (const name of ['growing', 'fixed']) {
      assert.equal((await api.admin.send('POST', claims, { body: claim(name, { storageClassName: name }) })).code, 201)
      await bind(name)
    }
    assert.equal((await grow('growing')).code, 200)
    const refused = await grow('fixed')
    assert.deepEqual(
      [refused.code, refused.json['message']],
      [
        403,
        'persistentvolumeclaims "fixed" is forbidden: only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize',
      ],
    )
  })
})
