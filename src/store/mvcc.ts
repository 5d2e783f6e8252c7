// The store over any backend. Writes wait in a queue; while the backend makes one batch durable, the next one gathers (group
// commit). A batch is formed from visible state only and holds at most one write of a key: a write whose key is already in it
// waits for the next, with those that go along with it, and is checked there against what has become visible. So nothing is ever
// decided on what may not last.
import { assert } from '../base/assert.ts'
import type { Clock } from '../base/clock.ts'
import { Ages, defaultRetention, type Retention, tickMs } from './retention.ts'
import {
  type Content,
  type Entry,
  type RangeOptions,
  type RangeResult,
  type Store,
  StoreClosedError,
  type StoreEvent,
  StoreWriteError,
  type UnreadableError,
  type WatchOptions,
  type Write,
  type WriteResult,
} from './store.ts'
import type { Versions } from './versions.ts'
import { Watchers } from './watchers.ts'

/** What keeps the versions. Calls may overlap; they take effect in order. */
export interface Backend {
  /**
   * Makes the changes durable, all or none. Rejects with a `StoreWriteError` when it could not but may the next time; with any
   * other error when the backend is lost.
   */
  persist(events: readonly StoreEvent[]): Promise<void>
  /** Keeps the compacted revision and forgets the versions of these revisions, all or none. Rejects as `persist` does. */
  drop(compactedRevision: number, revisions: readonly number[]): Promise<void>
  /** Absent: never. */
  isStale?(entry: Entry): boolean
  close(): Promise<void>
}

export interface MvccOptions {
  readonly backend: Backend
  readonly clock: Clock
  readonly versions: Versions
  /** Versions that the backend still has and `versions` has forgotten. */
  readonly garbage?: readonly number[]
  readonly retention?: Partial<Retention> | undefined
}

const MAX_BATCH_WRITES = 2_000
const MAX_BATCH_BYTES = 4 * 1024 * 1024
/** Versions dropped at once; commits get their turn in between. */
const MAX_DROP = 1_000

interface PendingWrite {
  /** The first is the one that is answered. */
  readonly writes: readonly [Write, ...Write[]]
  readonly resolve: (result: WriteResult) => void
  readonly reject: (error: unknown) => void
}

interface AssignedWrite {
  readonly pending: PendingWrite
  /** One for each of its writes. */
  readonly events: readonly [StoreEvent, ...StoreEvent[]]
}

export class MvccStore implements Store {
  readonly #backend: Backend
  readonly #clock: Clock
  readonly #retention: Retention
  readonly #versions: Versions
  readonly #watchers = new Watchers()
  readonly #ages = new Ages()
  #queue: PendingWrite[] = []
  #committing: Promise<void> | undefined
  #garbage: number[]
  #sweptRevision: number
  #sweeping: Promise<void> | undefined
  #closed: StoreClosedError | undefined
  #closing: Promise<void> | undefined
  #cancelTick: () => void = () => {}

  constructor({ backend, clock, versions, garbage = [], retention }: MvccOptions) {
    this.#backend = backend
    this.#clock = clock
    this.#versions = versions
    this.#garbage = [...garbage]
    this.#sweptRevision = versions.compactedRevision
    this.#retention = { ...defaultRetention, ...retention }
    this.#tick()
  }

  get revision(): number {
    return this.#versions.revision
  }

  get compactedRevision(): number {
    return this.#versions.compactedRevision
  }

  async linearize(): Promise<void> {
    // There is no other process to have acknowledged anything.
    this.#checkOpen()
  }

  get(key: string, revision?: number): Entry | undefined {
    this.#checkOpen()
    return this.#versions.get(key, revision)
  }

  range(options: RangeOptions): RangeResult {
    this.#checkOpen()
    return this.#versions.range(options)
  }

  isStale(entry: Entry): boolean {
    return this.#backend.isStale?.(entry) ?? false
  }

  count(start: string, end: string): number {
    this.#checkOpen()
    return this.#versions.count(start, end)
  }

  watch(options: WatchOptions): () => void {
    this.#checkOpen()
    const { start, end, after, onEvents } = options
    const missed = this.#versions.changesAfter(after, start, end)
    const stop = this.#watchers.add(options, this.revision)
    if (missed.length > 0) onEvents.call(options, missed, this.revision)
    return stop
  }

  commit(write: Write, along: readonly Write[] = []): Promise<WriteResult> {
    const writes = [write, ...along] as const
    for (const { key } of writes) assert(key !== '', 'a key is not empty')
    const isDistinct = () => new Set(writes.map(({ key }) => key)).size === writes.length
    assert(along.length === 0 || isDistinct(), 'writes that go together are of different keys')
    if (this.#closed) return Promise.reject(this.#closed)
    return new Promise((resolve, reject) => {
      this.#queue.push({ writes, resolve, reject })
      this.#committing ??= Promise.resolve().then(() => this.#drain())
    })
  }

  async compact(revision: number): Promise<void> {
    this.#checkOpen()
    this.#garbage = this.#garbage.concat(this.#versions.compact(revision))
    await this.#sweep()
  }

  close(): Promise<void> {
    this.#closing ??= this.#close(new StoreClosedError())
    return this.#closing
  }

  async #close(error: StoreClosedError): Promise<void> {
    this.#end(error)
    await this.#committing
    await this.#sweeping?.catch(() => {}) // Its own caller has the error; what is left is dropped after the next opening.
    this.#watchers.close(this.#closed ?? error)
    await this.#backend.close()
  }

  /** Takes nothing more in. */
  #end(error: StoreClosedError): void {
    this.#closed ??= error
    this.#cancelTick()
    for (const { reject } of this.#queue.splice(0)) reject(this.#closed)
  }

  #checkOpen(): void {
    if (this.#closed) throw this.#closed
  }

  async #drain(): Promise<void> {
    while (this.#queue.length > 0) {
      const batch = this.#formBatch()
      if (batch.length > 0) await this.#commitBatch(batch)
    }
    this.#committing = undefined
  }

  async #commitBatch(batch: readonly AssignedWrite[]): Promise<void> {
    const events = batch.flatMap(({ events }) => events)
    try {
      await this.#backend.persist(events)
    } catch (error) {
      for (const { pending } of batch) pending.reject(error)
      this.#checkBackend(error)
      return
    }
    const unreadable = this.#versions.unreadableBefore(events)
    this.#versions.apply(events)
    for (const { pending, events } of batch) pending.resolve({ ok: true, revision: events[0].revision, entry: events[0].entry })
    if (unreadable.length === 0) this.#watchers.deliver(events, this.revision)
    else this.#deliverUnread(events, unreadable)
    this.#boundHistory()
  }

  /** Nobody is told what was there before, and no watch will be: the history begins anew. */
  #deliverUnread(events: readonly StoreEvent[], unreadable: readonly UnreadableError[]): void {
    const keys = new Set(unreadable.map(error => error.key))
    const until = events.findLast(event => keys.has(event.key))
    for (const error of unreadable) this.#watchers.endUnreadable(error)
    this.#watchers.deliver(
      events.map(event => (keys.has(event.key) ? { ...event, previous: undefined } : event)),
      this.revision,
    )
    if (until) this.#compactQuietly(until.revision)
  }

  /** Takes from the queue what can be decided now: answers the writes that fail and returns those to make durable. */
  #formBatch(): AssignedWrite[] {
    const batch: AssignedWrite[] = []
    const keys = new Set<string>()
    const waiting: PendingWrite[] = []
    let count = 0
    let bytes = 0
    for (const pending of this.#queue) {
      const { writes } = pending
      if (writes.some(({ key }) => keys.has(key)) || count >= MAX_BATCH_WRITES || bytes >= MAX_BATCH_BYTES) {
        waiting.push(pending)
        for (const { key } of writes) keys.add(key) // Whatever follows for these keys stays behind it.
        continue
      }
      const events = this.#decide(pending, this.revision + count + 1)
      if (!events) continue
      batch.push({ pending, events })
      for (const { key, entry } of events) {
        keys.add(key)
        bytes += entry.value.length
      }
      count += events.length
    }
    this.#queue = waiting
    return batch
  }

  /** The changes that writes make which go together; undefined when they make none and have been answered. */
  #decide({ writes, resolve, reject }: PendingWrite, revision: number): AssignedWrite['events'] | undefined {
    const [first, ...along] = writes
    if (!writes.every(write => this.#isMet(write))) {
      resolve({ ok: false, current: this.#readable(this.#versions.find(first.key)) })
      return undefined
    }
    try {
      return [this.#eventOf(first, revision), ...along.map((write, i) => this.#eventOf(write, revision + 1 + i))]
    } catch (error) {
      reject(error)
      return undefined
    }
  }

  #isMet({ key, expect, value }: Write): boolean {
    const previous = this.#versions.find(key)
    const met = expect === undefined || expect === (previous?.modRevision ?? 0)
    return met && (value !== undefined || previous !== undefined)
  }

  #eventOf({ key, value, tombstone }: Write, revision: number): StoreEvent {
    const previous = this.#versions.find(key)
    const content: Content = value
      ? value(revision)
      : (tombstone?.(revision) ?? { bytes: this.#readable(previous)?.value ?? Buffer.alloc(0) })
    const createRevision = previous?.createRevision ?? revision
    const entry: Entry = { key, value: ownBytes(content.bytes), createRevision, modRevision: revision, memo: content.memo }
    return { type: value ? 'put' : 'delete', key, revision, entry, previous }
  }

  #readable(entry: Entry | undefined): Entry | undefined {
    return entry && this.#versions.isReadable(entry) ? entry : undefined
  }

  #boundHistory(): void {
    const revision = this.#versions.excess(this.#retention.keepRevisions, this.#retention.keepBytes)
    if (revision !== undefined) this.#compactQuietly(revision)
  }

  #tick(): void {
    const { keepMs } = this.#retention
    if (keepMs === Number.POSITIVE_INFINITY) return
    const old = this.#ages.mark(this.#clock.now(), this.revision, keepMs)
    this.#compactQuietly(old ?? this.compactedRevision)
    this.#cancelTick = this.#clock.after(tickMs(this.#retention), () => this.#tick())
  }

  /** For compaction that nobody waits for. What the backend cannot drop now (its disk is full), it is asked to drop again later. */
  #compactQuietly(revision: number): void {
    this.#garbage = this.#garbage.concat(this.#versions.compact(revision))
    this.#sweep().catch(error => this.#checkBackend(error))
  }

  /** Lets the backend drop what has been compacted, in pieces. */
  #sweep(): Promise<void> {
    this.#sweeping ??= Promise.resolve().then(() => this.#sweepAll())
    return this.#sweeping
  }

  async #sweepAll(): Promise<void> {
    try {
      while (!this.#closed && (this.#garbage.length > 0 || this.#sweptRevision < this.compactedRevision)) {
        const revision = this.compactedRevision
        const piece = this.#garbage.slice(0, MAX_DROP)
        await this.#backend.drop(revision, piece)
        this.#garbage = this.#garbage.slice(piece.length)
        this.#sweptRevision = revision
      }
    } finally {
      this.#sweeping = undefined
    }
  }

  /** Ends the store when its backend is lost. */
  #checkBackend(error: unknown): void {
    if (error instanceof StoreWriteError || this.#closed) return
    const closed = new StoreClosedError(error)
    this.#end(closed)
    this.#watchers.close(closed)
  }
}

/** Bytes that keep nothing else alive: a slice of a larger allocation is copied out of it. */
function ownBytes(bytes: Buffer): Buffer {
  if (bytes.byteLength === bytes.buffer.byteLength) return bytes
  const own = Buffer.allocUnsafeSlow(bytes.byteLength)
  bytes.copy(own)
  return own
}
