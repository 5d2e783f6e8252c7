// What the store does while its backend is slow or fails.
import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { VirtualClock } from '../base/virtual-clock.ts'
import { type Backend, MvccStore } from './mvcc.ts'
import { commit, keepAll, put, remove, texts } from './store.contract.ts'
import { prefixEnd, StoreClosedError, type StoreEvent, StoreWriteError } from './store.ts'
import { Versions } from './versions.ts'

/** A backend whose calls end when the test says so. */
class ManualBackend implements Backend {
  readonly persisting: { events: readonly StoreEvent[]; succeed(): void; fail(error: Error): void }[] = []
  readonly drops: { compactedRevision: number; revisions: readonly number[] }[] = []
  dropError: Error | undefined

  persist(events: readonly StoreEvent[]): Promise<void> {
    return new Promise((resolve, reject) => this.persisting.push({ events, succeed: resolve, fail: reject }))
  }

  async drop(compactedRevision: number, revisions: readonly number[]): Promise<void> {
    if (this.dropError) throw this.dropError
    this.drops.push({ compactedRevision, revisions })
  }

  async close(): Promise<void> {}

  /** The batch under way. */
  async batch() {
    await settled()
    assert.equal(this.persisting.length, 1, 'one batch is under way')
    return this.persisting.shift()!
  }
}

const settled = () => new Promise(resolve => setImmediate(resolve))

const full = new StoreWriteError('database or disk is full', true)

describe('the store over a backend', () => {
  let clock: VirtualClock
  let backend: ManualBackend
  let store: MvccStore
  beforeEach(() => {
    clock = new VirtualClock()
    backend = new ManualBackend()
    store = new MvccStore({ backend, clock, versions: new Versions(), retention: { ...keepAll, keepMs: 60_000 } })
  })
  afterEach(() => store.close())

  const all = () => texts(store.range({ start: '', end: prefixEnd('') }).entries)
  const keysOf = (events: readonly StoreEvent[]) => events.map(event => event.key)

  it('shows nothing before it is durable', async () => {
    const events: number[] = []
    store.watch({ start: '', end: prefixEnd(''), after: 1, onEvents: batch => events.push(batch.length) })
    const writes = [commit(store, put('a', '1')), commit(store, put('b', '1'))]
    const batch = await backend.batch()
    assert.deepEqual([all(), store.revision, events], [[], 1, []])
    batch.succeed()
    assert.deepEqual(await Promise.all(writes), [2, 3])
    assert.deepEqual([all(), store.revision, events], [['a=1', 'b=1'], 3, [2]])
  })

  it('gathers the writes that come during a commit into the next', async () => {
    const writes = [store.commit(put('a', '1'))]
    const first = await backend.batch()
    for (const key of ['b', 'c', 'd']) writes.push(store.commit(put(key, '1')))
    await settled()
    assert.equal(backend.persisting.length, 0)
    first.succeed()
    const second = await backend.batch()
    assert.deepEqual([keysOf(first.events), keysOf(second.events)], [['a'], ['b', 'c', 'd']])
    second.succeed()
    await Promise.all(writes)
  })

  it('answers the loser against a write under way only when that is visible', async () => {
    const winner = store.commit(put('a', 'winner', 0))
    let answered = false
    const loser = store.commit(put('a', 'loser', 0)).finally(() => {
      answered = true
    })
    const batch = await backend.batch()
    assert.equal(answered, false)
    batch.succeed()
    assert.equal((await winner).ok, true)
    const result = await loser
    assert.ok(!result.ok)
    assert.equal(result.current, store.get('a'))
    assert.equal(result.current?.value.toString(), 'winner')
  })

  it('shows nothing of a failed batch, reuses its revisions, and works again', async () => {
    await Promise.all([commit(store, put('a', '0')), backend.batch().then(batch => batch.succeed())])
    const writes = [put('a', '1', 2), put('b', '1', 0), remove('a', 2)].map(write => store.commit(write))
    const outcomes = Promise.allSettled(writes)
    ;(await backend.batch()).fail(full)
    // The third lost against the first only while that was under way. Now it wins.
    const second = await backend.batch()
    assert.deepEqual(all(), ['a=0'])
    assert.deepEqual(
      second.events.map(event => [event.type, event.key, event.revision]),
      [['delete', 'a', 3]],
    )
    second.succeed()
    const [first, other, third] = await outcomes
    assert.ok(first?.status === 'rejected' && first.reason === full)
    assert.ok(other?.status === 'rejected' && other.reason === full)
    assert.ok(third?.status === 'fulfilled' && third.value.ok)
    assert.deepEqual(all(), [])
  })

  it('lets the commit under way finish when it is closed, and refuses those behind it', async () => {
    const under = commit(store, put('a', '1'))
    const batch = await backend.batch()
    const behind = assert.rejects(store.commit(put('b', '1')), StoreClosedError)
    const closing = store.close()
    await behind
    batch.succeed()
    assert.equal(await under, 2)
    await closing
  })

  it('ends itself and its watches when the backend is lost', async () => {
    const closed: Error[] = []
    store.watch({ start: 'a', end: 'b', after: 1, onEvents: () => {}, onClose: error => closed.push(error) })
    const cause = new Error('the worker died')
    const under = assert.rejects(store.commit(put('a', '1')), cause)
    const batch = await backend.batch()
    const behind = assert.rejects(store.commit(put('b', '1')), StoreClosedError)
    batch.fail(cause)
    await Promise.all([under, behind])
    assert.equal(closed.length, 1)
    assert.equal(closed[0]?.cause, cause)
    await assert.rejects(store.commit(put('a', '1')), StoreClosedError)
  })

  it('asks again to drop what could not be dropped', async () => {
    for (const text of ['1', '2', '3']) await Promise.all([commit(store, put('a', text)), backend.batch().then(batch => batch.succeed())])
    await Promise.all([commit(store, remove('a')), backend.batch().then(batch => batch.succeed())])
    backend.dropError = full
    await assert.rejects(store.compact(3), full)
    assert.deepEqual([store.compactedRevision, backend.drops], [3, []])
    backend.dropError = undefined
    await clock.advance(6_000)
    assert.deepEqual(backend.drops, [{ compactedRevision: 3, revisions: [2] }])
    await store.compact(5)
    assert.deepEqual(backend.drops.at(-1), { compactedRevision: 5, revisions: [3, 4, 5] })
  })

  it('clears the memos of versions that were superseded long ago, and no others', async () => {
    const memo = { parsed: true }
    const write = (key: string) => store.commit({ key, expect: undefined, value: () => ({ bytes: Buffer.from('x'), memo }) })
    const commitAll = async (keys: string[]) => {
      const writes = Promise.all(keys.map(write))
      ;(await backend.batch()).succeed()
      await writes
    }
    await commitAll(['still', 'changing'])
    const old = store.get('changing')!
    await commitAll(['changing'])
    assert.equal(old.memo, memo)
    await commitAll(Array.from({ length: 1_500 }, (_, i) => `other-${i}`))
    assert.equal(old.memo, undefined)
    assert.equal(store.get('still')?.memo, memo)
    assert.equal(store.get('changing')?.memo, memo)
  })
})
