// Keeps events from flooding the API, as client-go does: the same event again bumps a count, many alike are combined under one text, and
// a source that goes on about one object is cut off. Pure but for what it remembers; the recorder does the writing.
import type { Event } from '../api/core/event.ts'
import type { ObjectReference } from '../api/core/reference.ts'
import { formatTime } from '../meta/time.ts'

/** What somebody has to tell. */
export interface Occurrence {
  readonly about: ObjectReference
  readonly type: 'Normal' | 'Warning'
  readonly reason: string
  readonly message: string
}
export interface Source {
  readonly component: string
  readonly host?: string
}
/** The event as it is to be stored. It is there already when `count` is above 1. */
export interface Correlated {
  readonly key: string
  readonly name: string
  readonly count: number
  readonly firstTimestamp: string
  readonly lastTimestamp: string
  readonly message: string
}

const MAX_REMEMBERED = 4096
const MAX_ALIKE = 10
const ALIKE_WITHIN_MS = 600_000
const BURST = 25
const MS_PER_TOKEN = 300_000
const COMBINED = '(combined from similar events): '

export class EventCorrelator {
  readonly #source: Source
  readonly #alike = new Recent<{ readonly messages: Set<string>; readonly lastMs: number }>()
  readonly #stored = new Recent<Correlated>()
  readonly #tokens = new Recent<{ readonly left: number; readonly atMs: number }>()

  constructor(source: Source) {
    this.#source = source
  }

  /** What to store; undefined when the source has told too much about the object. `name` is for an event that is new. */
  observe(occurrence: Occurrence, nowMs: number, name: string): Correlated | undefined {
    const { about, type, reason } = occurrence
    const subject = [this.#source.component, this.#source.host, about.kind, about.namespace, about.name, about.uid, about.apiVersion].join(
      '/',
    )
    const group = [subject, type, reason].join('/')
    const combined = this.#isOneOfMany(group, occurrence.message, nowMs)
    const message = combined ? COMBINED + occurrence.message : occurrence.message
    const key = combined ? group : [group, about.fieldPath, message].join('/')
    const before = this.#stored.get(key)
    const now = formatTime(nowMs)
    const next: Correlated = {
      key,
      name: before?.name ?? name,
      count: (before?.count ?? 0) + 1,
      firstTimestamp: before?.firstTimestamp ?? now,
      lastTimestamp: now,
      message,
    }
    this.#stored.set(key, next)
    return this.#spendToken(subject, nowMs) ? next : undefined
  }

  /** What the API has stored, where that differs from what was meant. */
  stored(key: string, event: Event): void {
    const { count = 1, firstTimestamp = '', lastTimestamp = '', message = '' } = event
    this.#stored.set(key, { key, name: event.metadata.name, count, firstTimestamp, lastTimestamp, message })
  }

  /** Whether ten unlike messages of the group came lately. */
  #isOneOfMany(group: string, message: string, nowMs: number): boolean {
    const before = this.#alike.get(group)
    const messages = before && nowMs - before.lastMs <= ALIKE_WITHIN_MS ? before.messages : new Set<string>()
    messages.add(message)
    this.#alike.set(group, { messages, lastMs: nowMs })
    if (messages.size < MAX_ALIKE) return false
    const [any] = messages
    if (any !== undefined) messages.delete(any)
    return true
  }

  #spendToken(subject: string, nowMs: number): boolean {
    const before = this.#tokens.get(subject) ?? { left: BURST, atMs: nowMs }
    const left = Math.min(BURST, before.left + (nowMs - before.atMs) / MS_PER_TOKEN)
    this.#tokens.set(subject, { left: left >= 1 ? left - 1 : left, atMs: nowMs })
    return left >= 1
  }
}

/** Remembers the entries that were set or read last. */
class Recent<V> {
  readonly #entries = new Map<string, V>()

  get(key: string): V | undefined {
    const value = this.#entries.get(key)
    if (value !== undefined) this.set(key, value)
    return value
  }
  set(key: string, value: V): void {
    this.#entries.delete(key)
    this.#entries.set(key, value)
    if (this.#entries.size <= MAX_REMEMBERED) return
    const [oldest] = this.#entries.keys()
    if (oldest !== undefined) this.#entries.delete(oldest)
  }
}
