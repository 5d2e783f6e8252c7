import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { storedKinds } from '../../api/all.ts'
import { Deployment } from '../../api/apps/deployment.ts'
import { ReplicaSet } from '../../api/apps/replica-set.ts'
import { ConfigMap } from '../../api/core/config-map.ts'
import { Pod } from '../../api/core/pod.ts'
import { apiVersionOf, type Kind } from '../../api/kind.ts'
import { PriorityClass } from '../../api/scheduling/priority-class.ts'
import type { KubeObject } from '../../meta/object-meta.ts'
import { deploymentController } from '../deployment/deployment.ts'
import { replicaSetController } from '../replication/replica-set.ts'
import { fixedKinds } from '../runtime/kind-source.ts'
import { TestControlPlane } from '../testing/control-plane.ts'
import { garbageCollector } from './garbage-collector.ts'

const collector = garbageCollector(fixedKinds(storedKinds))

async function cluster() {
  const t = new TestControlPlane([collector])
  await t.start()
  const names = () =>
    t.client
      .all(ConfigMap)
      .map(o => o.metadata.name)
      .sort()
  const refer = (kind: Kind, owner: KubeObject, block = true) => ({
    apiVersion: apiVersionOf(kind),
    kind: kind.kind,
    name: owner.metadata.name,
    uid: owner.metadata.uid,
    blockOwnerDeletion: block,
  })
  const make = (name: string, ...owners: ConfigMap[]) =>
    t.client.create(ConfigMap, { metadata: { namespace: 'a', name, ownerReferences: owners.map(owner => refer(ConfigMap, owner)) } })
  const remove = (name: string, propagationPolicy: 'Background' | 'Foreground' | 'Orphan') =>
    t.client.delete(ConfigMap, { namespace: 'a', name }, { propagationPolicy })
  const settle = () => t.clock.advance(20_000)
  return { ...{ t, names, make, remove, settle }, stop: () => t.stop() }
}

describe('Garbage collector', () => {
  it('deletes what its owner leaves behind, down the tree', async () => {
    const c = await cluster()
    const root = await c.make('root')
    const child = await c.make('child', root)
    await c.make('grandchild', child)
    await c.make('other')
    await c.remove('root', 'Background')
    await c.settle()
    assert.deepEqual(c.names(), ['other'])
    await c.stop()
  })

  it('takes the lost owner off what still has another one', async () => {
    const c = await cluster()
    const [one, two] = [await c.make('one'), await c.make('two')]
    await c.make('child', one, two)
    await c.remove('one', 'Background')
    await c.settle()
    const child = c.t.client.all(ConfigMap).find(o => o.metadata.name === 'child')
    assert.deepEqual(
      child?.metadata.ownerReferences?.map(r => r.name),
      ['two'],
    )
    await c.stop()
  })

  it('deletes in the foreground from the leaves up', async () => {
    const c = await cluster()
    const gone: string[] = []
    const root = await c.make('root')
    const child = await c.make('child', root)
    await c.make('grandchild', child)
    const watching = new AbortController()
    void c.t.client.watch(ConfigMap, { resourceVersion: '0', signal: watching.signal }, events => {
      for (const event of events) if (event.type === 'DELETED') gone.push(event.object.metadata.name)
    })
    await c.remove('root', 'Foreground')
    await c.settle()
    assert.deepEqual(gone, ['grandchild', 'child', 'root'])
    watching.abort()
    await c.stop()
  })

  it('comes through a circle of foreground deletions', async () => {
    const c = await cluster()
    const a = await c.make('a')
    const b = await c.make('b', a)
    await c.t.client.patch(ConfigMap, { namespace: 'a', name: 'a' }, 'merge', {
      metadata: { ownerReferences: [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'b', uid: b.metadata.uid, blockOwnerDeletion: true }] },
    })
    await c.remove('a', 'Foreground')
    await c.settle()
    assert.deepEqual(c.names(), [])
    await c.stop()
  })

  it('leaves orphans where that is asked for', async () => {
    const c = await cluster()
    const root = await c.make('root')
    await c.make('child', root)
    await c.remove('root', 'Orphan')
    await c.settle()
    const [child, ...others] = c.t.client.all(ConfigMap)
    assert.deepEqual([child?.metadata.name, child?.metadata.ownerReferences ?? [], others], ['child', [], []])
    await c.stop()
  })

  it('asks the server before it believes that an owner is gone', async () => {
    const c = await cluster()
    c.t.client.holdWatches(Deployment)
    const owner = c.t.client.seed(Deployment, { metadata: { namespace: 'a', name: 'late' }, spec: { selector: {}, template: {} } })
    const reference = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'late', uid: owner.metadata.uid }
    await c.t.client.create(ConfigMap, { metadata: { namespace: 'a', name: 'child', ownerReferences: [reference] } })
    await c.t.client.create(ConfigMap, { metadata: { namespace: 'a', name: 'lost', ownerReferences: [{ ...reference, uid: 'before' }] } })
    await c.t.client.create(ConfigMap, {
      metadata: { namespace: 'a', name: 'strange', ownerReferences: [{ ...reference, kind: 'Unheard' }] },
    })
    await c.settle()
    assert.deepEqual(c.names(), ['child', 'strange'])
    c.t.client.releaseWatches()
    assert.deepEqual(await c.t.writesAfterRestart(), [])
    await c.stop()
  })

  it('looks again at what has an owner that its view never showed', async () => {
    const c = await cluster()
    c.t.client.holdWatches(Deployment)
    const owner = c.t.client.seed(Deployment, { metadata: { namespace: 'a', name: 'late' }, spec: { selector: {}, template: {} } })
    const reference = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'late', uid: owner.metadata.uid }
    await c.t.client.create(ConfigMap, { metadata: { namespace: 'a', name: 'child', ownerReferences: [reference] } })
    await c.t.clock.advance(100)
    assert.deepEqual(c.names(), ['child'])
    await c.t.client.delete(Deployment, { namespace: 'a', name: 'late' })
    await c.settle()
    assert.deepEqual(c.names(), [])
    await c.stop()
  })

  it('says that an owner in another namespace is none; a cluster-wide object that names such an owner is left alone', async () => {
    const c = await cluster()
    const owner = await c.t.client.create(ConfigMap, { metadata: { namespace: 'b', name: 'owner' } })
    const ownerReferences = [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'owner', uid: owner.metadata.uid }]
    await c.t.client.create(ConfigMap, { metadata: { namespace: 'a', name: 'child', ownerReferences } })
    await c.t.client.create(PriorityClass, { metadata: { name: 'wide', ownerReferences }, value: 1 })
    await c.settle()
    assert.deepEqual(c.names(), ['owner'])
    assert.equal(c.t.count(PriorityClass), 1)
    const text = (namespace: string) =>
      `ownerRef [v1/ConfigMap, namespace: ${namespace}, name: owner, uid: ${owner.metadata.uid}] does not exist in namespace "${namespace}"`
    assert.deepEqual(
      c.t.events.map(e => [e.reason, e.message]).sort(),
      ['', 'a'].map(namespace => ['OwnerRefInvalidNamespace', text(namespace)]),
    )
    await c.stop()
  })

  it('deletes a Deployment with all that belongs to it, whichever way', async () => {
    for (const propagationPolicy of ['Background', 'Foreground'] as const) {
      const t = new TestControlPlane([collector, deploymentController, replicaSetController])
      await t.start()
      const template = { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'c', image: 'nginx' }] } }
      await t.client.create(Deployment, {
        metadata: { namespace: 'a', name: 'web' },
        spec: { replicas: 3, selector: { matchLabels: { app: 'web' } }, template },
      })
      for (let i = 0; i < 3; i++) {
        await t.clock.advance(1000)
        await t.playKubelet()
      }
      await t.client.delete(Deployment, { namespace: 'a', name: 'web' }, { propagationPolicy })
      for (let i = 0; i < 5; i++) {
        await t.clock.advance(1000)
        await t.playKubelet()
      }
      assert.deepEqual([t.count(Deployment), t.count(ReplicaSet), t.count(Pod)], [0, 0, 0])
      await t.stop()
    }
  })

  it('never deletes what has an owner left, and leaves nothing that lost all', async () => {
    const act = fc.record({
      act: fc.constantFrom('make', 'make', 'remove', 'lag', 'release'),
      name: fc.nat(5),
      owners: fc.uniqueArray(fc.nat(5), { maxLength: 2 }),
      policy: fc.constantFrom('Background' as const, 'Foreground' as const, 'Orphan' as const),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(act, { maxLength: 25 }), async acts => {
        const c = await cluster()
        for (const { act, name, owners, policy } of acts) {
          const there = c.t.client.all(ConfigMap)
          const living = there.filter(o => !o.metadata.deletionTimestamp)
          if (act === 'make' && !there.some(o => o.metadata.name === `${name}`))
            await c.make(`${name}`, ...living.filter((_, i) => owners.includes(i)))
          if (act === 'remove' && living.some(o => o.metadata.name === `${name}`)) await c.remove(`${name}`, policy)
          if (act === 'lag') c.t.client.holdWatches(ConfigMap)
          if (act === 'release') c.t.client.releaseWatches()
          await c.t.clock.advance(10)
        }
        c.t.client.releaseWatches()
        await c.settle()
        const left = c.t.client.all(ConfigMap)
        const uids = new Set(left.map(o => o.metadata.uid))
        for (const o of left) {
          assert.equal(o.metadata.deletionTimestamp, undefined)
          for (const reference of o.metadata.ownerReferences ?? []) assert.ok(uids.has(reference.uid), 'no dangling references')
        }
        assert.deepEqual(await c.t.writesAfterRestart(), [])
        await c.stop()
      }),
      { numRuns: 40 },
    )
  })
})
