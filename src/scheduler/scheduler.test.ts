import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Event } from '../api/core/event.ts'
import { Node } from '../api/core/node.ts'
import { Pod } from '../api/core/pod.ts'
import { silentLogger } from '../base/logger.ts'
import { seededRandom, VirtualClock } from '../base/virtual-clock.ts'
import { FakeClient } from '../client/fake-client.ts'
import { StatusError } from '../meta/status-error.ts'
import { sampleNode, samplePod } from './samples.ts'
import { runScheduler } from './scheduler.ts'

async function withScheduler(act: (world: { client: FakeClient; clock: VirtualClock }) => Promise<void>): Promise<void> {
  const clock = new VirtualClock()
  const random = seededRandom(1)
  const client = new FakeClient({ clock, random })
  const stop = new AbortController()
  const running = runScheduler({ client, clock, random, logger: silentLogger, signal: stop.signal })
  try {
    await clock.advance(0)
    await act({ client, clock })
  } finally {
    stop.abort()
    await running
  }
}
const nodeOf = (client: FakeClient, name: string) => client.all(Pod).find(pod => pod.metadata.name === name)?.spec.nodeName
const messages = (client: FakeClient) => client.all(Event).map(event => `${event.type} ${event.reason} ${event.message}`)

test('a pod is bound, and an event says so', async () => {
  await withScheduler(async ({ client, clock }) => {
    client.seed(Node, sampleNode('n1'))
    client.seed(Pod, samplePod('p'))
    client.seed(Pod, samplePod('other', { schedulerName: 'mine' }))
    await clock.advance(20)
    assert.equal(nodeOf(client, 'p'), 'n1')
    assert.equal(nodeOf(client, 'other'), undefined)
    assert.deepEqual(messages(client), ['Normal Scheduled Successfully assigned default/p to n1'])
  })
})

test('a pod that fits nowhere says why, and is bound when room is made', async () => {
  await withScheduler(async ({ client, clock }) => {
    client.seed(Node, sampleNode('n1'))
    client.seed(Pod, samplePod('big', { nodeName: 'n1' }, { cpu: '3' }))
    client.seed(Pod, samplePod('p', {}, { cpu: '2' }))
    await clock.advance(20)
    const message =
      '0/1 nodes are available: 1 Insufficient cpu. no new claims to deallocate, ' +
      'preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod.'
    const condition = client.all(Pod).find(pod => pod.metadata.name === 'p')?.status.conditions?.[0]
    assert.deepEqual(
      [condition?.type, condition?.status, condition?.reason, condition?.message],
      ['PodScheduled', 'False', 'Unschedulable', message],
    )
    assert.deepEqual(messages(client), [`Warning FailedScheduling ${message}`])
    await client.delete(Pod, { namespace: 'default', name: 'big' }, { gracePeriodSeconds: 0 })
    await clock.advance(20)
    assert.equal(nodeOf(client, 'p'), 'n1')
  })
})

test('a binding that fails is tried again, and holds no room meanwhile', async () => {
  await withScheduler(async ({ client, clock }) => {
    let refusals = 1
    client.intercept = ({ verb }) => {
      if (verb === 'post' && refusals-- > 0) throw StatusError.serviceUnavailable('try later')
    }
    client.seed(Node, sampleNode('n1'))
    client.seed(Pod, samplePod('p', {}, { cpu: '4' }))
    await clock.advance(20)
    assert.equal(nodeOf(client, 'p'), undefined)
    assert.deepEqual(messages(client), ['Warning FailedScheduling binding rejected: try later'])
    await clock.advance(1000)
    assert.equal(nodeOf(client, 'p'), 'n1')
  })
})

test('pods that are bound but not yet seen count, and no node is overcommitted', async () => {
  await withScheduler(async ({ client, clock }) => {
    client.seed(Node, sampleNode('n1'))
    client.seed(Node, sampleNode('n2'))
    await clock.advance(0)
    for (let i = 0; i < 12; i++) client.seed(Pod, samplePod(`p${i}`, {}, { cpu: '1' }))
    await clock.advance(0)
    client.holdWatches()
    await clock.advance(200)
    client.releaseWatches()
    await clock.advance(200)
    const counts = Map.groupBy(client.all(Pod), pod => pod.spec.nodeName ?? '')
    assert.deepEqual(
      ['n1', 'n2', ''].map(name => counts.get(name)?.length),
      [4, 4, 4],
    )
  })
})

test('a cordoned cluster schedules when a node is opened', async () => {
  await withScheduler(async ({ client, clock }) => {
    const node = client.seed(Node, sampleNode('n1', { spec: { unschedulable: true } }))
    client.seed(Pod, samplePod('p'))
    await clock.advance(20)
    assert.match(messages(client)[0] ?? '', /0\/1 nodes are available: 1 node\(s\) were unschedulable\. /)
    await client.update(Node, { ...node, spec: {} })
    await clock.advance(20)
    assert.equal(nodeOf(client, 'p'), 'n1')
  })
})
