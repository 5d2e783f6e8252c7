import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { PersistentVolume } from '../api/core/persistent-volume.ts'
import { PersistentVolumeClaim } from '../api/core/persistent-volume-claim.ts'
import { Pod } from '../api/core/pod.ts'
import { VolumeAttributesClass } from '../api/storage/volume-attributes-class.ts'
import type { KubeObject } from '../meta/object-meta.ts'
import type { Draft } from '../schema/schema.ts'
import type { Reconciler } from './runtime/reconciler.ts'
import { attributesClassProtectionController, claimProtectionController, volumeProtectionController } from './storage-protection.ts'
import { TestControlPlane } from './testing/control-plane.ts'
import { before, outcomeOf, stored } from './testing/decide.ts'

const going = { deletionTimestamp: before(1) }
const claimFinalizer = 'kubernetes.io/pvc-protection'
const volumeFinalizer = 'kubernetes.io/pv-protection'

/** The finalizers that are written; undefined when nothing is. */
function finalizersWritten(reconciler: Reconciler<{ isFree: boolean }>, key: string, object: KubeObject, isFree = false) {
  const [write] = outcomeOf(reconciler as Reconciler, key, [object], { facts: { isFree } }).writes
  return write?.verb === 'update' ? write.object.metadata.finalizers : undefined
}

describe('Storage keeps its finalizer', () => {
  const claim = (metadata: Draft<PersistentVolumeClaim>['metadata']) =>
    stored(PersistentVolumeClaim, { metadata: { name: 'c', ...metadata }, spec: {} })
  const volume = (phase: string, metadata: Draft<PersistentVolume>['metadata']) =>
    stored(PersistentVolume, { metadata: { name: 'v', ...metadata }, spec: {}, status: { phase } } as Draft<PersistentVolume>)
  const ofClaim = (metadata: Draft<PersistentVolumeClaim>['metadata'], isFree = false) =>
    finalizersWritten(claimProtectionController, 'default/c', claim(metadata), isFree)
  const ofVolume = (phase: string, metadata: Draft<PersistentVolume>['metadata']) =>
    finalizersWritten(volumeProtectionController, 'v', volume(phase, metadata))
  const rows: [string, readonly string[] | undefined, readonly string[] | undefined][] = [
    ['when it is there', ofClaim({ finalizers: [claimFinalizer] }, true), undefined],
    ['and gets it when it lacks it', ofClaim({ finalizers: ['x'] }), ['x', claimFinalizer]],
    ['while it is used', ofClaim({ ...going, finalizers: [claimFinalizer] }), undefined],
    ['until it is free', ofClaim({ ...going, finalizers: ['x', claimFinalizer] }, true), ['x']],
    ['but does not get it on its way', ofClaim({ ...going, finalizers: ['x'] }, true), undefined],
    ['while it is bound', ofVolume('Bound', { ...going, finalizers: [volumeFinalizer] }), undefined],
    ['until it is released', ofVolume('Released', { ...going, finalizers: [volumeFinalizer] }), []],
  ]
  for (const [name, got, want] of rows) it(name, () => assert.deepEqual(got, want))
})

describe('A claim that is deleted', () => {
  const spec = (nodeName?: string) => ({
    containers: [{ name: 'c' }],
    volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'c' } }],
    ...(nodeName && { nodeName }),
  })
  const names = (t: TestControlPlane) => t.client.all(PersistentVolumeClaim).map(o => o.metadata.name)
  async function withClaim(seed: (t: TestControlPlane) => void): Promise<TestControlPlane> {
    const t = new TestControlPlane([claimProtectionController])
    t.client.seed(PersistentVolumeClaim, { metadata: { name: 'c', namespace: 'a', finalizers: [claimFinalizer] }, spec: {} })
    seed(t)
    await t.start()
    await t.client.delete(PersistentVolumeClaim, { namespace: 'a', name: 'c' })
    await t.clock.advance(1000)
    return t
  }

  it('waits for the pods that use it', async () => {
    const t = await withClaim(t => t.client.seed(Pod, { metadata: { name: 'p', namespace: 'a' }, spec: spec('n') }))
    assert.deepEqual(names(t), ['c'])
    await t.client.delete(Pod, { namespace: 'a', name: 'p' }, { gracePeriodSeconds: 0 })
    await t.clock.advance(1000)
    assert.deepEqual(names(t), [])
    await t.stop()
  })
  it('does not wait for pods that have no node, or other claims', async () => {
    const t = await withClaim(t => {
      t.client.seed(Pod, { metadata: { name: 'p', namespace: 'a' }, spec: spec() })
      t.client.seed(Pod, { metadata: { name: 'q', namespace: 'other' }, spec: spec('n') })
    })
    assert.deepEqual(names(t), [])
    await t.stop()
  })
  it('made for a pod goes when the pod is shut down, and not before', async () => {
    const owner = { apiVersion: 'v1', kind: 'Pod', name: 'p', uid: 'uid-p', controller: true }
    const t = new TestControlPlane([claimProtectionController])
    const metadata = { name: 'p-data', namespace: 'a', finalizers: [claimFinalizer], ownerReferences: [owner] }
    t.client.seed(PersistentVolumeClaim, { metadata, spec: {} })
    const volumes = [{ name: 'data', ephemeral: { volumeClaimTemplate: { spec: {} } } }]
    const pod = {
      metadata: { name: 'p', namespace: 'a', uid: 'uid-p', finalizers: ['x'] },
      spec: { containers: [], nodeName: 'n', volumes },
    }
    t.client.seed(Pod, pod as Draft<Pod>)
    await t.start()
    await t.client.delete(PersistentVolumeClaim, { namespace: 'a', name: 'p-data' })
    await t.clock.advance(1000)
    assert.deepEqual(names(t), ['p-data'])
    await t.client.delete(Pod, { namespace: 'a', name: 'p' }, { gracePeriodSeconds: 0 })
    await t.clock.advance(1000)
    assert.equal(t.count(Pod), 1, 'something else holds the pod')
    assert.deepEqual(names(t), [])
    await t.stop()
  })
})

it('A class of attributes waits for claims and volumes that have it', async () => {
  const t = new TestControlPlane([attributesClassProtectionController])
  await t.start()
  await t.client.create(VolumeAttributesClass, { metadata: { name: 'fast' }, driverName: 'example.com', parameters: { a: 'b' } })
  await t.client.create(PersistentVolumeClaim, { metadata: { name: 'c', namespace: 'a' }, spec: { volumeAttributesClassName: 'fast' } })
  await t.clock.advance(1000)
  assert.deepEqual(t.client.all(VolumeAttributesClass)[0]?.metadata.finalizers, ['kubernetes.io/vac-protection'])
  await t.client.delete(VolumeAttributesClass, { name: 'fast' })
  await t.clock.advance(1000)
  assert.equal(t.count(VolumeAttributesClass), 1)
  await t.client.delete(PersistentVolumeClaim, { namespace: 'a', name: 'c' })
  await t.clock.advance(1000)
  assert.equal(t.count(VolumeAttributesClass), 0)
  await t.stop()
})
