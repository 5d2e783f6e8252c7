import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Event } from '../api/core/event.ts'
import { VirtualClock } from '../base/virtual-clock.ts'
import { formatMicroTime, formatTime } from '../meta/time.ts'
import { openMemoryStore } from '../store/memory.ts'
import { complete } from './body.ts'
import { expireEvents } from './event-expiry.ts'
import { resourceFor } from './resource.ts'
import { Storage } from './storage.ts'

const minutes = 60_000

test('events go an hour after they were last seen, and nothing else does', async t => {
  const clock = new VirtualClock()
  const store = openMemoryStore({ clock })
  t.after(() => store.close())
  const storage = new Storage(store)
  const began = clock.now()
  const add = (name: string, times: Partial<Event>) =>
    storage.create(
      resourceFor(Event),
      complete(Event, {
        apiVersion: 'v1',
        kind: 'Event',
        metadata: { name, namespace: 'default', creationTimestamp: formatTime(began) },
        involvedObject: {},
        ...times,
      } as Event),
    )
  await add('plain', {})
  await add('seen-again', { lastTimestamp: formatTime(began + 30 * minutes) })
  await add('series', { eventTime: formatMicroTime(began), series: { count: 2, lastObservedTime: formatMicroTime(began + 20 * minutes) } })
  await add('from-the-future', { lastTimestamp: formatTime(began + 1e12) })
  const errors: unknown[] = []
  const stop = expireEvents({ storage, clock, onError: error => errors.push(error) })
  const left = () => storage.all(Event).map(e => e.metadata.name)

  await clock.advance(59.5 * minutes)
  assert.deepEqual(left(), ['from-the-future', 'plain', 'seen-again', 'series'])
  await clock.advance(1 * minutes)
  assert.deepEqual(left(), ['seen-again', 'series'])
  await clock.advance(20 * minutes)
  assert.deepEqual(left(), ['seen-again'])
  stop()
  await clock.advance(600 * minutes)
  assert.deepEqual([left(), errors], [['seen-again'], []])
})
