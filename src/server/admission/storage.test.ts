import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ConfigMap } from '../../api/core/config-map.ts'
import { PersistentVolume } from '../../api/core/persistent-volume.ts'
import { PersistentVolumeClaim } from '../../api/core/persistent-volume-claim.ts'
import { StorageClass } from '../../api/storage/storage-class.ts'
import { stored } from '../../api/testkit.ts'
import type { KubeObject } from '../../meta/object-meta.ts'
import type { Draft } from '../../schema/schema.ts'
import { defaultStorageClass } from './default-storage-class.ts'
import { persistentVolumeClaimResize } from './persistent-volume-claim-resize.ts'
import { storageObjectInUseProtection } from './storage-protection.ts'
import { having, mutated, request } from './testkit.ts'

const isDefault = { 'storageclass.kubernetes.io/is-default-class': 'true' }
const classOf = (name: string, metadata: Draft<StorageClass>['metadata'] = {}, more: Partial<Draft<StorageClass>> = {}) =>
  stored(StorageClass, { metadata: { name, ...metadata }, provisioner: 'example.com/disk', ...more })
const claimOf = (
  storage: string,
  spec: Partial<Draft<PersistentVolumeClaim>['spec']> = {},
  more: Partial<Draft<PersistentVolumeClaim>> = {},
) =>
  stored(PersistentVolumeClaim, {
    metadata: { name: 'data' },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage } }, ...spec },
    ...more,
  })

describe('The storage class of a claim', () => {
  const old = classOf('old', { annotations: isDefault, creationTimestamp: '2025-01-01T00:00:00Z' })
  const later = ['b', 'a'].map(name => classOf(name, { annotations: isDefault }))
  const annotated = claimOf('1Gi', {}, { metadata: { name: 'data', annotations: { 'volume.beta.kubernetes.io/storage-class': '' } } })
  const rows: [string, PersistentVolumeClaim, StorageClass[], string | undefined][] = [
    ['is the default one', claimOf('1Gi'), [classOf('other'), old], 'old'],
    ['is the newest of them, then the first by name', claimOf('1Gi'), [old, ...later], 'a'],
    ['is none where there is no default', claimOf('1Gi'), [classOf('other')], undefined],
    ['is what it asks for', claimOf('1Gi', { storageClassName: 'other' }), [old], 'other'],
    ['is none where it asks for none', claimOf('1Gi', { storageClassName: '' }), [old], ''],
    ['is what its annotation says', annotated, [old], undefined],
  ]
  for (const [name, claim, classes, want] of rows)
    it(name, () => {
      const admitted = mutated(defaultStorageClass, request(PersistentVolumeClaim, { object: claim }), having(...classes))
      assert.equal((admitted as PersistentVolumeClaim).spec.storageClassName, want)
    })
})

describe('Finalizers', () => {
  const admitted = (...args: Parameters<typeof request>) => {
    const object = mutated(storageObjectInUseProtection, request(...args), having()) as KubeObject
    return object.metadata.finalizers
  }
  const volume = stored(PersistentVolume, { metadata: { name: 'v' }, spec: { hostPath: { path: '/x' } } } as Draft<PersistentVolume>)
  it('protect claims and volumes', () => {
    assert.deepEqual(admitted(PersistentVolumeClaim, { object: claimOf('1Gi') }), ['kubernetes.io/pvc-protection'])
    assert.deepEqual(admitted(PersistentVolume, { object: volume }), ['kubernetes.io/pv-protection'])
  })
  it('are there once, beside others, and on nothing else', () => {
    const finalizers = ['kubernetes.io/pvc-protection', 'example.com/x']
    assert.deepEqual(admitted(PersistentVolumeClaim, { object: claimOf('1Gi', {}, { metadata: { finalizers } }) }), finalizers)
    const own = claimOf('1Gi', {}, { metadata: { finalizers: ['example.com/x'] } })
    assert.deepEqual(admitted(PersistentVolumeClaim, { object: own }), ['example.com/x', 'kubernetes.io/pvc-protection'])
    assert.equal(admitted(PersistentVolumeClaim, { operation: 'UPDATE', object: claimOf('1Gi'), previous: claimOf('1Gi') }), undefined)
    assert.equal(admitted(ConfigMap, { object: stored(ConfigMap, {}) }), undefined)
  })
})

describe('A claim that grows', () => {
  const growing = classOf('growing', {}, { allowVolumeExpansion: true })
  const fixed = classOf('fixed')
  const bound = (storage: string, storageClassName: string | undefined = 'growing') =>
    claimOf(storage, { ...(storageClassName !== undefined && { storageClassName }) }, { status: { phase: 'Bound' } })
  const unable = 'only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize'
  const rows: [string, next: PersistentVolumeClaim, previous: PersistentVolumeClaim, string | undefined][] = [
    ['may where its class allows', bound('2Gi'), bound('1Gi'), undefined],
    ['may not where it does not', bound('2Gi', 'fixed'), bound('1Gi', 'fixed'), unable],
    ['may not without a class', bound('2Gi', ''), bound('1Gi', ''), unable],
    ['may not with a class that is gone', bound('2Gi', 'gone'), bound('1Gi', 'gone'), unable],
    ['may not while it changes its class', bound('2Gi'), bound('1Gi', 'fixed'), unable],
    [
      'may not unbound',
      bound('2Gi'),
      claimOf('1Gi', { storageClassName: 'growing' }),
      'Only bound persistent volume claims can be expanded',
    ],
    ['is no claim that stays as it is', bound('1024Mi', 'fixed'), bound('1Gi', 'fixed'), undefined],
  ]
  for (const [name, object, previous, want] of rows)
    it(name, () => {
      const asked = request(PersistentVolumeClaim, { operation: 'UPDATE', object, previous })
      const check = () => persistentVolumeClaimResize.validate?.(asked, having(growing, fixed))
      if (want === undefined) assert.doesNotThrow(check)
      else assert.throws(check, { reason: 'Forbidden', message: `persistentvolumeclaims "data" is forbidden: ${want}` })
    })
})
