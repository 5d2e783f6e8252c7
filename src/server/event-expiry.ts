// Events are news, not state: each is removed an hour after it was last written, as upstream's `--event-ttl` has it. Without that they would
// fill the store.
import { Event } from '../api/core/event.ts'
import type { Clock } from '../base/clock.ts'
import { parseTime } from '../meta/time.ts'
import { prefixEnd } from '../store/store.ts'
import { resourceFor, storePrefix } from './resource.ts'
import { objectOf, type Storage } from './storage.ts'

export interface EventExpiryOptions {
  readonly storage: Storage
  readonly clock: Clock
  readonly keepMs?: number
  readonly lookEveryMs?: number
  onError(error: unknown): void
}

/** Looks again and again until it is told to stop. Several servers may do so over one store. */
export function expireEvents({ storage, clock, keepMs = 3_600_000, lookEveryMs = 60_000, onError }: EventExpiryOptions): () => void {
  const resource = resourceFor(Event)
  const start = storePrefix(resource, undefined)
  let isStopped = false
  let cancel = () => {}
  const look = async () => {
    const now = clock.now()
    const old = storage.store
      .range({ start, end: prefixEnd(start), onlyReadable: true })
      .entries.filter(e => now - lastSeen(objectOf(e) as Event, now) >= keepMs)
    // One that is written meanwhile is left alone: a removal is of the version that was looked at.
    await Promise.all(old.map(entry => storage.remove(resource, entry)))
  }
  const again = () => {
    cancel = clock.after(lookEveryMs, () => {
      look()
        .catch((error: unknown) => {
          if (!isStopped) onError(error)
        })
        .finally(() => {
          if (!isStopped) again()
        })
    })
  }
  again()
  return () => {
    isStopped = true
    cancel()
  }
}

/** The latest of its times, in epoch milliseconds. A time to come, which its writer made up, does not count. */
export function lastSeen({ metadata, eventTime, lastTimestamp, series }: Event, now: number): number {
  const times = [metadata.creationTimestamp, eventTime, lastTimestamp, series?.lastObservedTime]
  return Math.max(0, ...times.flatMap(time => (time ? parseTime(time) : [])).filter(time => time <= now))
}
