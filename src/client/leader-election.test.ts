import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Lease } from '../api/coordination/lease.ts'
import { seededRandom, VirtualClock } from '../base/virtual-clock.ts'
import { StatusError } from '../meta/status-error.ts'
import { FakeClient } from './fake-client.ts'
import { LeaderElection } from './leader-election.ts'

const lease = { namespace: 'kube-system', name: 'controllers' }

function cluster() {
  const clock = new VirtualClock()
  const leading: string[] = []
  const client = new FakeClient({ clock, random: seededRandom(1) })
  function candidate(identity: string, through: FakeClient = client) {
    const stop = new AbortController()
    const election = new LeaderElection({ client: through, clock, random: seededRandom(2), lease, identity })
    const result = election.run(stop.signal, async signal => {
      leading.push(identity)
      assert.ok(leading.length <= 2)
      await new Promise<void>(resolve => signal.addEventListener('abort', () => resolve(), { once: true }))
      leading.splice(leading.indexOf(identity), 1)
    })
    return { stop, election, result }
  }
  const spec = () => client.all(Lease)[0]?.spec
  return { clock, client, leading, candidate, spec }
}

describe('LeaderElection', () => {
  it('has one leader, which renews', async () => {
    const t = cluster()
    const a = t.candidate('a')
    await t.clock.advance(0)
    const b = t.candidate('b')
    await t.clock.advance(60_000)
    assert.deepEqual(t.leading, ['a'])
    assert.equal(b.election.leader, 'a')
    assert.deepEqual([t.spec()?.holderIdentity, t.spec()?.leaseDurationSeconds, t.spec()?.leaseTransitions], ['a', 15, 0])
    a.stop.abort()
    b.stop.abort()
    await t.clock.advance(0)
    assert.equal(await b.result, 'stopped')
  })

  it('gives the lease back when it stops, so that the next one leads at once', async () => {
    const t = cluster()
    const a = t.candidate('a')
    await t.clock.advance(0)
    const b = t.candidate('b')
    a.stop.abort()
    await t.clock.advance(6_000)
    assert.equal(await a.result, 'stopped')
    assert.deepEqual(t.leading, ['b'])
    assert.equal(t.spec()?.leaseTransitions, 1)
    b.stop.abort()
    await t.clock.advance(0)
  })

  it('steps down before another one may take over', async () => {
    const t = cluster()
    const a = t.candidate('a')
    await t.clock.advance(0)
    t.client.intercept = () => {
      throw StatusError.serviceUnavailable('down')
    }
    await t.clock.advance(13_000)
    assert.deepEqual(t.leading, [])
    assert.equal(await a.result, 'lost')
    t.client.intercept = () => {}
    const b = t.candidate('b')
    await t.clock.advance(14_000)
    assert.deepEqual(t.leading, [], 'b has not watched the lease for its duration yet')
    await t.clock.advance(7_000)
    assert.deepEqual(t.leading, ['b'])
    b.stop.abort()
    await t.clock.advance(0)
  })
})
