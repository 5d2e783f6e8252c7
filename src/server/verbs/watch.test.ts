import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConfigMap } from '../../api/core/config-map.ts'
import { stored } from '../../api/testkit.ts'
import { VirtualClock } from '../../base/virtual-clock.ts'
import { openMemoryStore } from '../../store/memory.ts'
import type { Call, WatchItem } from '../call.ts'
import type { Context } from '../context.ts'
import { resourceFor } from '../resource.ts'
import { Storage } from '../storage.ts'
import { watch } from './watch.ts'

const resource = resourceFor(ConfigMap)
const minuteMs = 60_000

async function setUp(query: Record<string, string>, takes: (items: readonly WatchItem[]) => boolean = () => true) {
  const clock = new VirtualClock()
  const store = openMemoryStore({ clock, retention: { keepMs: Number.POSITIVE_INFINITY } })
  const storage = new Storage(store)
  const context = { storage, clock, random: () => 0.5 } as unknown as Context
  const call = { resource, query: new URLSearchParams(query), info: { namespace: '', name: '' } } as unknown as Call
  const seen: string[] = []
  const ends: unknown[] = []
  const answer = await watch(context, call)
  assert.ok(answer.type === 'watch')
  const stop = answer.start({
    write(items) {
      for (const item of items) seen.push(item.type === 'BOOKMARK' ? `BOOKMARK ${item.revision}` : item.type)
      return takes(items)
    },
    end: error => ends.push(error),
  })
  return { clock, store, seen, ends, stop, create: (name: string) => storage.create(resource, stored(ConfigMap, { metadata: { name } })) }
}

test('a quiet watch gets a bookmark every minute', async () => {
  const { clock, seen, create, store } = await setUp({ allowWatchBookmarks: 'true' })
  await create('a')
  await clock.advance(minuteMs)
  await create('b')
  await clock.advance(minuteMs)
  assert.deepEqual(seen, ['ADDED', 'BOOKMARK 2', 'ADDED', 'BOOKMARK 3'])
  assert.equal(store.revision, 3)
})

test('not who did not ask', async () => {
  const { clock, seen } = await setUp({})
  await clock.advance(10 * minuteMs)
  assert.deepEqual(seen, [])
})

test('it ends after its time: asked for, or between half an hour and an hour', async () => {
  for (const [query, afterMs] of [
    [{ timeoutSeconds: '5' }, 5000],
    [{}, 45 * minuteMs],
    [{ timeoutSeconds: '99999999999' }, 24 * 60 * minuteMs],
  ] as const) {
    const { clock, ends, seen, create } = await setUp(query as Record<string, string>)
    await clock.advance(afterMs - 1)
    assert.equal(ends.length, 0)
    await clock.advance(1)
    assert.deepEqual(ends, [undefined])
    await create('late')
    assert.deepEqual(seen, [])
  }
})

test('a reader that falls behind ends its watch and no other', async () => {
  const { ends, create, seen } = await setUp({}, () => false)
  await create('a')
  await create('b')
  assert.deepEqual([seen, ends], [['ADDED'], [undefined]])
})

test('who stops hears nothing more', async () => {
  const { stop, create, seen, ends, clock } = await setUp({ allowWatchBookmarks: 'true' })
  stop()
  await create('a')
  await clock.advance(120 * minuteMs)
  assert.deepEqual([seen, ends], [[], []])
})

test('the store going away ends it', async () => {
  const { store, ends } = await setUp({})
  await store.close()
  assert.deepEqual(ends, [undefined])
})
