import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { ReplicaSet } from '../../api/apps/replica-set.ts'
import { Pod } from '../../api/core/pod.ts'
import { isPodActive } from '../../api/core/pod-conditions.ts'
import { ReplicationController } from '../../api/core/replication-controller.ts'
import { controllerReference } from '../../meta/owner-references.ts'
import { StatusError } from '../../meta/status-error.ts'
import type { Draft } from '../../schema/schema.ts'
import { TestControlPlane } from '../testing/control-plane.ts'
import { before, decide, outcomeOf, stored } from '../testing/decide.ts'
import { replicaSetController } from './replica-set.ts'
import { replicationControllerController } from './replication-controller.ts'

const template = { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'c', image: 'nginx:1' }] } }
const rs = (replicas: number, status: Draft<ReplicaSet['status']> = {}, metadata: Draft<ReplicaSet['metadata']> = {}) =>
  stored(ReplicaSet, {
    metadata: { name: 'web', ...metadata },
    spec: { replicas, selector: { matchLabels: { app: 'web' } }, template },
    status: { observedGeneration: 1, terminatingReplicas: 0, ...status },
  })
const owned = controllerReference({ apiVersion: 'apps/v1', kind: 'ReplicaSet' }, rs(0))
const pod = (
  name: string,
  o: {
    owned?: boolean
    phase?: 'Pending' | 'Running' | 'Failed'
    ready?: number
    node?: string
    labels?: Record<string, string>
    gone?: boolean
    cost?: string
  } = {},
) =>
  stored(Pod, {
    metadata: {
      name,
      labels: o.labels ?? { app: 'web' },
      ...(o.owned !== false && { ownerReferences: [owned] }),
      ...(o.gone && { deletionTimestamp: before(1) }),
      ...(o.cost && { annotations: { 'controller.kubernetes.io/pod-deletion-cost': o.cost } }),
    },
    spec: { containers: [{ name: 'c', image: 'nginx:1' }], ...(o.node !== undefined && { nodeName: o.node }) },
    status: {
      phase: o.phase ?? (o.ready === undefined ? 'Pending' : 'Running'),
      ...(o.ready !== undefined && { conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: before(o.ready) }] }),
    },
  })
const facts = { mayAdopt: true }
const full = (n: number) => ({ replicas: n, fullyLabeledReplicas: n, readyReplicas: n, availableReplicas: n })

describe('ReplicaSet', () => {
  const rows: [string, Parameters<typeof rs>, Pod[], string[]][] = [
    ['creates the missing pods', [2], [], ['create Pod web-*', 'create Pod web-*']],
    [
      'replaces pods that ended or are going',
      [1],
      [pod('a', { phase: 'Failed' }), pod('b', { gone: true, ready: 60, node: 'n' })],
      ['create Pod web-*', 'status ReplicaSet web'],
    ],
    ['writes nothing when all is as it should be', [1, full(1)], [pod('a', { ready: 60 })], []],
    ['counts what it sees', [1], [pod('a', { ready: 60 })], ['status ReplicaSet web']],
    ['adopts orphans that match', [1, full(1)], [pod('a', { ready: 60, owned: false })], ['patch Pod a']],
    ['lets go of pods that no longer match', [0], [pod('a', { ready: 60, labels: { app: 'other' } })], ['patch Pod a']],
    ['leaves going owners alone', [2, {}, { deletionTimestamp: before(5) }], [pod('a', { owned: false })], []],
    [
      'deletes pods without a node first',
      [1, { replicas: 2, fullyLabeledReplicas: 2 }],
      [pod('a', { node: 'n' }), pod('b')],
      ['delete Pod b'],
    ],
    [
      'then those that are not ready',
      [1, { ...full(1), replicas: 2, fullyLabeledReplicas: 2 }],
      [pod('a', { node: 'n', ready: 9 }), pod('b', { node: 'n', phase: 'Running' })],
      ['delete Pod b'],
    ],
    [
      'then the cheap ones',
      [1, full(2)],
      [pod('a', { node: 'n', ready: 9 }), pod('b', { node: 'n', ready: 9, cost: '-1' })],
      ['delete Pod b'],
    ],
    [
      'then those on crowded nodes',
      [2, full(3)],
      [pod('a', { node: 'm', ready: 9 }), pod('b', { node: 'n', ready: 900 }), pod('c', { node: 'n', ready: 900 })],
      ['delete Pod b'],
    ],
    ['then the young ones', [1, full(2)], [pod('a', { node: 'm', ready: 900 }), pod('b', { node: 'n', ready: 9 })], ['delete Pod b']],
  ]
  for (const [name, args, pods, want] of rows) {
    it(name, () => assert.deepEqual(decide(replicaSetController, 'default/web', [rs(...args), ...pods], { facts }), want))
  }

  it('makes pods from its template', () => {
    const [create] = outcomeOf(replicaSetController, 'default/web', [rs(1)], { facts }).writes
    assert.ok(create?.verb === 'create')
    assert.deepEqual(create.draft.metadata, {
      namespace: 'default',
      generateName: 'web-',
      labels: { app: 'web' },
      ownerReferences: [owned],
    })
  })

  it('does not adopt when the server knows that it is going', () => {
    const objects = [rs(0), pod('a', { owned: false })]
    assert.deepEqual(decide(replicaSetController, 'default/web', objects, { facts: { mayAdopt: false } }), [])
  })

  it('tells a failure to create until the number is right', () => {
    const failure = StatusError.forbidden({ group: '', resource: 'pods' }, '', 'exceeded quota')
    const [, status] = outcomeOf(replicaSetController, 'default/web', [rs(1)], { facts, failure }).writes
    assert.ok(status?.verb === 'update')
    const { conditions } = (status.object as ReplicaSet).status
    assert.deepEqual(
      conditions?.map(c => [c.type, c.status, c.reason, c.message]),
      [['ReplicaFailure', 'True', 'FailedCreate', 'pods is forbidden: exceeded quota']],
    )
    assert.deepEqual(decide(replicaSetController, 'default/web', [rs(1, { conditions: conditions ?? [] })], { facts }), [
      'create Pod web-*',
    ])
    const cured = outcomeOf(
      replicaSetController,
      'default/web',
      [rs(1, { ...full(1), conditions: conditions ?? [] }), pod('a', { ready: 9 })],
      { facts },
    )
    assert.deepEqual(
      cured.writes.map(w => w.verb === 'update' && (w.object as ReplicaSet).status.conditions),
      [undefined],
    )
  })

  it('looks again when a ready pod becomes available', () => {
    const young = stored(ReplicaSet, { metadata: { name: 'web' }, spec: { ...rs(1).spec, minReadySeconds: 30 } })
    const outcome = outcomeOf(replicaSetController, 'default/web', [young, pod('a', { ready: 10 })], { facts })
    assert.equal(outcome.requeueAfterMs, 20_000)
    const [status] = outcome.writes
    assert.deepEqual(status?.verb === 'update' && (status.object as ReplicaSet).status, {
      replicas: 1,
      fullyLabeledReplicas: 1,
      readyReplicas: 1,
      terminatingReplicas: 0,
      observedGeneration: 1,
    })
  })

  it('reaches the number, whatever is done to its pods, and then writes nothing', async () => {
    const step = fc.oneof(
      fc.record({ act: fc.constant('scale' as const), n: fc.nat(12) }),
      fc.record({ act: fc.constantFrom('kill', 'relabel', 'hold', 'lag', 'release', 'fail', 'restart'), n: fc.nat(12) }),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), fc.nat(1000), async (steps, seed) => {
        const t = new TestControlPlane([replicaSetController], seed)
        await t.start()
        const key = { namespace: 'default', name: 'web' }
        await t.client.create(ReplicaSet, { metadata: key, spec: { replicas: 3, selector: { matchLabels: { app: 'web' } }, template } })
        let wanted = 3
        for (const { act, n } of steps) {
          const pods = t.client.all(Pod)
          const victim = pods[n % Math.max(1, pods.length)]
          if (act === 'scale') wanted = n
          if (act === 'scale') await t.client.patch(ReplicaSet, key, 'merge', { spec: { replicas: n } })
          else if (act === 'kill' && victim) await t.client.delete(Pod, { ...key, name: victim.metadata.name })
          else if (act === 'relabel' && victim)
            await t.client.patch(Pod, { ...key, name: victim.metadata.name }, 'merge', { metadata: { labels: { app: 'x' } } })
          else if (act === 'hold') t.client.holdWatches()
          else if (act === 'lag') t.client.holdWatches(Pod)
          else if (act === 'release') t.client.releaseWatches()
          else if (act === 'restart') await t.writesAfterRestart(50)
          else if (act === 'fail') {
            let failures = n
            t.client.intercept = call => {
              if (call.verb === 'create' && failures-- > 0) throw StatusError.serviceUnavailable('down')
            }
          }
          await t.clock.advance(20)
          const active = t.client.all(Pod).filter(p => isPodActive(p) && p.metadata.labels?.['app'] === 'web')
          assert.ok(active.length <= Math.max(12, wanted), 'never more pods than were ever wanted')
        }
        t.client.releaseWatches()
        // What was refused many times in a row is tried again after up to a thousand seconds.
        for (let i = 0; i < 12; i++) {
          await t.clock.advance(1_000_000)
          await t.playKubelet()
        }
        await t.clock.advance(20_000)
        const active = t.client.all(Pod).filter(p => isPodActive(p) && p.metadata.labels?.['app'] === 'web')
        assert.equal(active.length, wanted)
        const { status } = t.client.all(ReplicaSet)[0]!
        assert.deepEqual([status.replicas, status.readyReplicas ?? 0, status.availableReplicas ?? 0], [wanted, wanted, wanted])
        assert.deepEqual(await t.writesAfterRestart(), [])
        await t.stop()
      }),
      { numRuns: 25 },
    )
  })

  it('never creates a pod twice, however late its view is', async () => {
    const t = new TestControlPlane([replicaSetController])
    await t.start()
    t.client.holdWatches(Pod)
    const key = { namespace: 'default', name: 'web' }
    await t.client.create(ReplicaSet, { metadata: key, spec: { replicas: 5, selector: { matchLabels: { app: 'web' } }, template } })
    for (let i = 0; i < 10; i++) {
      await t.clock.advance(1000)
      await t.client.patch(ReplicaSet, key, 'merge', { metadata: { annotations: { wake: `${i}` } } })
    }
    assert.equal(t.count(Pod), 5)
    t.client.releaseWatches()
    await t.clock.advance(1000)
    assert.equal(t.count(Pod), 5)
    assert.deepEqual(
      t.events.map(e => e.reason),
      Array(5).fill('SuccessfulCreate'),
    )
    await t.stop()
  })
})

describe('ReplicationController', () => {
  it('creates and counts by its plain selector', () => {
    const rc = stored(ReplicationController, { metadata: { name: 'web' }, spec: { replicas: 1, template } })
    assert.deepEqual(rc.spec.selector, { app: 'web' })
    assert.deepEqual(decide(replicationControllerController, 'default/web', [rc], { facts }), [
      'create Pod web-*',
      'status ReplicationController web',
    ])
  })
})
