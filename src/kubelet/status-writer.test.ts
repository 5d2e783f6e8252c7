import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Pod } from '../api/core/pod.ts'
import { seededRandom, VirtualClock } from '../base/virtual-clock.ts'
import { FakeClient } from '../client/fake-client.ts'
import { StatusError } from '../meta/status-error.ts'
import { StatusWriter, statusPatch } from './status-writer.ts'
import { container, podDraft } from './test-kubelet.ts'

describe('the status writer', () => {
  const fixture = () => {
    const clock = new VirtualClock()
    const client = new FakeClient({ clock, random: seededRandom(1) })
    const errors: StatusError[] = []
    const writer = new StatusWriter(client, clock, seededRandom(2), new AbortController().signal, error => errors.push(error))
    const pod = client.seed(Pod, podDraft('p', { containers: [container('app')] }))
    const patches = () => client.calls.filter(c => c.verb === 'patch').length
    return { clock, client, writer, pod, patches, errors, shown: () => client.all(Pod)[0]?.status }
  }

  it('writes the newest of many, and nothing twice', async () => {
    const { writer, pod, patches, clock, shown } = fixture()
    for (const podIP of ['1.1.1.1', '1.1.1.2', '1.1.1.3']) writer.set(pod, { phase: 'Running', podIP, podIPs: [{ ip: podIP }] })
    await clock.advance(0)
    assert.deepEqual([patches(), shown()?.podIP], [1, '1.1.1.3'])
    writer.set(pod, { phase: 'Running', podIP: '1.1.1.3', podIPs: [{ ip: '1.1.1.3' }] })
    await clock.advance(0)
    assert.equal(patches(), 1)
    writer.set(pod, { phase: 'Running', podIP: '2.2.2.2', podIPs: [{ ip: '2.2.2.2' }] })
    await clock.advance(0)
    assert.deepEqual(shown()?.podIPs, [{ ip: '2.2.2.2' }])
  })

  it('puts right what others have made of the status', async () => {
    const { writer, pod, patches, clock, client, shown } = fixture()
    const status = { phase: 'Running', qosClass: 'BestEffort', conditions: [{ type: 'Ready', status: 'True' }] } as const
    writer.set(pod, status)
    await clock.advance(0)
    const isReady = () => shown()?.conditions?.[0]?.status
    assert.equal(isReady(), 'True')
    const conditions = [{ type: 'Ready', status: 'False' }]
    const lost = await client.patch(Pod, pod.metadata, 'strategic', { status: { conditions } }, { subresource: 'status' })
    const before = patches()
    // Seen before our own write: no news.
    writer.set(pod, status)
    await clock.advance(0)
    assert.deepEqual([isReady(), patches()], ['False', before])
    writer.set(lost, status)
    await clock.advance(0)
    assert.deepEqual([isReady(), patches()], ['True', before + 1])
    writer.set(client.all(Pod)[0]!, status)
    await clock.advance(0)
    assert.equal(patches(), before + 1)
  })

  it('tries again, and lets go of a pod that is gone', async () => {
    const { writer, pod, patches, clock, client, errors, shown } = fixture()
    client.intercept = () => {
      throw StatusError.serviceUnavailable('not now')
    }
    writer.set(pod, { phase: 'Running' })
    await clock.advance(100)
    client.intercept = () => {}
    await clock.advance(1_000)
    assert.deepEqual([errors.length, shown()?.phase], [1, 'Running'])
    await client.delete(Pod, { namespace: 'default', name: 'p' }, { gracePeriodSeconds: 0 })
    writer.set(pod, { phase: 'Failed' })
    await clock.advance(60_000)
    assert.deepEqual([patches(), errors.length], [2, 1])
  })

  it('touches no conditions of others, and unsets what is gone from its own', () => {
    const from = {
      conditions: [
        { type: 'Ready', status: 'False', reason: 'X', message: 'y' },
        { type: 'Gate', status: 'True' },
      ],
      reason: 'Evicted',
    }
    const patch = statusPatch(from, {
      conditions: [
        { type: 'Ready', status: 'True' },
        { type: 'Gate', status: 'True' },
      ],
    })
    assert.deepEqual(patch, {
      reason: null,
      conditions: [{ lastProbeTime: null, type: 'Ready', status: 'True', reason: null, message: null }],
    })
    assert.equal(statusPatch(from, from), undefined)
    const over = { ...from, conditions: [...from.conditions, { type: 'PodResizePending', status: 'True', reason: 'Deferred' }] }
    assert.deepEqual(statusPatch(over, from), { conditions: [{ type: 'PodResizePending', $patch: 'delete' }] })
  })
})
