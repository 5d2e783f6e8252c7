// What every store must do, whatever its backend. A backend's test calls `testStore` with a way to open an empty one.
import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'
import fc from 'fast-check'
import { VirtualClock } from '../base/virtual-clock.ts'
import type { Retention } from './retention.ts'
import {
  CompactedError,
  type Content,
  type Entry,
  FutureRevisionError,
  prefixEnd,
  type Store,
  StoreClosedError,
  type StoreEvent,
  type Write,
  type WriteResult,
} from './store.ts'

export interface TestStore {
  readonly store: Store
  /** Closes the store and removes what it left. */
  dispose(): Promise<void>
}

export type OpenTestStore = (clock: VirtualClock, retention?: Partial<Retention>) => Promise<TestStore>

/** No automatic compaction. */
export const keepAll: Partial<Retention> = {
  keepMs: Number.POSITIVE_INFINITY,
  keepRevisions: Number.POSITIVE_INFINITY,
  keepBytes: Number.POSITIVE_INFINITY,
}

export function content(text: string): Content {
  return { bytes: Buffer.from(text) }
}

export function put(key: string, text: string, expect?: number): Write {
  return { key, expect, value: () => content(text) }
}

export function remove(key: string, expect?: number): Write {
  return { key, expect, value: undefined }
}

/** Commits a write that must succeed; returns its revision. */
export async function commit(store: Store, write: Write): Promise<number> {
  const result = await store.commit(write)
  assert(result.ok, `the write of ${write.key} failed its expectation`)
  return result.revision
}

export function texts(entries: readonly Entry[]): string[] {
  return entries.map(entry => `${entry.key}=${entry.value}`)
}

const everything = { start: '', end: prefixEnd('') }

function describeEvents(events: readonly StoreEvent[]): string[] {
  return events.map(({ type, revision, key, entry, previous }) => {
    assert.equal(entry.modRevision, revision)
    assert.equal(entry.key, key)
    return `${revision} ${type} ${key}=${entry.value}${previous ? ` was ${previous.value}@${previous.modRevision}` : ''}`
  })
}

/** Watches, and collects what comes. */
function collect(store: Store, start: string, end: string, after: number) {
  const calls: { events: readonly StoreEvent[]; revision: number }[] = []
  const closed: Error[] = []
  const stop = store.watch({
    start,
    end,
    after,
    onEvents: (events, revision) => calls.push({ events, revision }),
    onClose: error => closed.push(error),
  })
  return { calls, closed, stop, events: () => describeEvents(calls.flatMap(call => call.events)) }
}

/** `modelRuns`: how many random histories are tried, each in a store of its own. */
export function testStore(name: string, open: OpenTestStore, { modelRuns = 100 } = {}): void {
  describe(`${name}: the store's contract`, () => {
    let clock: VirtualClock
    let opened: TestStore
    let store: Store
    beforeEach(async () => {
      clock = new VirtualClock()
      opened = await open(clock, keepAll)
      store = opened.store
    })
    afterEach(() => opened.dispose())

    it('starts at revision 1, and each write takes the next', async () => {
      assert.equal(store.revision, 1)
      assert.equal(store.compactedRevision, 0)
      assert.equal(await commit(store, put('a', '1')), 2)
      assert.equal(await commit(store, put('b', '1')), 3)
      assert.equal(await commit(store, remove('a')), 4)
      assert.equal(store.revision, 4)
    })

    it('keeps what was written, with its revisions and memo', async () => {
      await commit(store, put('a', '1'))
      const memo = { parsed: true }
      const result = await store.commit({ key: 'a', expect: 2, value: revision => ({ ...content(`at ${revision}`), memo }) })
      assert(result.ok)
      const entry = store.get('a')!
      assert.equal(result.entry, entry)
      assert.deepEqual({ ...entry, value: entry.value.toString() }, { key: 'a', value: 'at 3', createRevision: 2, modRevision: 3, memo })
      assert.equal(store.get('nothing'), undefined)
    })

    it('keeps empty and large values', async () => {
      const large = Buffer.alloc(1_500_000, 'x')
      await commit(store, put('empty', ''))
      await commit(store, { key: 'large', expect: 0, value: () => ({ bytes: large }) })
      assert.equal(store.get('empty')?.value.length, 0)
      assert.ok(store.get('large')?.value.equals(large))
    })

    const expectations: [string, Write, boolean][] = [
      ['creates what does not exist', put('new', '1', 0), true],
      ['does not create what exists', put('old', '1', 0), false],
      ['updates at the expected revision', put('old', '1', 2), true],
      ['does not update at another', put('old', '1', 1), false],
      ['does not update what does not exist', put('new', '1', 2), false],
      ['writes unconditionally what exists', put('old', '1'), true],
      ['writes unconditionally what does not exist', put('new', '1'), true],
      ['deletes at the expected revision', remove('old', 2), true],
      ['does not delete at another', remove('old', 3), false],
      ['deletes unconditionally', remove('old'), true],
      ['does not delete what does not exist', remove('new'), false],
      ['does not delete what is expected not to exist', remove('new', 0), false],
    ]
    for (const [behaviour, write, ok] of expectations) {
      it(behaviour, async () => {
        await commit(store, put('old', '0'))
        const before = store.get(write.key)
        const result = await store.commit(write)
        assert.equal(result.ok, ok)
        assert.equal(store.revision, ok ? 3 : 2)
        if (!result.ok) assert.equal(result.current, before)
        if (!ok) assert.equal(store.get(write.key), before)
      })
    }

    it('gives a key created again a new createRevision', async () => {
      await commit(store, put('a', '1'))
      await commit(store, remove('a'))
      await commit(store, put('a', '2', 0))
      assert.equal(store.get('a')?.createRevision, 4)
    })

    it('lets exactly one of many concurrent compare-and-swaps win, and shows its result to the losers', async () => {
      const revision = await commit(store, put('a', '0'))
      const seen: (number | undefined)[] = []
      const attempt = async (i: number): Promise<WriteResult> => {
        const result = await store.commit(put('a', `${i}`, revision))
        if (!result.ok) seen.push(store.get('a')?.modRevision, result.current?.modRevision)
        return result
      }
      const results = await Promise.all(Array.from({ length: 50 }, (_, i) => attempt(i)))
      assert.equal(results.filter(result => result.ok).length, 1)
      assert.deepEqual(new Set(seen), new Set([revision + 1]))
      assert.equal(store.revision, revision + 1)
    })

    it('counts without a lost update when writers read and retry', async () => {
      await commit(store, put('n', '0'))
      const increment = async (): Promise<void> => {
        const current = store.get('n')!
        const result = await store.commit(put('n', `${Number(current.value) + 1}`, current.modRevision))
        if (!result.ok) await increment()
      }
      await Promise.all(Array.from({ length: 20 }, increment))
      assert.equal(store.get('n')?.value.toString(), '20')
    })

    it('applies the writes of one key in the order of the calls', async () => {
      const results = await Promise.all([put('a', '1'), put('a', '2'), put('b', 'x'), put('a', '3')].map(write => commit(store, write)))
      const [first, second, , third] = results as [number, number, number, number]
      assert.ok(first < second && second < third)
      assert.equal(store.get('a')?.value.toString(), '3')
      assert.deepEqual(
        [first, second, third].map(at => store.get('a', at)?.value.toString()),
        ['1', '2', '3'],
      )
    })

    const together: [string, Write, Write[], boolean][] = [
      ['makes writes that go together', put('new', '1', 0), [put('other', '1', 0), put('old', '1', 2)], true],
      ['makes none when the first is not met', put('old', '1', 0), [put('other', '1', 0)], false],
      ['makes none when a later one is not met', put('new', '1', 0), [put('other', '1', 0), put('old', '1', 1)], false],
      ['deletes along', put('new', '1', 0), [remove('old', 2)], true],
      ['does not delete along what is not there', put('new', '1', 0), [remove('other')], false],
    ]
    for (const [behaviour, write, along, ok] of together) {
      it(behaviour, async () => {
        await commit(store, put('old', '0'))
        const watch = collect(store, '', prefixEnd(''), store.revision)
        const result = await store.commit(write, along)
        assert.equal(result.ok, ok)
        const keys = ok ? [write, ...along].map(({ key }) => key) : []
        assert.deepEqual(
          watch.calls.map(({ events }) => events.map(({ key }) => key)),
          ok ? [keys] : [],
        )
        assert.equal(store.revision, 2 + keys.length)
        if (result.ok) assert.deepEqual([result.revision, result.entry], [3, store.get(write.key)])
        else assert.equal(result.current, store.get(write.key))
      })
    }

    it('keeps the order of the calls for every key of writes that go together', async () => {
      const results = await Promise.all([
        store.commit(put('a', '1'), [put('b', '1')]),
        store.commit(put('b', '2'), [put('c', '2')]),
        store.commit(put('c', '3', 0)),
        store.commit(put('d', '4'), [put('a', '4')]),
      ])
      assert.deepEqual(
        results.map(({ ok }) => ok),
        [true, true, false, true],
      )
      assert.deepEqual(texts(store.range(everything).entries), ['a=4', 'b=2', 'c=2', 'd=4'])
    })

    it('makes none of the writes that go together when the encoder of one throws', async () => {
      const failing = store.commit(put('a', '1'), [
        {
          key: 'b',
          expect: 0,
          value: () => {
            throw new Error('cannot encode')
          },
        },
      ])
      await assert.rejects(failing, /cannot encode/)
      assert.deepEqual([store.revision, store.get('a')], [1, undefined])
    })

    it('rejects a write whose encoder throws, and spends no revision on it', async () => {
      const failure = new Error('cannot encode')
      const failing = store.commit({
        key: 'a',
        expect: 0,
        value: () => {
          throw failure
        },
      })
      const other = commit(store, put('b', '1'))
      await assert.rejects(failing, failure)
      assert.equal(await other, 2)
      assert.equal(store.get('a'), undefined)
    })

    it('returns ranges in key order, cut by the limit', async () => {
      for (const key of ['/b/2', '/a/3', '/b/1', '/c', '/a/1', '/a/2']) await commit(store, put(key, 'v'))
      const range = (start: string, end: string, limit?: number) => {
        const { entries, ...rest } = store.range({ start, end, ...(limit === undefined ? {} : { limit }) })
        return { keys: entries.map(entry => entry.key), ...rest }
      }
      const prefix = '/a/'
      const revision = store.revision
      assert.deepEqual(range(prefix, prefixEnd(prefix)), { keys: ['/a/1', '/a/2', '/a/3'], more: false, remaining: 0, revision })
      assert.deepEqual(range(prefix, prefixEnd(prefix), 2), { keys: ['/a/1', '/a/2'], more: true, remaining: 1, revision })
      assert.deepEqual(range(prefix, prefixEnd(prefix), 3), { keys: ['/a/1', '/a/2', '/a/3'], more: false, remaining: 0, revision })
      assert.deepEqual(range('/a/2\0', '/c', 1), { keys: ['/a/3'], more: true, remaining: 2, revision })
      assert.deepEqual(range('/x', '/z', 5), { keys: [], more: false, remaining: 0, revision })
      assert.equal(range('', prefixEnd('')).keys.length, 6)
      assert.equal(store.count('/a/', prefixEnd('/a/')), 3)
      assert.equal(store.count('/a/2', '/c'), 4)
    })

    it('reads the past until it is compacted', async () => {
      await commit(store, put('a', '1')) // 2
      await commit(store, put('b', '1')) // 3
      await commit(store, put('a', '2')) // 4
      await commit(store, remove('b')) // 5
      await commit(store, put('c', '1')) // 6
      const at = (revision: number) => texts(store.range({ ...everything, revision }).entries)
      const past = [[], ['a=1'], ['a=1', 'b=1'], ['a=2', 'b=1'], ['a=2'], ['a=2', 'c=1']]
      for (const [i, expected] of past.entries()) assert.deepEqual(at(i + 1), expected)
      assert.deepEqual(store.range({ ...everything, limit: 1, revision: 4 }).remaining, 1)
      assert.equal(store.get('b', 4)?.value.toString(), '1')

      await store.compact(4)
      assert.equal(store.compactedRevision, 4)
      for (const revision of [4, 5, 6]) assert.deepEqual(at(revision), past[revision - 1])
      assert.throws(() => at(3), CompactedError)
      assert.throws(() => store.get('a', 3), new CompactedError(3, 4))
      assert.throws(() => at(7), FutureRevisionError)
      assert.throws(() => store.get('a', 7), new FutureRevisionError(7, 6))
    })

    it('compacts again without effect, and not the future', async () => {
      await commit(store, put('a', '1'))
      await commit(store, put('a', '2'))
      await store.compact(3)
      await store.compact(2)
      assert.equal(store.compactedRevision, 3)
      await assert.rejects(store.compact(4), FutureRevisionError)
      assert.deepEqual(texts(store.range(everything).entries), ['a=2'])
    })

    it('delivers the events of a range in order, to watchers of that range only', async () => {
      const pods = collect(store, '/pods/', prefixEnd('/pods/'), 1)
      const one = collect(store, '/pods/x', '/pods/x\0', 1)
      const nodes = collect(store, '/nodes/', prefixEnd('/nodes/'), 1)
      await commit(store, put('/pods/x', '1'))
      await commit(store, put('/pods/y', '1'))
      await commit(store, put('/pods/x', '2'))
      await commit(store, { ...remove('/pods/x'), tombstone: revision => content(`gone at ${revision}`) })
      await commit(store, remove('/pods/y'))
      const [x1, y1, x2, goneX, goneY] = [
        '2 put /pods/x=1',
        '3 put /pods/y=1',
        '4 put /pods/x=2 was 1@2',
        '5 delete /pods/x=gone at 5 was 2@4',
        '6 delete /pods/y=1 was 1@3',
      ]
      assert.deepEqual(pods.events(), [x1, y1, x2, goneX, goneY])
      assert.deepEqual(one.events(), [x1, x2, goneX])
      assert.deepEqual(nodes.calls, [])
      assert.equal(pods.calls[3]!.events[0]!.entry.createRevision, 2)
    })

    it('tells watchers before it answers the writer, and both read the write', async () => {
      let seen: string | undefined
      store.watch({ ...everything, after: 1, onEvents: () => (seen = store.get('a')?.value.toString()) })
      await commit(store, put('a', '1'))
      assert.equal(seen, '1')
    })

    it('replays kept history, then goes on without gap or duplicate', async () => {
      await commit(store, put('a', '1'))
      await commit(store, put('b', '1'))
      await commit(store, put('a', '2'))
      const late = collect(store, 'a', 'b', 2)
      assert.deepEqual(late.events(), ['4 put a=2 was 1@2'])
      assert.equal(late.calls[0]!.revision, 4)
      await commit(store, remove('a'))
      assert.deepEqual(late.events(), ['4 put a=2 was 1@2', '5 delete a=2 was 2@4'])
      await store.compact(4)
      assert.throws(() => collect(store, 'a', 'b', 3), new CompactedError(3, 4))
      assert.deepEqual(collect(store, 'a', 'b', 4).events(), ['5 delete a=2 was 2@4'])
      assert.deepEqual(collect(store, 'a', 'b', 5).events(), [])
      assert.throws(() => collect(store, 'a', 'b', 6), FutureRevisionError)
    })

    it('gives a watch begun within a delivery each event once', async () => {
      const inner: string[] = []
      let begun = false
      store.watch({
        ...everything,
        after: 1,
        onEvents: () => {
          if (begun) return
          begun = true
          store.watch({ ...everything, after: 1, onEvents: events => inner.push(...describeEvents(events)) })
        },
      })
      await Promise.all([commit(store, put('a', '1')), commit(store, put('b', '1'))])
      await commit(store, put('c', '1'))
      assert.deepEqual(inner, ['2 put a=1', '3 put b=1', '4 put c=1'])
    })

    it('stops delivering when a watch is ended, even within a delivery', async () => {
      const stops: (() => void)[] = []
      let calls = 0
      const onEvents = () => {
        calls++
        for (const stop of stops) stop()
      }
      for (let i = 0; i < 3; i++) stops.push(store.watch({ ...everything, after: 1, onEvents }))
      await commit(store, put('a', '1'))
      await commit(store, put('a', '2'))
      assert.equal(calls, 1)
    })

    it('delivers to overlapping, nested and adjacent ranges as they come and go', async () => {
      const ranges = ['a-c', 'b-d', 'a-z', 'c-e', 'b-c', 'a-c'].map(text => text.split('-') as [string, string])
      const watches = ranges.map(([start, end]) => collect(store, start, end, 1))
      const keys = ['a', 'b', 'c', 'd', 'e']
      for (const [i, watch] of watches.entries()) {
        for (const key of keys) await commit(store, put(key, `${i}`))
        for (const [j, other] of watches.entries()) {
          const [start, end] = ranges[j]!
          const last = keys.filter(key => key >= start && key < end).map(key => `${key}=${i}`)
          const seen = other.calls.flatMap(call => call.events).map(({ key, entry }) => `${key}=${entry.value}`)
          assert.deepEqual(
            seen.slice(-last.length),
            j >= i ? last : last.map(text => text.replace(/=.*/, `=${j}`)),
            `${start}-${end} after ${i}`,
          )
        }
        watch.stop()
      }
    })

    it('keeps watching through a compaction', async () => {
      const watch = collect(store, '', prefixEnd(''), 1)
      await commit(store, put('a', '1'))
      await store.compact(store.revision)
      await commit(store, put('a', '2'))
      assert.equal(watch.events().length, 2)
    })

    it('refuses everything once it is closed, and tells the watchers', async () => {
      const watch = collect(store, 'a', 'b', 1)
      const done = commit(store, put('a', '1'))
      await done
      await Promise.all([store.close(), store.close()])
      assert.equal(watch.closed.length, 1)
      assert.ok(watch.closed[0] instanceof StoreClosedError)
      await assert.rejects(store.commit(put('a', '2')), StoreClosedError)
      await assert.rejects(store.linearize(), StoreClosedError)
      await assert.rejects(store.compact(1), StoreClosedError)
      for (const read of [
        () => store.get('a'),
        () => store.range(everything),
        () => store.count('a', 'b'),
        () => collect(store, 'a', 'b', 1),
      ]) {
        assert.throws(read, StoreClosedError)
      }
    })

    it('agrees with a model: the past at every revision, and watches from every revision', async () => {
      const key = fc.constantFrom('/a', '/a/1', '/a/2', '/b', '/b/1', '/c')
      const step = fc.record({
        kind: fc.constantFrom('put', 'put', 'put', 'create', 'delete', 'compact'),
        key,
        along: fc.option(fc.constantFrom('/along', '/a/along'), { nil: undefined }),
        value: fc.string({ maxLength: 4 }),
        concurrent: fc.boolean(),
      })
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 40 }), key, key, fc.nat({ max: 4 }), async (steps, start, end, limit) => {
          const { store, dispose } = await open(new VirtualClock(), keepAll)
          try {
            const history = await runSteps(store, steps)
            assertReads(store, history, start, end, limit)
          } finally {
            await dispose()
          }
        }),
        { numRuns: modelRuns },
      )
    })
  })

  describe(`${name}: automatic compaction`, () => {
    it('forgets what is older than keepMs', async () => {
      const clock = new VirtualClock()
      const { store, dispose } = await open(clock, { ...keepAll, keepMs: 60_000 })
      await commit(store, put('a', '1'))
      await clock.advance(30_000)
      const young = await commit(store, put('a', '2'))
      assert.equal(store.compactedRevision, 0)
      await clock.advance(40_000)
      assert.equal(store.compactedRevision, young - 1)
      await clock.advance(60_000)
      assert.equal(store.compactedRevision, young)
      assert.equal(store.get('a')?.value.toString(), '2')
      await dispose()
    })

    const bounds: [string, Partial<Retention>, number][] = [
      ['revisions', { keepRevisions: 100 }, 100],
      ['bytes of superseded values', { keepBytes: 1000 }, 100],
    ]
    for (const [what, retention, most] of bounds) {
      it(`bounds the kept ${what}`, async () => {
        const { store, dispose } = await open(new VirtualClock(), { ...keepAll, ...retention })
        for (let i = 0; i < 500; i++) {
          await commit(store, put(`key-${i % 3}`, 'ten bytes!'))
          const kept = store.revision - store.compactedRevision
          assert.ok(kept <= most + 5, `${kept} revisions are kept`)
          if (i > 150) assert.ok(kept >= most * 0.8, `only ${kept} revisions are kept`)
        }
        await dispose()
      })
    }
  })
}

interface Step {
  readonly kind: string
  readonly key: string
  /** A key that is written with it. */
  readonly along: string | undefined
  readonly value: string
  /** Whether to go on without waiting for the result. */
  readonly concurrent: boolean
}

/** What a watch from the beginning has seen. */
interface History {
  /** The content of the store at each revision. */
  readonly states: ReadonlyMap<number, ReadonlyMap<string, string>>
  readonly events: readonly string[]
}

async function runSteps(store: Store, steps: readonly Step[]): Promise<History> {
  const states = new Map([[1, new Map<string, string>()]])
  const log: string[] = []
  const results: { revision: number; step: Step }[] = []
  store.watch({
    ...everything,
    after: 1,
    onEvents: events => {
      log.push(...describeEvents(events))
      for (const { type, key, revision, entry, previous } of events) {
        const state = new Map(states.get(revision - 1))
        assert.equal(previous?.value.toString(), state.get(key))
        if (type === 'put') state.set(key, entry.value.toString())
        else state.delete(key)
        states.set(revision, state)
      }
    },
  })
  const running: Promise<void>[] = []
  for (const step of steps) {
    const done = perform(store, step).then(revision => {
      if (revision !== undefined) results.push({ revision, step })
    })
    running.push(done)
    if (!step.concurrent) await done
  }
  await Promise.all(running)

  // Every success has one revision of its own, with the effect it asked for.
  assert.deepEqual(
    results.flatMap(({ revision, step }) => (step.along ? [revision, revision + 1] : [revision])).sort((a, b) => a - b),
    Array.from({ length: store.revision - 1 }, (_, i) => i + 2),
  )
  for (const { revision, step } of results) {
    if (step.along) assert.equal(states.get(revision + 1)!.get(step.along), step.value)
    assert.equal(states.get(revision)!.get(step.key), step.kind === 'delete' ? undefined : step.value)
    if (step.kind === 'create') assert.equal(states.get(revision - 1)!.has(step.key), false)
  }
  return { states, events: log }
}

async function perform(store: Store, { kind, key, along, value }: Step): Promise<number | undefined> {
  if (kind === 'compact') {
    await store.compact(Math.floor((store.compactedRevision + store.revision) / 2))
    return undefined
  }
  const write = kind === 'delete' ? remove(key) : put(key, value, kind === 'create' ? 0 : undefined)
  const result = await store.commit(write, along === undefined ? [] : [put(along, value)])
  return result.ok ? result.revision : undefined
}

function assertReads(store: Store, { states, events }: History, start: string, end: string, limit: number): void {
  for (let revision = 1; revision <= store.revision; revision++) {
    if (revision < store.compactedRevision) {
      assert.throws(() => store.range({ start, end, revision }), CompactedError)
      continue
    }
    const state = states.get(revision)!
    const expected = [...state].filter(([key]) => key >= start && key < end).sort(([a], [b]) => (a < b ? -1 : 1))
    const shown = expected.map(([key, value]) => `${key}=${value}`)
    const found = store.range({ start, end, limit, revision })
    assert.deepEqual(texts(found.entries), limit > 0 ? shown.slice(0, limit) : shown)
    assert.equal(found.remaining, limit > 0 ? Math.max(0, shown.length - limit) : 0)
    assert.equal(found.more, found.remaining > 0)
    assert.equal(store.get(start, revision)?.value.toString(), state.get(start))
    const replay = collect(store, '', prefixEnd(''), revision)
    assert.deepEqual(replay.events(), events.slice(revision - 1))
    replay.stop()
  }
  const now = [...states.get(store.revision)!.keys()]
  assert.equal(store.count(start, end), now.filter(key => key >= start && key < end).length)
}
