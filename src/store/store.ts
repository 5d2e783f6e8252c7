// The contract of the store: a multi-version map of keys to bytes with one revision counter, compare-and-swap, ordered ranges,
// watches that resume, and compaction. It knows nothing of Kubernetes. Every backend passes the suite in store.contract.ts.
//
// Revisions are one strictly increasing counter for the whole store; each successful write takes the next. An empty store is at
// revision 1 (as etcd is), so the first write has revision 2 and no revision of an object is ever 0.
// Reads and watches see durable, acknowledged state only.

/** One version of a key. Immutable, but for `memo`. */
export interface Entry {
  readonly key: string
  readonly value: Buffer
  /** The revision that created the key, since it last did not exist. */
  readonly createRevision: number
  /** The revision that wrote this version. */
  readonly modRevision: number
  /**
   * Where the owner keeps the parsed form of `value`. It is a cache: absent after a restart, and cleared by the store
   * some time after the version was superseded, so the owner parses `value` when it finds nothing here.
   */
  memo: unknown
}

/** The bytes of a version, and what its memo starts with. The store may keep a copy of the bytes; they must not change. */
export interface Content {
  readonly bytes: Buffer
  readonly memo?: unknown
}

export interface Write {
  readonly key: string
  /** The modRevision the key must have; 0: it must not exist; undefined: whatever it has. */
  readonly expect: number | undefined
  /** Makes the new content; called once the revision is assigned. It may be called again when that attempt did not become durable. Undefined deletes the key. */
  readonly value: ((revision: number) => Content) | undefined
  /** For a delete: the last state as watchers see it (the object stamped with the revision of its deletion). Default: the last value. */
  readonly tombstone?: (revision: number) => Content
}

/**
 * `entry` is the version written; for a delete, the tombstone's.
 * A write that failed its expectation, or a delete of what does not exist, changes nothing and gets the `current` entry, which reads see too;
 * undefined where there is none that can be read.
 */
export type WriteResult =
  | { readonly ok: true; readonly revision: number; readonly entry: Entry }
  | { readonly ok: false; readonly current: Entry | undefined }

export interface StoreEvent {
  readonly type: 'put' | 'delete'
  readonly key: string
  readonly revision: number
  /** The new version; for a delete, the tombstone: createRevision of the deleted version, modRevision of the deletion. */
  readonly entry: Entry
  /** The version that was superseded; undefined when the key did not exist. */
  readonly previous: Entry | undefined
}

export interface RangeOptions {
  readonly start: string
  /** Exclusive; see `prefixEnd`. */
  readonly end: string
  /** The most entries to return; none or 0: all. */
  readonly limit?: number
  /** Read as of this revision. Default: the newest. */
  readonly revision?: number
  /** Leaves out what cannot be read. Default: that fails. */
  readonly onlyReadable?: boolean
}

export interface RangeResult {
  /** In key order. */
  readonly entries: Entry[]
  /** Whether the limit cut the range short, and how many entries follow. */
  readonly more: boolean
  readonly remaining: number
  /** The revision that was read. */
  readonly revision: number
}

export interface WatchOptions {
  readonly start: string
  /** Exclusive. */
  readonly end: string
  /** Events of revisions greater than this are delivered. */
  readonly after: number
  /**
   * Called with the events of the range in revision order: all of one group commit in one call, with the revision the
   * batch brought the store to. Kept history is replayed by one call before `watch` returns. It must not throw.
   */
  onEvents(events: readonly StoreEvent[], revision: number): void
  /**
   * Called once, and the watch has ended, when something of the range is written that could not be read before: what it was, nobody can
   * be told. A watch without this goes on, and gets the event as if there had been nothing.
   */
  onUnreadable?(error: UnreadableError): void
  /** Called once when the store ends the watch: it was closed (`StoreClosedError`) or lost its backend. */
  onClose?(error: Error): void
}

export interface Store {
  /** The newest visible revision. Outside `onEvents` callbacks, every watcher has been given all events up to it. */
  readonly revision: number
  /** Reads before this revision, and watches after less than it, are refused. */
  readonly compactedRevision: number

  /** Afterwards reads see everything that was acknowledged anywhere before the call. */
  linearize(): Promise<void>

  /** @throws {CompactedError} {FutureRevisionError} {UnreadableError} */
  get(key: string, revision?: number): Entry | undefined

  /** @throws {CompactedError} {FutureRevisionError} {UnreadableError} */
  range(options: RangeOptions): RangeResult

  /** How many keys there are in `[start, end)` now. */
  count(start: string, end: string): number

  /**
   * Resolves once the write is durable and visible to reads, and watchers have it. Expectations are checked against writes under way
   * too: who loses against one is answered when that one is visible. Writes of one key take effect in the order of their calls.
   * `along`: writes of other keys that are made in the same moment: all of them or none. Their expectations must be met too, and what they
   * delete must be there.
   * @throws {StoreWriteError} it was not written (or, if the process ends now, may have been); later writes may work again
   */
  commit(write: Write, along?: readonly Write[]): Promise<WriteResult>

  /**
   * Returns the function that ends the watch.
   * @throws {CompactedError} {FutureRevisionError}
   */
  watch(options: WatchOptions): () => void

  /**
   * Forgets what was superseded at or before `revision`; a read at `revision` still works. Resolves when that is durable.
   * Without effect when compaction is already there. @throws {FutureRevisionError} {StoreWriteError}
   */
  compact(revision: number): Promise<void>

  /** Whether the version would be kept on disk in another way if it were written now, such as by a newer key. */
  isStale(entry: Entry): boolean

  /** Lets the commit under way finish, refuses the rest and ends all watches. Everything but `close` throws `StoreClosedError` from then on. */
  close(): Promise<void>
}

/** The revision asked for is no longer kept. */
export class CompactedError extends Error {
  override readonly name = 'CompactedError'
  readonly revision: number
  readonly compactedRevision: number

  constructor(revision: number, compactedRevision: number) {
    super(`revision ${revision} has been compacted; the oldest kept is ${compactedRevision}`)
    this.revision = revision
    this.compactedRevision = compactedRevision
  }
}

/** The revision asked for has not been reached. */
export class FutureRevisionError extends Error {
  override readonly name = 'FutureRevisionError'
  readonly revision: number
  readonly currentRevision: number

  constructor(revision: number, currentRevision: number) {
    super(`revision ${revision} is in the future; the newest is ${currentRevision}`)
    this.revision = revision
    this.currentRevision = currentRevision
  }
}

/** What is stored under the key cannot be read: it was sealed by a key that is missing. It can be overwritten and deleted. */
export class UnreadableError extends Error {
  override readonly name = 'UnreadableError'
  readonly key: string
  /** Of the version that cannot be read. */
  readonly revision: number

  constructor(key: string, revision: number, why: string) {
    super(`unable to transform key ${JSON.stringify(key)}: ${why}`)
    this.key = key
    this.revision = revision
  }
}

/** The store was closed, or lost its backend (then `cause` says why). */
export class StoreClosedError extends Error {
  override readonly name = 'StoreClosedError'

  constructor(cause?: unknown) {
    super('the store is closed', cause === undefined ? undefined : { cause })
  }
}

/** A write could not be made durable. Nothing of it is visible. */
export class StoreWriteError extends Error {
  override readonly name = 'StoreWriteError'
  readonly noSpace: boolean

  constructor(message: string, noSpace: boolean) {
    super(`the store could not write: ${message}`)
    this.noSpace = noSpace
  }
}

/** A store could not be opened. `locked`: another live process, or this one, has it open. */
export class StoreOpenError extends Error {
  override readonly name = 'StoreOpenError'
  readonly path: string
  readonly reason: 'locked' | 'failed'

  constructor(path: string, reason: 'locked' | 'failed', message: string) {
    super(`cannot open the store at ${path}: ${message}`)
    this.path = path
    this.reason = reason
  }
}

/** The end of the range of keys that begin with `prefix`. For the empty prefix, the end of all keys. */
export function prefixEnd(prefix: string): string {
  const last = prefix.charCodeAt(prefix.length - 1)
  if (Number.isNaN(last)) return '\uffff'
  return last === 0xffff ? prefixEnd(prefix.slice(0, -1)) : prefix.slice(0, -1) + String.fromCharCode(last + 1)
}
