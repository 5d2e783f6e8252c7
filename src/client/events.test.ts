import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Event } from '../api/core/event.ts'
import { seededRandom, VirtualClock } from '../base/virtual-clock.ts'
import { StatusError } from '../meta/status-error.ts'
import { EventRecorder } from './events.ts'
import { FakeClient } from './fake-client.ts'

const pod = { apiVersion: 'v1', kind: 'Pod', namespace: 'a', name: 'web', uid: 'u1' }

async function started() {
  const clock = new VirtualClock()
  const client = new FakeClient({ clock, random: seededRandom(1) })
  let dropped = 0
  const recorder = new EventRecorder({
    client,
    clock,
    random: seededRandom(2),
    source: { component: 'kubelet', host: 'n1' },
    onDropped: () => dropped++,
  })
  const stop = new AbortController()
  const running = recorder.run(stop.signal)
  const finish = async () => {
    stop.abort()
    await clock.advance(0)
    await running
  }
  return { clock, client, recorder, finish, dropped: () => dropped, events: () => client.all(Event) }
}

describe('EventRecorder', () => {
  it('stores an event in the namespace of its object', async () => {
    const t = await started()
    t.recorder.record(pod, 'Normal', 'Started', 'Started container')
    await t.clock.advance(0)
    const [event] = t.events()
    assert.match(event?.metadata.name ?? '', /^web\.[0-9a-f]{16}$/)
    assert.equal(event?.metadata.namespace, 'a')
    assert.deepEqual(event?.involvedObject, pod)
    assert.deepEqual([event?.count, event?.type, event?.reason, event?.message], [1, 'Normal', 'Started', 'Started container'])
    assert.deepEqual(event?.source, { component: 'kubelet', host: 'n1' })
    assert.equal(event?.reportingComponent, 'kubelet')
    await t.finish()
  })

  it('counts an event that comes again, and stores it anew when it was forgotten', async () => {
    const t = await started()
    t.recorder.record(pod, 'Warning', 'BackOff', 'Back-off')
    t.recorder.record(pod, 'Warning', 'BackOff', 'Back-off')
    await t.clock.advance(60_000)
    t.recorder.record(pod, 'Warning', 'BackOff', 'Back-off')
    await t.clock.advance(0)
    const [event, ...others] = t.events()
    assert.deepEqual([event?.count, others.length], [3, 0])
    assert.equal(event?.firstTimestamp, '2026-01-01T00:00:00Z')
    assert.equal(event?.lastTimestamp, '2026-01-01T00:01:00Z')
    await t.client.delete(Event, { namespace: 'a', name: event?.metadata.name ?? '' })
    t.recorder.record(pod, 'Warning', 'BackOff', 'Back-off')
    await t.clock.advance(0)
    assert.deepEqual(
      t.events().map(e => e.count),
      [4],
    )
    await t.finish()
  })

  it('combines many that are alike', async () => {
    const t = await started()
    for (let i = 0; i < 12; i++) t.recorder.record(pod, 'Normal', 'Created', `Created ${i}`)
    await t.clock.advance(0)
    const combined = t.events().filter(e => e.message?.startsWith('(combined from similar events): '))
    assert.equal(t.events().length, 10)
    assert.deepEqual(
      combined.map(e => [e.message, e.count]),
      [['(combined from similar events): Created 11', 3]],
    )
    await t.finish()
  })

  it('cuts off who tells too much of one object, and lets him speak again later', async () => {
    const t = await started()
    for (let i = 0; i < 30; i++) t.recorder.record(pod, 'Normal', `Reason${i}`, 'x')
    t.recorder.record({ ...pod, name: 'other', uid: 'u2' }, 'Normal', 'Reason', 'x')
    await t.clock.advance(0)
    assert.equal(t.events().length, 26)
    assert.equal(t.dropped(), 5)
    await t.clock.advance(300_000)
    t.recorder.record(pod, 'Normal', 'Later', 'x')
    await t.clock.advance(0)
    assert.equal(t.events().length, 27)
    await t.finish()
  })

  it('tries again while the server is down, and drops what it forbids', async () => {
    const t = await started()
    let down = true
    t.client.intercept = call => {
      if (down) throw StatusError.serviceUnavailable('down')
      if (call.key.startsWith('gone/'))
        throw StatusError.forbidden({ group: '', resource: 'events' }, '', 'the namespace is being terminated')
    }
    t.recorder.record(pod, 'Normal', 'Started', 'x')
    await t.clock.advance(1000)
    down = false
    t.recorder.record({ ...pod, namespace: 'gone' }, 'Normal', 'Started', 'x')
    await t.clock.advance(20_000)
    assert.deepEqual(
      t.events().map(e => e.metadata.namespace),
      ['a'],
    )
    assert.equal(t.dropped(), 1)
    await t.finish()
  })
})
