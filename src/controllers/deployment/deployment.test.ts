import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { Deployment } from '../../api/apps/deployment.ts'
import { ReplicaSet } from '../../api/apps/replica-set.ts'
import { Pod } from '../../api/core/pod.ts'
import { isPodReady } from '../../api/core/pod-conditions.ts'
import { controllerReference } from '../../meta/owner-references.ts'
import { StatusError } from '../../meta/status-error.ts'
import type { Draft } from '../../schema/schema.ts'
import { replicaSetController } from '../replication/replica-set.ts'
import { TestControlPlane } from '../testing/control-plane.ts'
import { before, decide, outcomeOf, stored } from '../testing/decide.ts'
import { deploymentController } from './deployment.ts'
import { newSetDraft } from './revisions.ts'

const template = (image = 'nginx:1') => ({ metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'c', image }] } })
const selector = { matchLabels: { app: 'web' } }
const deployment = (spec: Draft<Deployment['spec']> = {}, status: Draft<Deployment['status']> = {}) =>
  stored(Deployment, { metadata: { name: 'web' }, spec: { replicas: 10, selector, template: template(), ...spec }, status })
const owner = controllerReference({ apiVersion: 'apps/v1', kind: 'Deployment' }, deployment())

/** A set of the Deployment with `n` pods of which `available` are. */
const set = (image: string, n: number, available: number, revision: number, o: { age?: number; desired?: number; max?: number } = {}) => {
  const draft = newSetDraft(deployment({ template: template(image) }), [])
  return stored(ReplicaSet, {
    ...draft,
    metadata: {
      ...draft.metadata,
      name: image.replace(':', '-'),
      ownerReferences: [owner],
      creationTimestamp: before(o.age ?? 1000 - revision),
      annotations: {
        'deployment.kubernetes.io/revision': `${revision}`,
        'deployment.kubernetes.io/desired-replicas': `${o.desired ?? 10}`,
        'deployment.kubernetes.io/max-replicas': `${o.max ?? 13}`,
      },
    },
    spec: { ...draft.spec, replicas: n },
    status: { replicas: n, readyReplicas: available, availableReplicas: available, observedGeneration: 1 },
  })
}
const facts = { mayAdopt: true }
/** The sizes that sets are given. */
const sizes = (d: Deployment, sets: readonly ReplicaSet[], pods: readonly Pod[] = []) =>
  Object.fromEntries(
    outcomeOf(deploymentController, 'default/web', [d, ...sets, ...pods], { facts }).writes.flatMap(w =>
      w.verb === 'update' && w.kind.kind === 'ReplicaSet' ? [[w.object.metadata.name, (w.object as ReplicaSet).spec.replicas]] : [],
    ),
  )
const condition = (d: Deployment, sets: readonly ReplicaSet[], type: string, circumstances = {}) => {
  const { writes } = outcomeOf(deploymentController, 'default/web', [d, ...sets], { facts, ...circumstances })
  const status = writes.findLast(w => w.verb === 'update' && w.subresource === 'status')
  const found = status?.verb === 'update' ? (status.object as Deployment).status.conditions?.find(c => c.type === type) : undefined
  return found && [found.status, found.reason, found.message].join(' / ')
}

describe('Deployment', () => {
  it('makes a set for its template, named by a hash that its pods bear', () => {
    const { writes } = outcomeOf(deploymentController, 'default/web', [deployment()], { facts })
    const [create] = writes
    assert.ok(create?.verb === 'create')
    const draft = create.draft as Draft<ReplicaSet>
    const hash = draft.metadata?.labels?.['pod-template-hash'] ?? ''
    assert.match(hash, /^[bcdfghjklmnpqrstvwxz2456789]{8,10}$/)
    assert.equal(draft.metadata?.name, `web-${hash}`)
    assert.deepEqual(draft.spec?.selector?.matchLabels, { app: 'web', 'pod-template-hash': hash })
    assert.deepEqual(draft.spec?.template?.metadata?.labels, { app: 'web', 'pod-template-hash': hash })
    assert.deepEqual(draft.metadata?.annotations, {
      'deployment.kubernetes.io/revision': '1',
      'deployment.kubernetes.io/desired-replicas': '10',
      'deployment.kubernetes.io/max-replicas': '13',
    })
    assert.equal(draft.spec?.replicas, 10)
    assert.equal(condition(deployment(), [], 'Progressing'), `True / NewReplicaSetCreated / Created new replica set "web-${hash}"`)
  })

  const steps: [string, Draft<Deployment['spec']>, ReplicaSet[], Record<string, number>][] = [
    ['grows the new set by the surge', { template: template('b:1') }, [set('a:1', 10, 10, 1), set('b:1', 0, 0, 2)], { 'b-1': 3 }],
    [
      'shrinks the old set by what may be unavailable',
      { template: template('b:1') },
      [set('a:1', 10, 10, 1), set('b:1', 3, 0, 2)],
      { 'a-1': 8 },
    ],
    ['waits for the new pods', { template: template('b:1') }, [set('a:1', 8, 8, 1), set('b:1', 5, 0, 2)], {}],
    ['goes on when they are available', { template: template('b:1') }, [set('a:1', 8, 8, 1), set('b:1', 5, 5, 2)], { 'a-1': 3 }],
    [
      'removes pods that never became available first',
      { template: template('c:1') },
      [set('a:1', 8, 8, 1), set('b:1', 5, 0, 2), set('c:1', 0, 0, 3)],
      { 'b-1': 0 },
    ],
    ['scales the only set', { replicas: 4 }, [set('nginx:1', 10, 10, 1)], { 'nginx-1': 4 }],
    [
      'shares out a larger number in the middle of a rollout',
      { replicas: 20, template: template('b:1') },
      [set('a:1', 8, 8, 1), set('b:1', 5, 2, 2)],
      { 'a-1': 15, 'b-1': 10 },
    ],
    [
      'shares out a smaller number in the middle of a rollout',
      { replicas: 5, template: template('b:1') },
      [set('a:1', 8, 8, 1), set('b:1', 5, 2, 2)],
      { 'a-1': 4, 'b-1': 3 },
    ],
    [
      'stops everything at once when it recreates',
      { strategy: { type: 'Recreate' }, template: template('b:1') },
      [set('a:1', 10, 10, 1, { max: 10 })],
      { 'a-1': 0 },
    ],
    ['does not roll while paused', { paused: true, template: template('b:1') }, [set('a:1', 10, 10, 1), set('b:1', 0, 0, 2)], {}],
  ]
  for (const [name, spec, sets, want] of steps) it(name, () => assert.deepEqual(sizes(deployment(spec), sets), want))

  it('starts the recreated pods when the last old one is gone', () => {
    const d = deployment({ strategy: { type: 'Recreate' }, template: template('b:1') })
    const old = set('a:1', 0, 0, 1)
    const pod = (phase: 'Running' | 'Failed') =>
      stored(Pod, {
        metadata: { name: 'p', ownerReferences: [controllerReference({ apiVersion: 'apps/v1', kind: 'ReplicaSet' }, old)] },
        spec: { containers: [] },
        status: { phase },
      })
    const lines = (p: Pod) => decide(deploymentController, 'default/web', [d, old, p], { facts }).filter(line => line.startsWith('create'))
    assert.deepEqual(lines(pod('Running')), [])
    assert.equal(lines(pod('Failed')).length, 1)
  })

  it('counts a rollback as a new revision and remembers the old one', () => {
    const sets = [set('nginx:1', 0, 0, 1), set('b:1', 10, 10, 2)]
    const { writes } = outcomeOf(deploymentController, 'default/web', [deployment(), ...sets], { facts })
    const update = writes.find(w => w.verb === 'update' && w.object.metadata.name === 'nginx-1')
    const annotations = update?.verb === 'update' ? update.object.metadata.annotations : {}
    assert.equal(annotations?.['deployment.kubernetes.io/revision'], '3')
    assert.equal(annotations?.['deployment.kubernetes.io/revision-history'], '1')
    const own = writes.find(w => w.verb === 'update' && w.kind === Deployment && w.subresource === 'status')
    assert.equal(own?.verb === 'update' && own.object.metadata.annotations?.['deployment.kubernetes.io/revision'], '3')
  })

  it('takes another name when its own is taken', () => {
    const d = deployment()
    const { name } = newSetDraft(d, []).metadata ?? {}
    const foreign = stored(ReplicaSet, {
      metadata: { name: name ?? '' },
      spec: { selector: { matchLabels: { a: 'b' } }, template: template('x') },
    })
    assert.deepEqual(decide(deploymentController, 'default/web', [d, foreign], { facts }), ['status Deployment web'])
    const next = deployment({}, { collisionCount: 1 })
    assert.notEqual(newSetDraft(next, []).metadata?.name, name)
  })

  it('keeps no more old sets than its history allows', () => {
    const complete = { replicas: 10, updatedReplicas: 10, availableReplicas: 10, readyReplicas: 10, observedGeneration: 1 }
    const sets = [set('a:1', 0, 0, 1), set('b:1', 0, 0, 2), set('c:1', 0, 0, 3), set('nginx:1', 10, 10, 4)]
    const lines = decide(deploymentController, 'default/web', [deployment({ revisionHistoryLimit: 1 }, complete), ...sets], { facts })
    assert.deepEqual(
      lines.filter(line => line.startsWith('delete')),
      ['delete ReplicaSet a-1', 'delete ReplicaSet b-1'],
    )
  })

  it('tells how it is getting on', () => {
    const d = deployment()
    const progressing = (seconds: number, reason: string, status = 'True') => [
      { type: 'Progressing', status, reason, message: '', lastUpdateTime: before(seconds), lastTransitionTime: before(seconds) },
    ]
    assert.equal(
      condition(d, [set('nginx:1', 10, 10, 1)], 'Progressing'),
      'True / NewReplicaSetAvailable / ReplicaSet "nginx-1" has successfully progressed.',
    )
    assert.equal(condition(d, [set('nginx:1', 10, 4, 1)], 'Progressing'), 'True / ReplicaSetUpdated / ReplicaSet "nginx-1" is progressing.')
    const stuck = deployment({}, { replicas: 10, updatedReplicas: 10, conditions: progressing(601, 'ReplicaSetUpdated') })
    assert.equal(
      condition(stuck, [set('nginx:1', 10, 0, 1)], 'Progressing'),
      'False / ProgressDeadlineExceeded / ReplicaSet "nginx-1" has timed out progressing.',
    )
    assert.equal(
      condition(d, [set('nginx:1', 10, 10, 1)], 'Available'),
      'True / MinimumReplicasAvailable / Deployment has minimum availability.',
    )
    assert.equal(
      condition(d, [set('nginx:1', 10, 7, 1)], 'Available'),
      'False / MinimumReplicasUnavailable / Deployment does not have minimum availability.',
    )
    assert.equal(
      condition(deployment({ paused: true }), [set('nginx:1', 10, 10, 1)], 'Progressing'),
      'Unknown / DeploymentPaused / Deployment is paused',
    )
    const failure = StatusError.forbidden({ group: 'apps', resource: 'replicasets' }, '', 'quota')
    assert.match(
      condition(d, [], 'Progressing', { failure }) ?? '',
      /^False \/ ReplicaSetCreateError \/ Failed to create new replica set "web-\w+": replicasets.apps is forbidden: quota$/,
    )
  })

  it('looks again when the deadline has passed', () => {
    const conditions = [
      {
        type: 'Progressing',
        status: 'True',
        reason: 'ReplicaSetUpdated',
        message: '',
        lastUpdateTime: before(100),
        lastTransitionTime: before(100),
      },
    ]
    const d = deployment({}, { replicas: 10, updatedReplicas: 10, conditions })
    assert.equal(outcomeOf(deploymentController, 'default/web', [d, set('nginx:1', 10, 0, 1)], { facts }).requeueAfterMs, 501_000)
  })

  it('rolls whatever comes to its end, within its bounds, and then writes nothing', async () => {
    const step = fc.record({
      act: fc.constantFrom('image', 'image', 'scale', 'pause', 'resume', 'kill', 'lag', 'release', 'restart'),
      n: fc.nat(8),
    })
    const strategy = fc.oneof(
      fc.constant({ type: 'Recreate' as const }),
      fc
        .record({ maxSurge: fc.constantFrom(0, 1, 2, '25%'), maxUnavailable: fc.constantFrom(1, 2, '25%') })
        .map(rollingUpdate => ({ type: 'RollingUpdate' as const, rollingUpdate })),
    )
    await fc.assert(
      fc.asyncProperty(strategy, fc.array(step, { maxLength: 10 }), fc.nat(1000), async (how, acts, seed) => {
        const t = new TestControlPlane([deploymentController, replicaSetController], seed)
        await t.start()
        const key = { namespace: 'default', name: 'web' }
        await t.client.create(Deployment, { metadata: key, spec: { replicas: 4, selector, template: template('v:0'), strategy: how } })
        let [replicas, image, largest] = [4, 'v:0', 4]
        for (const { act, n } of acts) {
          const victim = t.client.all(Pod)[n]
          if (act === 'image') image = `v:${n % 4}`
          if (act === 'scale') replicas = n
          largest = Math.max(largest, replicas)
          if (act === 'image') await t.client.patch(Deployment, key, 'merge', { spec: { template: template(image) } })
          else if (act === 'scale') await t.client.patch(Deployment, key, 'merge', { spec: { replicas } })
          else if (act === 'pause' || act === 'resume')
            await t.client.patch(Deployment, key, 'merge', { spec: { paused: act === 'pause' } })
          else if (act === 'kill' && victim) await t.client.delete(Pod, { ...key, name: victim.metadata.name })
          else if (act === 'lag') t.client.holdWatches(n % 2 === 0 ? ReplicaSet : Pod)
          else if (act === 'release') t.client.releaseWatches()
          else if (act === 'restart') await t.writesAfterRestart(20)
          await t.clock.advance(10)
          await t.playKubelet(pod => (pod.metadata.uid.length + n) % 3 !== 0)
          assert.ok(t.count(Pod) <= 2 * (largest + 2), 'pods stay within the surge of the largest size')
        }
        t.client.releaseWatches()
        await t.client.patch(Deployment, key, 'merge', { spec: { paused: false } })
        for (let i = 0; i < 30; i++) {
          await t.clock.advance(1000)
          await t.playKubelet()
        }
        const d = t.client.all(Deployment)[0]!
        const pods = t.client.all(Pod)
        assert.deepEqual(
          pods.map(p => p.spec.containers[0]?.image),
          Array(replicas).fill(image),
        )
        assert.ok(pods.every(isPodReady))
        assert.deepEqual(
          [d.status.replicas ?? 0, d.status.updatedReplicas ?? 0, d.status.availableReplicas ?? 0],
          [replicas, replicas, replicas],
        )
        assert.equal(d.status.conditions?.find(c => c.type === 'Progressing')?.reason, 'NewReplicaSetAvailable')
        const images = t.client.all(ReplicaSet).map(rs => rs.spec.template.spec?.containers[0]?.image)
        assert.equal(new Set(images).size, images.length, 'one set a template')
        assert.deepEqual(await t.writesAfterRestart(), [])
        await t.stop()
      }),
      { numRuns: 25 },
    )
  })

  it('never has fewer available pods, nor more pods, than its strategy allows', async () => {
    const bounds = fc.tuple(fc.nat(3), fc.nat(3)).filter(([surge, unavailable]) => surge + unavailable > 0)
    await fc.assert(
      fc.asyncProperty(bounds, fc.integer({ min: 1, max: 8 }), fc.nat(1000), async ([maxSurge, maxUnavailable], replicas, seed) => {
        const t = new TestControlPlane([deploymentController, replicaSetController], seed)
        await t.start()
        const key = { namespace: 'default', name: 'web' }
        const strategy = { type: 'RollingUpdate' as const, rollingUpdate: { maxSurge, maxUnavailable } }
        await t.client.create(Deployment, { metadata: key, spec: { replicas, selector, template: template('v:0'), strategy } })
        const settle = async (steps: number, watch: boolean) => {
          for (let i = 0; i < steps; i++) {
            await t.clock.advance(50)
            const pods = t.client.all(Pod).filter(p => !p.metadata.deletionTimestamp)
            if (watch) assert.ok(pods.filter(isPodReady).length >= replicas - maxUnavailable, 'available')
            assert.ok(pods.length <= replicas + maxSurge, 'surge')
            await t.playKubelet(pod => (pod.metadata.name.charCodeAt(pod.metadata.name.length - 1) + i) % 2 === 0)
          }
        }
        await settle(20, false)
        await t.client.patch(Deployment, key, 'merge', { spec: { template: template('v:1') } })
        await settle(60, true)
        assert.deepEqual(
          t.client.all(Pod).map(p => p.spec.containers[0]?.image),
          Array(replicas).fill('v:1'),
        )
        await t.stop()
      }),
      { numRuns: 20, examples: [[[3, 0], 7, 0]] },
    )
  })
})
