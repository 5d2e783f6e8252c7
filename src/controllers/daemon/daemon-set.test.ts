import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { ControllerRevision } from '../../api/apps/controller-revision.ts'
import { DaemonSet } from '../../api/apps/daemon-set.ts'
import { Node, type Taint } from '../../api/core/node.ts'
import { Pod } from '../../api/core/pod.ts'
import { isPodReady } from '../../api/core/pod-conditions.ts'
import { controllerReference } from '../../meta/owner-references.ts'
import type { Draft } from '../../schema/schema.ts'
import { TestControlPlane } from '../testing/control-plane.ts'
import { before, decide, NOW, outcomeOf, stored } from '../testing/decide.ts'
import { daemonSetController } from './daemon-set.ts'
import { nodeOf, placementOn } from './nodes.ts'
import { type Place, placePods, updatePods } from './placing.ts'

const selector = { matchLabels: { app: 'd' } }
const template = (image = 'd:1', spec: Draft<Pod['spec']> = {}) => ({
  metadata: { labels: { app: 'd' } },
  spec: { containers: [{ name: 'c', image }], ...spec },
})
const set = (spec: Draft<DaemonSet['spec']> = {}) =>
  stored(DaemonSet, { metadata: { name: 'd' }, spec: { selector, template: template(), ...spec } })
const node = (name: string, taints: Taint[] = [], labels: Record<string, string> = {}) =>
  stored(Node, { metadata: { name, labels }, spec: { taints } })
const pod = (name: string, hash: string, o: { ready?: boolean; phase?: 'Failed'; gone?: boolean; age?: number; node?: string } = {}) =>
  stored(Pod, {
    metadata: {
      name,
      labels: { app: 'd', 'controller-revision-hash': hash },
      creationTimestamp: before(o.age ?? 60),
      ownerReferences: [controllerReference({ apiVersion: 'apps/v1', kind: 'DaemonSet' }, set())],
      ...(o.gone && { deletionTimestamp: before(1) }),
    },
    spec: { nodeName: o.node ?? 'n1', containers: [] },
    status: {
      phase: o.phase ?? 'Running',
      conditions: [{ type: 'Ready', status: o.ready === false ? 'False' : 'True', lastTransitionTime: before(60) }],
    },
  })
const facts = { mayAdopt: true, replaceAtMs: new Map<string, number>() }
const surge = { updateStrategy: { type: 'RollingUpdate' as const, rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } } }

describe('DaemonSet', () => {
  const noSchedule = (key: string): Taint => ({ key, effect: 'NoSchedule' })
  const placements: [string, DaemonSet, Node, boolean, boolean][] = [
    ['a plain node', set(), node('n1'), true, true],
    ['a cordoned node', set(), node('n1', [noSchedule('node.kubernetes.io/unschedulable')]), true, true],
    ['a node that is not ready', set(), node('n1', [{ key: 'node.kubernetes.io/not-ready', effect: 'NoExecute' }]), true, true],
    ['a control plane', set(), node('n1', [noSchedule('node-role.kubernetes.io/control-plane')]), false, true],
    ['a node that drives pods off', set(), node('n1', [{ key: 'mine', effect: 'NoExecute' }]), false, false],
    [
      'a node that tolerates',
      set({ template: template('d:1', { tolerations: [{ operator: 'Exists' }] }) }),
      node('n1', [{ key: 'mine', effect: 'NoExecute' }]),
      true,
      true,
    ],
    ['a node without the label', set({ template: template('d:1', { nodeSelector: { disk: 'ssd' } }) }), node('n1'), false, false],
    [
      'a node with the label',
      set({ template: template('d:1', { nodeSelector: { disk: 'ssd' } }) }),
      node('n1', [], { disk: 'ssd' }),
      true,
      true,
    ],
    [
      'no network, for a pod of the host',
      set({ template: template('d:1', { hostNetwork: true }) }),
      node('n1', [noSchedule('node.kubernetes.io/network-unavailable')]),
      true,
      true,
    ],
  ]
  for (const [name, ds, on, runs, stays] of placements)
    it(`is placed on ${name}: ${runs}, ${stays}`, () => assert.deepEqual(placementOn(ds, on), { runs, stays }))

  it('keeps its template as a revision, and makes a pod for each node, bound to it', () => {
    const { writes } = outcomeOf(daemonSetController(), 'default/d', [set(), node('n1'), node('n2')], { facts })
    const drafts = writes.flatMap(w => (w.verb === 'create' ? [w.draft] : []))
    const [revision, ...pods] = drafts as [Draft<ControllerRevision>, ...Draft<Pod>[]]
    const hash = revision.metadata?.labels?.['controller-revision-hash'] ?? ''
    assert.deepEqual([revision.metadata?.name, revision.revision], [`d-${hash}`, 1])
    assert.deepEqual(
      pods.map(p => [p.metadata?.generateName, p.metadata?.labels?.['controller-revision-hash'], nodeOf(stored(Pod, p))]),
      [
        ['d-', hash, 'n1'],
        ['d-', hash, 'n2'],
      ],
    )
    assert.equal(pods[0]?.spec?.tolerations?.length, 6)
    const counted = { ...set(), metadata: { ...set().metadata, annotations: { 'deprecated.daemonset.template.generation': '3' } } }
    const [of3] = outcomeOf(daemonSetController(), 'default/d', [counted, node('n1')], { facts }).writes.slice(1)
    assert.equal(of3?.verb === 'create' && of3.draft.metadata?.labels?.['pod-template-generation'], '3')
    assert.equal(decide(daemonSetController(), 'default/d', [set(), node('n1'), node('n2')], { facts }).at(-1), 'status DaemonSet d')
  })

  const place = (name: string, ...pods: Pod[]): Place => ({ node: name, runs: true, stays: true, pods })
  const plan = (ds: DaemonSet, ...places: Place[]) => {
    const placing = placePods(ds, places, 'new', NOW, () => true)
    const { create, remove } = placing.create.length + placing.remove.length > 0 ? placing : updatePods(ds, places, 'new', NOW)
    return [...create.map(n => `+${n}`), ...remove.map(p => `-${p.metadata.name}`)]
  }
  const rows: [string, string[], string[]][] = [
    ['fills empty nodes', plan(set(), place('n1'), place('n2', pod('a', 'new'))), ['+n1']],
    ['waits for a pod that is going', plan(set(), place('n1', pod('a', 'old', { gone: true }))), []],
    ['leaves one pod on a node', plan(set(), place('n1', pod('a', 'new', { age: 90 }), pod('b', 'new'))), ['-b']],
    ['replaces pods that failed', plan(set(), place('n1', pod('a', 'new', { phase: 'Failed' }))), ['-a']],
    ['clears nodes where it does not belong', plan(set(), { node: 'n1', runs: false, stays: false, pods: [pod('a', 'new')] }), ['-a']],
    ['leaves pods where they may stay', plan(set(), { node: 'n1', runs: false, stays: true, pods: [pod('a', 'new')] }), []],
    ['updates one at a time', plan(set(), place('n1', pod('a', 'old')), place('n2', pod('b', 'old'))), ['-a']],
    [
      'updates no more while one is unavailable',
      plan(set(), place('n1', pod('a', 'new', { ready: false })), place('n2', pod('b', 'old'))),
      [],
    ],
    [
      'updates what does not work at once',
      plan(set(), place('n1', pod('a', 'old', { ready: false })), place('n2', pod('b', 'old', { ready: false }))),
      ['-a', '-b'],
    ],
    ['surges beside the old pod', plan(set(surge), place('n1', pod('a', 'old')), place('n2', pod('b', 'old'))), ['+n1']],
    [
      'keeps the old pod until the new one works',
      plan(set(surge), place('n1', pod('a', 'old'), pod('c', 'new', { ready: false })), place('n2', pod('b', 'old'))),
      [],
    ],
    ['then deletes it', plan(set(surge), place('n1', pod('a', 'old'), pod('c', 'new')), place('n2', pod('b', 'old'))), ['-a']],
  ]
  for (const [name, got, want] of rows) it(name, () => assert.deepEqual(got, want))

  it('does not update when that is left to the user', () => {
    const d = set({ updateStrategy: { type: 'OnDelete' } })
    const lines = decide(daemonSetController(), 'default/d', [d, node('n1'), pod('a', 'old')], { facts })
    assert.deepEqual(
      lines.filter(line => line.startsWith('delete')),
      [],
    )
  })

  it('replaces a pod that fails time and again ever more slowly', async () => {
    const t = new TestControlPlane([daemonSetController()])
    await t.start()
    t.client.seed(Node, { metadata: { name: 'n1' } })
    await t.client.create(DaemonSet, { metadata: { namespace: 'default', name: 'd' }, spec: { selector, template: template() } })
    const made: number[] = []
    for (let second = 0; second < 120; second++) {
      await t.clock.advance(1000)
      for (const p of t.client.all(Pod)) {
        if (p.status.phase === 'Failed') continue
        made.push(second)
        await t.client.update(Pod, { ...p, spec: { ...p.spec, nodeName: 'n1' } })
        const bound = t.client.all(Pod)[0]!
        await t.client.update(Pod, { ...bound, status: { ...bound.status, phase: 'Failed' } }, { subresource: 'status' })
      }
    }
    assert.ok(made.length > 4 && made.length < 10, `made at ${made}`)
    await t.stop()
  })

  it('has a pod of its template on every node in the end, within its bounds, and then writes nothing', async () => {
    const step = fc.record({
      act: fc.constantFrom('image', 'image', 'add', 'drop', 'taint', 'untaint', 'kill', 'lag', 'release', 'restart'),
      n: fc.nat(6),
    })
    const strategy = fc.constantFrom(
      { maxSurge: 0, maxUnavailable: 1 },
      { maxSurge: 0, maxUnavailable: 2 },
      { maxSurge: 1, maxUnavailable: 0 },
      { maxSurge: '50%', maxUnavailable: 0 },
    )
    await fc.assert(
      fc.asyncProperty(strategy, fc.array(step, { maxLength: 12 }), fc.nat(1000), async (rollingUpdate, acts, seed) => {
        const t = new TestControlPlane([daemonSetController()], seed)
        await t.start()
        const key = { namespace: 'default', name: 'd' }
        for (const name of ['n0', 'n1', 'n2']) t.client.seed(Node, { metadata: { name } })
        await t.client.create(DaemonSet, {
          metadata: key,
          spec: { selector, template: template('d:0'), updateStrategy: { type: 'RollingUpdate', rollingUpdate } },
        })
        const kubelet = async () => {
          // The scheduler's part: pods go where they are bound.
          for (const p of t.client.all(Pod))
            if (!p.spec.nodeName) await t.client.update(Pod, { ...p, spec: { ...p.spec, nodeName: nodeOf(p) ?? '' } })
          await t.playKubelet()
        }
        let image = 'd:0'
        for (const { act, n } of acts) {
          const name = `n${n}`
          const there = t.client.all(Node).some(o => o.metadata.name === name)
          const victim = t.client.all(Pod)[n]
          if (act === 'image') image = `d:${n % 3}`
          if (act === 'image') await t.client.patch(DaemonSet, key, 'merge', { spec: { template: template(image) } })
          else if (act === 'add' && !there) t.client.seed(Node, { metadata: { name } })
          else if (act === 'drop' && there) {
            await t.client.delete(Node, { name })
            for (const p of t.client.all(Pod))
              if (p.spec.nodeName === name)
                await t.client.delete(Pod, { namespace: 'default', name: p.metadata.name }, { gracePeriodSeconds: 0 })
          } else if ((act === 'taint' || act === 'untaint') && there) {
            await t.client.patch(Node, { name }, 'merge', {
              spec: { taints: act === 'taint' ? [{ key: 'x', effect: 'NoExecute' }] : null },
            })
          } else if (act === 'kill' && victim) await t.client.delete(Pod, { namespace: 'default', name: victim.metadata.name })
          else if (act === 'lag') t.client.holdWatches(Pod)
          else if (act === 'release') t.client.releaseWatches()
          else if (act === 'restart') await t.writesAfterRestart(20)
          await t.clock.advance(10)
          const living = Map.groupBy(
            t.client.all(Pod).filter(p => !p.metadata.deletionTimestamp),
            nodeOf,
          )
          assert.ok(
            [...living.values()].every(pods => pods.length <= (rollingUpdate.maxSurge === 0 ? 1 : 2)),
            'never more pods on a node than allowed',
          )
          await kubelet()
        }
        t.client.releaseWatches()
        for (let i = 0; i < 30; i++) {
          await t.clock.advance(1000)
          await kubelet()
        }
        const wanted = t.client
          .all(Node)
          .filter(o => !o.spec.taints?.length)
          .map(o => o.metadata.name)
          .sort()
        const pods = t.client.all(Pod)
        assert.deepEqual(pods.map(p => p.spec.nodeName).sort(), wanted)
        assert.ok(pods.every(p => isPodReady(p) && p.spec.containers[0]?.image === image))
        const { status } = t.client.all(DaemonSet)[0]!
        const counts = [
          status.desiredNumberScheduled,
          status.currentNumberScheduled,
          status.numberReady,
          status.updatedNumberScheduled ?? 0,
          status.numberAvailable ?? 0,
        ]
        assert.deepEqual(counts, Array(5).fill(wanted.length))
        const revisions = t.client.all(ControllerRevision)
        assert.equal(new Set(revisions.map(r => JSON.stringify(r.data))).size, revisions.length, 'one revision a template')
        assert.deepEqual(await t.writesAfterRestart(), [])
        await t.stop()
      }),
      { numRuns: 25 },
    )
  })
})
