import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { Lease } from '../../api/coordination/lease.ts'
import type { Toleration } from '../../api/core/affinity.ts'
import { Node, type Taint } from '../../api/core/node.ts'
import { Pod } from '../../api/core/pod.ts'
import { formatMicroTime, formatTime } from '../../meta/time.ts'
import { TestControlPlane } from '../testing/control-plane.ts'
import { before, decide, NOW, outcomeOf, stored } from '../testing/decide.ts'
import { nodeLifecycleController } from './node-lifecycle.ts'
import { endedPodCollector, lostPodCollector, strandedPodCollector } from './pod-garbage.ts'
import { nodeRegistrationController } from './registration.ts'
import { evictionTimeMs, taintEvictionController } from './taint-eviction.ts'

const controller = nodeLifecycleController()
const node = (
  name: string,
  ready: 'True' | 'False' | 'Unknown' | undefined,
  o: { taints?: Taint[]; heartbeat?: number; unschedulable?: boolean; pressure?: boolean } = {},
) =>
  stored(Node, {
    metadata: { name },
    spec: { ...(o.taints && { taints: o.taints }), ...(o.unschedulable && { unschedulable: true }) },
    status: {
      conditions: [
        ...(ready ? [{ type: 'Ready', status: ready, lastHeartbeatTime: before(o.heartbeat ?? 5), lastTransitionTime: before(900) }] : []),
        ...(o.pressure ? [{ type: 'DiskPressure', status: 'True', lastTransitionTime: before(9) }] : []),
      ],
    },
  })
const pod = (name: string, nodeName: string, tolerations: Toleration[] = []) =>
  stored(Pod, {
    metadata: { name },
    spec: { nodeName, containers: [], tolerations },
    status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: before(60) }] },
  })
const taint = (key: string, effect: Taint['effect'], seconds = 0): Taint => ({
  key: `node.kubernetes.io/${key}`,
  effect,
  timeAdded: before(seconds),
})

/** The taints that a node is given. */
const taints = (objects: Parameters<typeof decide>[2], circumstances = {}) => {
  const update = outcomeOf(controller, 'n1', objects, circumstances).writes.find(w => w.verb === 'update' && w.subresource === undefined)
  return update?.verb === 'update'
    ? ((update.object as Node).spec.taints ?? []).map(t => `${t.key.split('/').at(-1)}:${t.effect}`)
    : undefined
}

describe('Node lifecycle', () => {
  const others = [node('n2', 'True'), node('n3', 'True')]
  const rows: [string, Node[], string[] | undefined][] = [
    ['leaves a ready node alone', [node('n1', 'True'), ...others], undefined],
    [
      'clears the taints of one that recovered',
      [node('n1', 'True', { taints: [taint('not-ready', 'NoSchedule'), taint('unreachable', 'NoExecute')] }), ...others],
      [],
    ],
    ['taints one that is not ready', [node('n1', 'False'), ...others], ['not-ready:NoSchedule', 'not-ready:NoExecute']],
    [
      'taints one that is not heard of, and gives it up once that is written',
      [node('n1', 'True', { heartbeat: 41 }), ...others],
      ['unreachable:NoSchedule'],
    ],
    [
      'gives up what is unreachable',
      [node('n1', 'Unknown', { heartbeat: 41, taints: [taint('unreachable', 'NoSchedule')] }), ...others],
      ['unreachable:NoSchedule', 'unreachable:NoExecute'],
    ],
    [
      'turns the taints of a node that was not ready and has gone silent',
      [node('n1', 'Unknown', { taints: [taint('not-ready', 'NoSchedule'), taint('not-ready', 'NoExecute')] }), ...others],
      ['unreachable:NoSchedule', 'unreachable:NoExecute'],
    ],
    ['lets those go first that failed first', [node('n1', 'False'), node('n0', 'False'), ...others], ['not-ready:NoSchedule']],
    [
      'tells pressure and cordons',
      [node('n1', 'True', { pressure: true, unschedulable: true }), ...others],
      ['disk-pressure:NoSchedule', 'unschedulable:NoSchedule'],
    ],
    [
      'keeps the taints of others',
      [node('n1', 'False', { taints: [{ key: 'mine', effect: 'NoExecute' }] }), ...others],
      ['mine:NoExecute', 'not-ready:NoSchedule', 'not-ready:NoExecute'],
    ],
    ['gives up no node when all have failed', [node('n1', 'False'), node('n2', 'False')], ['not-ready:NoSchedule']],
    [
      'waits between two nodes of a zone',
      [node('n1', 'False'), node('n2', 'False', { taints: [taint('not-ready', 'NoExecute', 5)] }), node('n3', 'True')],
      ['not-ready:NoSchedule'],
    ],
    [
      'goes on after that',
      [node('n1', 'False'), node('n2', 'False', { taints: [taint('not-ready', 'NoExecute', 11)] }), node('n3', 'True')],
      ['not-ready:NoSchedule', 'not-ready:NoExecute'],
    ],
    [
      'gives up none when most of a small zone has failed',
      [node('n1', 'False'), node('n2', 'False'), node('n3', 'False'), node('n4', 'True')],
      ['not-ready:NoSchedule'],
    ],
  ]
  for (const [name, nodes, want] of rows) it(name, () => assert.deepEqual(taints(nodes), want))

  it('goes by when the lease was seen to change, not by the clock that wrote it', () => {
    const lease = stored(Lease, {
      metadata: { name: 'n1', namespace: 'kube-node-lease' },
      spec: { renewTime: formatMicroTime(NOW - 900_000) },
    })
    const objects = [node('n1', 'True', { heartbeat: 900 }), lease, ...others]
    const seen = (seconds: number) => ({ seen: { 'kube-node-lease/n1': NOW - seconds * 1000 } })
    assert.deepEqual(decide(controller, 'n1', objects, seen(39)), [])
    assert.equal(outcomeOf(controller, 'n1', objects, seen(30)).requeueAfterMs, 10_001)
    assert.equal(decide(controller, 'n1', objects, seen(41)).length, 3)
  })

  it('does not wait longer for a node whose clock is ahead', () => {
    const objects = [node('n1', 'True', { heartbeat: -9000 }), ...others]
    assert.deepEqual(decide(controller, 'n1', objects, { seen: { n1: NOW - 39_000 } }), [])
    assert.equal(decide(controller, 'n1', objects, { seen: { n1: NOW - 41_000 } }).length, 3)
  })

  it('dates the taints by which people drive pods out', () => {
    const tainted = node('n1', 'True', { taints: [{ key: 'mine', effect: 'NoExecute' }] })
    const { writes } = outcomeOf(controller, 'n1', [tainted, ...others])
    assert.deepEqual(
      writes.map(w => w.verb === 'update' && (w.object as Node).spec.taints),
      [[{ key: 'mine', effect: 'NoExecute', timeAdded: before(0) }]],
    )
  })

  it('tells when a node is ready, and when no longer', () => {
    const told = (...args: Parameters<typeof node>) =>
      decide(controller, 'n1', [node(...args), ...others]).filter(l => l.startsWith('event'))
    assert.deepEqual(told('n1', 'True', { taints: [taint('not-ready', 'NoSchedule')] }), [
      'event NodeReady: Node n1 status is now: NodeReady',
    ])
    assert.deepEqual(told('n1', 'True', { heartbeat: 41 }), ['event NodeNotReady: Node n1 status is now: NodeNotReady'])
    assert.deepEqual(told('n1', 'Unknown', { taints: [taint('not-ready', 'NoSchedule')] }), [])
  })

  it('gives up one node at a time, however many fail together', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 4, max: 9 }), fc.nat(1000), async (count, seed) => {
        const t = new TestControlPlane([controller], seed)
        await t.start()
        const status = (value: string) => {
          const [at, since] = [formatTime(t.clock.now()), before(0)]
          return {
            ...node('any', undefined).status,
            conditions: [{ type: 'Ready', status: value, lastHeartbeatTime: at, lastTransitionTime: since }],
          }
        }
        const nodes = Array.from({ length: count }, (_, i) => t.client.seed(Node, { metadata: { name: `n${i}` }, status: status('True') }))
        await t.clock.advance(1000)
        const post = async (o: Node, value: string) => {
          const there = t.client.all(Node).find(other => other.metadata.name === o.metadata.name)
          if (there) await t.client.update(Node, { ...there, status: status(value) }, { subresource: 'status' })
        }
        const failing = nodes.slice(0, Math.floor(count / 2))
        await Promise.all(failing.map(o => post(o, 'False')))
        const givenUp = () => t.client.all(Node).flatMap(o => o.spec.taints?.filter(x => x.effect === 'NoExecute') ?? [])
        for (let i = 0; i < 12; i++) {
          await t.clock.advance(5000)
          for (const o of nodes) await post(o, failing.includes(o) ? 'False' : 'True')
        }
        const times = givenUp()
          .map(x => Date.parse(x.timeAdded ?? ''))
          .sort((a, b) => a - b)
        assert.equal(times.length, failing.length)
        for (const [i, time] of times.entries()) if (i > 0) assert.ok(time - times[i - 1]! >= 10_000, 'ten seconds apart')
        for (const o of failing) await post(o, 'True')
        await t.clock.advance(100)
        assert.deepEqual(
          t.client.all(Node).flatMap(o => o.spec.taints ?? []),
          [],
        )
        assert.deepEqual(await t.writesAfterRestart(1000), [])
        await t.stop()
      }),
      { numRuns: 10 },
    )
  })

  it('tells of nodes that come and go', async () => {
    const t = new TestControlPlane([nodeRegistrationController()])
    await t.start()
    t.client.seed(Node, { metadata: { name: 'n1', uid: 'one' } })
    await t.clock.advance(100)
    await t.client.patch(Node, { name: 'n1' }, 'merge', { spec: { unschedulable: true } })
    await t.clock.advance(100)
    await t.client.delete(Node, { name: 'n1' })
    await t.clock.advance(100)
    assert.deepEqual(
      t.events.map(e => [e.about.uid, e.reason, e.message]),
      [
        ['one', 'RegisteredNode', 'Node n1 event: Registered Node n1 in Controller'],
        ['one', 'RemovingNode', 'Node n1 event: Removing Node n1 from Controller'],
      ],
    )
    await t.stop()
  })

  it('tells of a silent node that its status is unknown, and its pods not ready', () => {
    const { writes } = outcomeOf(controller, 'n1', [node('n1', 'True', { heartbeat: 41 }), ...others, pod('p', 'n1')])
    const status = writes.find(w => w.verb === 'update' && w.kind === Node && w.subresource === 'status')
    const conditions = status?.verb === 'update' ? ((status.object as Node).status.conditions ?? []) : []
    assert.deepEqual(
      conditions.map(c => [c.type, c.status, c.reason]),
      [
        ['Ready', 'Unknown', 'NodeStatusUnknown'],
        ['MemoryPressure', 'Unknown', 'NodeStatusNeverUpdated'],
        ['DiskPressure', 'Unknown', 'NodeStatusNeverUpdated'],
        ['PIDPressure', 'Unknown', 'NodeStatusNeverUpdated'],
      ],
    )
    const lines = decide(controller, 'n1', [
      node('n1', 'Unknown', { taints: [taint('unreachable', 'NoSchedule'), taint('unreachable', 'NoExecute')] }),
      ...others,
      pod('p', 'n1'),
    ])
    assert.deepEqual(lines, ['status Pod p', 'event NodeNotReady: Node is not ready'])
  })

  it('gives a node that never spoke its time to start', () => {
    const young = stored(Node, {
      metadata: { name: 'n1', creationTimestamp: before(50) },
      spec: { taints: [taint('not-ready', 'NoSchedule')] },
    })
    assert.deepEqual(decide(controller, 'n1', [young]), [])
    assert.equal(decide(controller, 'n1', [young], { now: NOW + 11_000 }).length, 2)
  })
})

describe('Taint eviction', () => {
  const unreachable = taint('unreachable', 'NoExecute', 100)
  const tolerate = (seconds?: number): Toleration => ({
    key: unreachable.key,
    operator: 'Exists',
    effect: 'NoExecute',
    ...(seconds !== undefined && { tolerationSeconds: seconds }),
  })
  const rows: [string, Toleration[], number | undefined][] = [
    ['is at once for who does not tolerate', [], NOW],
    ['is never for who tolerates', [tolerate()], undefined],
    ['is when the toleration ends', [tolerate(300)], NOW + 200_000],
    ['is at once when it has ended', [tolerate(60)], NOW - 40_000],
  ]
  for (const [name, tolerations, want] of rows) it(name, () => assert.equal(evictionTimeMs([unreachable], tolerations, 0, NOW), want))

  it('gives who comes later the full time, and waits for taints to be dated', () => {
    assert.equal(evictionTimeMs([unreachable], [tolerate(300)], NOW - 50_000, NOW), NOW + 250_000)
    const { timeAdded, ...undated } = unreachable
    assert.equal(evictionTimeMs([undated], [tolerate(300)], 0, NOW), undefined)
    assert.equal(evictionTimeMs([undated], [], 0, NOW), NOW)
  })

  it('tells the pod why, and deletes it', () => {
    const objects = [node('n1', 'Unknown', { taints: [unreachable] }), pod('p', 'n1')]
    assert.deepEqual(decide(taintEvictionController, 'default/p', objects), [
      'event TaintManagerEviction: Marking for deletion Pod default/p',
      'patch Pod p',
      'delete Pod p',
    ])
    const waiting = [node('n1', 'Unknown', { taints: [unreachable] }), pod('p', 'n1', [tolerate(300)])]
    assert.deepEqual(outcomeOf(taintEvictionController, 'default/p', waiting), { writes: [], requeueAfterMs: 200_000 })
  })

  it('follows the failure of a node from its silence to its pods', async () => {
    const t = new TestControlPlane([controller, taintEvictionController])
    await t.start()
    const beat = async (...names: string[]) => {
      for (const name of names) {
        const spec = { renewTime: formatMicroTime(t.clock.now()) }
        await t.client.patch(Lease, { namespace: 'kube-node-lease', name }, 'merge', { spec })
      }
    }
    for (const name of ['n1', 'n2']) {
      t.client.seed(Lease, { metadata: { name, namespace: 'kube-node-lease' } })
      t.client.seed(Node, {
        metadata: { name },
        status: { conditions: [{ type: 'Ready', status: 'True', lastHeartbeatTime: formatTime(t.clock.now()) }] },
      })
      const tolerations = [
        { key: 'node.kubernetes.io/unreachable', operator: 'Exists' as const, effect: 'NoExecute' as const, tolerationSeconds: 60 },
      ]
      t.client.seed(Pod, {
        metadata: { name: `p-${name}`, namespace: 'default' },
        spec: { nodeName: name, containers: [], tolerations },
        status: { phase: 'Running' },
      })
    }
    const beatFor = async (seconds: number, ...names: string[]) => {
      for (let i = 0; i < seconds; i += 10) {
        await beat(...names)
        await t.clock.advance(10_000)
      }
    }
    const going = () =>
      t.client
        .all(Pod)
        .filter(p => p.metadata.deletionTimestamp)
        .map(p => p.metadata.name)
    await beatFor(120, 'n1', 'n2')
    assert.deepEqual(
      t.client.all(Node).map(n => n.status.conditions?.[0]?.status),
      ['True', 'True'],
    )
    await beatFor(60, 'n2')
    assert.deepEqual(
      t.client.all(Node).map(n => n.status.conditions?.[0]?.status),
      ['Unknown', 'True'],
    )
    assert.deepEqual(going(), [])
    await beatFor(60, 'n2')
    assert.deepEqual(going(), ['p-n1'])
    const disrupted = t.client.all(Pod).map(p => p.status.conditions?.find(c => c.type === 'DisruptionTarget')?.reason)
    assert.deepEqual(disrupted, ['DeletionByTaintManager', undefined])
    await t.stop()
  })
})

describe('Pod garbage', () => {
  it('ended beyond the number goes, oldest first', () => {
    const ended = (name: string, age: number) =>
      stored(Pod, { metadata: { name, creationTimestamp: before(age) }, spec: { containers: [] }, status: { phase: 'Succeeded' } })
    const objects = [ended('a', 10), ended('b', 30), ended('c', 20), pod('d', 'n1')]
    assert.deepEqual(decide(endedPodCollector(1), 'ended', objects), ['delete Pod b', 'delete Pod c'])
    assert.deepEqual(decide(endedPodCollector(3), 'ended', objects), [])
  })

  it('evicted goes before the rest', () => {
    const ended = (name: string, age: number, reason?: string) =>
      stored(Pod, {
        metadata: { name, creationTimestamp: before(age) },
        spec: { containers: [] },
        status: { phase: 'Failed', ...(reason && { reason }) },
      })
    assert.deepEqual(decide(endedPodCollector(1), 'ended', [ended('a', 30), ended('b', 5, 'Evicted')]), ['delete Pod b'])
  })

  it('that cannot end on a node out of service goes, and that without a need is left', () => {
    const down = node('n1', 'Unknown', { taints: [{ key: 'node.kubernetes.io/out-of-service', effect: 'NoExecute' }] })
    const going = stored(Pod, { ...pod('p', 'n1'), metadata: { name: 'p', deletionTimestamp: before(1), deletionGracePeriodSeconds: 30 } })
    assert.deepEqual(decide(strandedPodCollector, 'default/p', [down, going]), ['patch Pod p', 'delete Pod p'])
    assert.deepEqual(decide(strandedPodCollector, 'default/p', [node('n1', 'Unknown'), going]), [])
    assert.deepEqual(decide(strandedPodCollector, 'default/p', [down, pod('p', 'n1')]), [])
    const held = stored(Pod, {
      metadata: { name: 'p', deletionTimestamp: before(1), deletionGracePeriodSeconds: 0, finalizers: ['example.com/x'] },
      spec: { containers: [] },
      status: { phase: 'Failed' },
    })
    assert.deepEqual(decide(strandedPodCollector, 'default/p', [held]), [])
  })

  it('that never had a node goes at once', () => {
    const going = stored(Pod, {
      metadata: { name: 'p', deletionTimestamp: before(1) },
      spec: { containers: [] },
      status: { phase: 'Pending' },
    })
    assert.deepEqual(decide(strandedPodCollector, 'default/p', [going]), ['patch Pod p', 'delete Pod p'])
    assert.deepEqual(decide(strandedPodCollector, 'default/p', [stored(Pod, { metadata: { name: 'p' } })]), [])
  })

  it('of a lost node goes when the quarantine is over and the server confirms', async () => {
    const t = new TestControlPlane([lostPodCollector()])
    await t.start()
    t.client.seed(Node, { metadata: { name: 'n1' } })
    for (const name of ['n1', 'n2'])
      t.client.seed(Pod, { metadata: { name: `p-${name}`, namespace: 'default' }, spec: { nodeName: name, containers: [] } })
    await t.clock.advance(39_000)
    assert.equal(t.count(Pod), 2)
    const last: Pod[] = []
    const watching = new AbortController()
    void t.client.watch(Pod, { resourceVersion: '0', signal: watching.signal }, events => {
      for (const event of events) if (event.type === 'DELETED') last.push(event.object)
    })
    await t.clock.advance(2_000)
    watching.abort()
    assert.deepEqual(
      last.map(p => [p.metadata.name, p.status.phase, p.status.conditions?.map(c => c.message)]),
      [['p-n2', 'Failed', ['PodGC: node no longer exists']]],
    )
    assert.deepEqual(
      t.client.all(Pod).map(p => p.metadata.name),
      ['p-n1'],
    )
    await t.client.delete(Node, { name: 'n1' })
    await t.clock.advance(20_000)
    t.client.seed(Node, { metadata: { name: 'n1' } })
    await t.clock.advance(120_000)
    assert.equal(t.count(Pod), 1)
    await t.stop()
  })
})
