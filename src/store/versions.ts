// The multi-version state in memory, without any IO: the current entries in key order, and the log of kept changes.
// The past is derived: a key's state at a revision is what its first later change replaced. So a key that has not changed
// lately costs one entry, and history shares its bytes with the index.
import { assert } from '../base/assert.ts'
import { OrderedMap } from '../base/ordered-map.ts'
import {
  CompactedError,
  type Entry,
  FutureRevisionError,
  type RangeOptions,
  type RangeResult,
  type StoreEvent,
  UnreadableError,
} from './store.ts'

/** Superseded versions keep their memo while they are among this many newest changes. */
const KEEP_MEMOS = 1_000

/** A version as a backend keeps it. */
export interface VersionRecord {
  readonly revision: number
  readonly createRevision: number
  readonly deleted: boolean
  readonly key: string
  readonly value: Buffer
  /** Why `value` is not what was written, but what it was sealed to. */
  readonly problem?: string
}

export class Versions {
  #revision = 1
  #compactedRevision = 0
  readonly #current = new OrderedMap<Entry>()
  /** Kept changes in revision order, one for each revision, and again by key. */
  readonly #log: StoreEvent[] = []
  readonly #changes = new OrderedMap<StoreEvent[]>()
  /** Current versions that cannot be read, by key. The history has none: it is compacted up to them. */
  readonly #unreadable = new Map<string, UnreadableError>()
  #unreadableUntil = 0
  #supersededBytes = 0
  /** The position in the log before which memos have been cleared. */
  #memosFrom = 0

  get revision(): number {
    return this.#revision
  }

  get compactedRevision(): number {
    return this.#compactedRevision
  }

  get unreadable(): readonly UnreadableError[] {
    return [...this.#unreadable.values()]
  }

  /** Of the keys of these events, those that cannot be read before them. */
  unreadableBefore(events: readonly StoreEvent[]): readonly UnreadableError[] {
    if (this.#unreadable.size === 0) return []
    return events.flatMap(({ key }) => this.#unreadable.get(key) ?? [])
  }

  get(key: string, revision = this.#revision): Entry | undefined {
    const entry = this.find(key, revision)
    if (this.#unreadable.size > 0 && entry) this.#checkContent(entry)
    return entry
  }

  /** Also what cannot be read: its value is what it was sealed to. */
  find(key: string, revision = this.#revision): Entry | undefined {
    this.#checkKept(revision)
    const change = revision < this.#revision ? firstAfter(this.#changes.get(key) ?? [], revision) : undefined
    return change ? change.previous : this.#current.get(key)
  }

  range({ start, end, limit = 0, revision = this.#revision, onlyReadable = false }: RangeOptions): RangeResult {
    this.#checkKept(revision)
    const most = limit > 0 ? limit : Number.POSITIVE_INFINITY
    const found = revision < this.#revision ? this.#sliceAt(start, end, most, revision) : this.#current.slice(start, end, most)
    const last = found.at(-1)
    const remaining = last && found.length === most ? this.#countAt(`${last.key}\0`, end, revision) : 0
    const entries = this.#unreadable.size === 0 ? found : this.#readable(found, onlyReadable)
    return { entries, more: remaining > 0, remaining, revision }
  }

  #readable(entries: Entry[], onlyReadable: boolean): Entry[] {
    if (onlyReadable) return entries.filter(entry => this.isReadable(entry))
    for (const entry of entries) this.#checkContent(entry)
    return entries
  }

  isReadable(entry: Entry): boolean {
    return this.#problemOf(entry) === undefined
  }

  #problemOf({ key, modRevision }: Entry): UnreadableError | undefined {
    const error = this.#unreadable.get(key)
    return error?.revision === modRevision ? error : undefined
  }

  #checkContent(entry: Entry): void {
    const error = this.#problemOf(entry)
    if (error) throw error
  }

  count(start: string, end: string): number {
    return this.#current.count(start, end)
  }

  /** The kept changes of `[start, end)` with revisions greater than `revision`. */
  changesAfter(revision: number, start: string, end: string): StoreEvent[] {
    this.#checkKept(revision)
    const found: StoreEvent[] = []
    for (let at = positionAfter(this.#log, revision); at < this.#log.length; at++) {
      const event = this.#log[at]!
      if (event.key >= start && event.key < end) found.push(event)
    }
    return found
  }

  apply(events: readonly StoreEvent[]): void {
    for (const event of events) {
      assert(event.revision === this.#revision + 1, `revision ${event.revision} does not follow ${this.#revision}`)
      this.#apply(event)
    }
    for (; this.#memosFrom < this.#log.length - KEEP_MEMOS; this.#memosFrom++) clearMemos(this.#log[this.#memosFrom]!)
  }

  #apply(event: StoreEvent): void {
    this.#revision = event.revision
    if (this.#unreadable.size > 0) this.#unreadable.delete(event.key)
    if (event.type === 'put') this.#current.set(event.key, event.entry)
    else this.#current.delete(event.key)
    this.#log.push(event)
    const changes = this.#changes.get(event.key)
    if (changes) changes.push(event)
    else this.#changes.set(event.key, [event])
    this.#supersededBytes += supersededBytes(event)
  }

  /**
   * Forgets what was superseded at or before `revision`. Returns the revisions of the forgotten versions, those of each key
   * in ascending order; a backend that drops them in this order never brings an old version back by stopping halfway.
   */
  compact(revision: number): number[] {
    if (revision > this.#revision) throw new FutureRevisionError(revision, this.#revision)
    if (revision <= this.#compactedRevision) return []
    this.#compactedRevision = revision
    const dropped: number[] = []
    const events = this.#log.splice(0, positionAfter(this.#log, revision))
    for (const event of events) {
      this.#supersededBytes -= supersededBytes(event)
      if (event.previous) dropped.push(event.previous.modRevision)
      if (event.type === 'delete') dropped.push(event.revision)
      const changes = this.#changes.get(event.key)!
      if (changes.length > 1) changes.shift()
      else this.#changes.delete(event.key)
    }
    this.#memosFrom = Math.max(0, this.#memosFrom - events.length)
    return dropped
  }

  /** The revision to compact to, so that the kept history is within both bounds again, with an eighth to spare. */
  excess(keepRevisions: number, keepBytes: number): number | undefined {
    let length = this.#log.length
    let bytes = this.#supersededBytes
    if (length <= keepRevisions && bytes <= keepBytes) return undefined
    let at = 0
    for (; at < this.#log.length && (length > keepRevisions * 0.875 || bytes > keepBytes * 0.875); at++, length--) {
      bytes -= supersededBytes(this.#log[at]!)
    }
    return this.#log[at - 1]?.revision
  }

  /** Begins the state that `restore` fills: call before it. */
  restoreCompacted(compactedRevision: number): void {
    this.#compactedRevision = compactedRevision
    this.#revision = Math.max(this.#revision, compactedRevision)
  }

  /**
   * Takes in a version that a backend kept; call in revision order. Returns the revisions of versions that compaction had
   * already forgotten but the backend had not dropped yet.
   */
  restore(record: VersionRecord): number[] {
    const { key, revision, createRevision, deleted, value, problem } = record
    const entry: Entry = { key, value, createRevision, modRevision: revision, memo: undefined }
    const previous = this.#current.get(key)
    if (problem !== undefined || this.#unreadable.has(key)) this.#unreadableUntil = revision
    const isHistory = revision > this.#compactedRevision
    assert(!isHistory || revision > this.#revision, `revision ${revision} after ${this.#revision}`)
    if (isHistory) this.#apply({ type: deleted ? 'delete' : 'put', key, revision, entry, previous })
    else if (deleted) this.#current.delete(key)
    else this.#current.set(key, entry)
    if (problem !== undefined && !deleted) this.#unreadable.set(key, new UnreadableError(key, revision, problem))
    else this.#unreadable.delete(key)
    return isHistory ? [] : [...(previous ? [previous.modRevision] : []), ...(deleted ? [revision] : [])]
  }

  /** Ends the state that `restore` filled: call after it. Forgets the history that has something that cannot be read; returns as `compact` does. */
  restored(): number[] {
    return this.compact(this.#unreadableUntil)
  }

  #sliceAt(start: string, end: string, limit: number, revision: number): Entry[] {
    const found: Entry[] = []
    const current = this.#current.entries(start, end)
    const past = this.#pastStates(start, end, revision)
    let now = current.next()
    let then = past.next()
    while (found.length < limit && !(now.done && then.done)) {
      if (then.done || (!now.done && now.value[0] < then.value.key)) {
        found.push(now.value![1])
        now = current.next()
        continue
      }
      if (then.value.previous) found.push(then.value.previous)
      if (!now.done && now.value[0] === then.value.key) now = current.next()
      then = past.next()
    }
    return found
  }

  #countAt(start: string, end: string, revision: number): number {
    let count = this.#current.count(start, end)
    if (revision === this.#revision) return count
    for (const { previous, existsNow } of this.#pastStates(start, end, revision)) count += (previous ? 1 : 0) - (existsNow ? 1 : 0)
    return count
  }

  /** The keys of the range that changed after `revision`, with what they were at it. */
  *#pastStates(start: string, end: string, revision: number) {
    for (const [key, changes] of this.#changes.entries(start, end)) {
      const change = firstAfter(changes, revision)
      if (change) yield { key, previous: change.previous, existsNow: changes.at(-1)?.type === 'put' }
    }
  }

  #checkKept(revision: number): void {
    if (revision > this.#revision) throw new FutureRevisionError(revision, this.#revision)
    if (revision < this.#compactedRevision) throw new CompactedError(revision, this.#compactedRevision)
  }
}

function firstAfter(events: readonly StoreEvent[], revision: number): StoreEvent | undefined {
  return events[positionAfter(events, revision)]
}

/** The position of the first event with a revision greater than `revision`. */
function positionAfter(events: readonly StoreEvent[], revision: number): number {
  let low = 0
  let high = events.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (events[middle]!.revision <= revision) low = middle + 1
    else high = middle
  }
  return low
}

/** The bytes that only history holds because of this change. */
function supersededBytes({ type, entry, previous }: StoreEvent): number {
  return (previous?.value.length ?? 0) + (type === 'delete' && entry.value !== previous?.value ? entry.value.length : 0)
}

function clearMemos({ type, entry, previous }: StoreEvent): void {
  if (previous) previous.memo = undefined
  if (type === 'delete') entry.memo = undefined
}
