// A local copy of one collection of the API, kept up to date by list and watch.
// It resumes a watch that ended where it was, lists anew when the server no longer keeps that version, and tells listeners what changed
// in order, without gap or duplicate. Objects are shared: nobody changes them.

import { type Kind, keyOf } from '../api/kind.ts'
import { type Clock, type Random, sleep } from '../base/clock.ts'
import type { KubeObject } from '../meta/object-meta.ts'
import { StatusError } from '../meta/status-error.ts'
import { Backoff } from './backoff.ts'
import type { Client, WatchEvent } from './client.ts'

export interface Change<O> {
  readonly key: string
  /** Undefined when the object is gone. */
  readonly object: O | undefined
  /** The state before; undefined when the object is new. An object replaced under its name shows as gone, then new. */
  readonly previous: O | undefined
}
/** It must not throw. */
export type Listener<O> = (changes: readonly Change<O>[]) => void
export type Indexer<O> = (object: O) => readonly string[]

export interface InformerOptions<O extends KubeObject> {
  readonly client: Client
  readonly kind: Kind<O>
  readonly namespace?: string
  readonly labelSelector?: string
  readonly fieldSelector?: string
  readonly clock: Clock
  readonly random: Random
  readonly indexers?: Readonly<Record<string, Indexer<O>>>
  /** Told of failures that are retried. */
  onError?(error: StatusError): void
}

/** Built in: every object by `metadata.namespace`. */
const NAMESPACE_INDEX = 'namespace'
/** A watch that ends sooner than this counts as a failure, lest a broken server be hammered. */
const SHORT_WATCH_MS = 1000

export class Informer<O extends KubeObject> {
  readonly kind: Kind<O>
  readonly #options: InformerOptions<O>
  readonly #objects = new Map<string, O>()
  readonly #seenMs = new Map<string, number>()
  readonly #indices = new Map<string, Index<O>>()
  readonly #listeners = new Set<Listener<O>>()
  readonly #progressListeners = new Set<() => void>()
  readonly #backoff: Backoff
  readonly #synced = Promise.withResolvers<void>()
  #hasSynced = false
  #resourceVersion = ''

  constructor(options: InformerOptions<O>) {
    this.#options = options
    this.kind = options.kind
    this.#backoff = new Backoff({ baseMs: 800, maxMs: 30_000, jitter: 1 }, options.random)
    this.addIndexer(NAMESPACE_INDEX, object => [object.metadata.namespace ?? ''])
    for (const [name, indexer] of Object.entries(options.indexers ?? {})) this.addIndexer(name, indexer)
  }

  /** Whether the first list has arrived. */
  get hasSynced(): boolean {
    return this.#hasSynced
  }
  /** The version up to which everything is known; empty before the first list. */
  get resourceVersion(): string {
    return this.#resourceVersion
  }

  /** Resolves once the first list has arrived; rejects when the signal aborts first. */
  synced(signal?: AbortSignal): Promise<void> {
    if (!signal || this.#hasSynced) return this.#synced.promise
    return new Promise((resolve, reject) => {
      const onAbort = () => reject(signal.reason)
      if (signal.aborted) return onAbort()
      signal.addEventListener('abort', onAbort, { once: true })
      void this.#synced.promise.then(() => {
        signal.removeEventListener('abort', onAbort)
        resolve()
      })
    })
  }

  /** By `namespace/name`, or `name` for cluster-scoped objects. */
  get(key: string): O | undefined {
    return this.#objects.get(key)
  }
  /** When the present version of the object arrived here, by our own clock. */
  seenMs(key: string): number | undefined {
    return this.#seenMs.get(key)
  }
  list(namespace?: string): readonly O[] {
    return namespace === undefined ? [...this.#objects.values()] : this.byIndex(NAMESPACE_INDEX, namespace)
  }
  byIndex(index: string, value: string): readonly O[] {
    const found = this.#indices.get(index)
    if (!found) throw new RangeError(`no index ${index} on ${this.kind.plural}`)
    return found.get(value)
  }
  /** Indexes what is there and what comes. An index of that name which is already there stays. */
  addIndexer(name: string, indexer: Indexer<O>): void {
    if (this.#indices.has(name)) return
    const index = new Index(indexer)
    for (const [key, object] of this.#objects) index.set(key, object, undefined)
    this.#indices.set(name, index)
  }

  /** The listener first hears of everything that is there already. Returns how to stop listening. */
  onChange(listener: Listener<O>): () => void {
    this.#listeners.add(listener)
    if (this.#objects.size > 0) listener([...this.#objects].map(([key, object]) => ({ key, object, previous: undefined })))
    return () => this.#listeners.delete(listener)
  }

  /** Called whenever the version has moved on, after listeners of changes. Returns how to stop listening. */
  onProgress(listener: () => void): () => void {
    this.#progressListeners.add(listener)
    return () => this.#progressListeners.delete(listener)
  }

  /** Keeps the copy up to date until the signal aborts; then resolves. To be called once. */
  async run(signal: AbortSignal): Promise<void> {
    let listFrom: string | undefined = '0'
    while (!signal.aborted) {
      const startedMs = this.#options.clock.now()
      try {
        if (listFrom !== undefined) {
          await this.#list(listFrom, signal)
          listFrom = undefined
        }
        await this.#watch(signal)
        if (this.#options.clock.now() - startedMs >= SHORT_WATCH_MS) {
          this.#backoff.reset()
          continue
        }
      } catch (error) {
        if (signal.aborted) return
        const failure = StatusError.from(error)
        // An empty version asks for the latest state, which is there whatever was compacted.
        if (listFrom !== undefined || StatusError.is(failure, 'Expired', 'Gone')) listFrom = ''
        this.#options.onError?.(failure)
      }
      await sleep(this.#options.clock, this.#backoff.nextMs(), signal).catch(() => {})
    }
  }

  async #list(resourceVersion: string, signal: AbortSignal): Promise<void> {
    const { client, kind } = this.#options
    const from = resourceVersion === '' ? {} : { resourceVersion }
    const list = await client.list(kind, { ...this.#selection(), ...from, signal })
    if (signal.aborted) return
    this.#replace(list.items, list.resourceVersion)
    if (!this.#hasSynced) {
      this.#hasSynced = true
      this.#synced.resolve()
    }
  }

  #watch(signal: AbortSignal): Promise<void> {
    const { client, kind } = this.#options
    const options = { ...this.#selection(), resourceVersion: this.#resourceVersion, signal }
    return client.watch(kind, options, events => {
      if (signal.aborted) return
      this.#backoff.reset()
      this.#apply(events)
    })
  }

  #selection(): { namespace?: string; labelSelector?: string; fieldSelector?: string } {
    const { namespace, labelSelector, fieldSelector } = this.#options
    return {
      ...(namespace !== undefined && { namespace }),
      ...(labelSelector !== undefined && { labelSelector }),
      ...(fieldSelector !== undefined && { fieldSelector }),
    }
  }

  #replace(items: readonly O[], resourceVersion: string): void {
    const changes: Change<O>[] = []
    const gone = new Set(this.#objects.keys())
    for (const object of items) {
      gone.delete(keyOf(object))
      this.#put(object, changes)
    }
    for (const key of gone) this.#remove(key, changes)
    this.#resourceVersion = resourceVersion
    this.#tell(changes)
  }

  #apply(events: readonly WatchEvent<O>[]): void {
    const changes: Change<O>[] = []
    for (const event of events) {
      if (event.type === 'BOOKMARK') {
        this.#resourceVersion = event.resourceVersion
        continue
      }
      if (event.type === 'DELETED') this.#remove(keyOf(event.object), changes)
      else this.#put(event.object, changes)
      this.#resourceVersion = event.object.metadata.resourceVersion
    }
    this.#tell(changes)
  }

  #put(object: O, changes: Change<O>[]): void {
    const key = keyOf(object)
    const previous = this.#objects.get(key)
    if (previous?.metadata.uid === object.metadata.uid) {
      if (previous.metadata.resourceVersion === object.metadata.resourceVersion) return
    } else {
      this.#remove(key, changes)
    }
    const before = this.#objects.get(key)
    this.#objects.set(key, object)
    this.#seenMs.set(key, this.#options.clock.now())
    for (const index of this.#indices.values()) index.set(key, object, before)
    changes.push({ key, object, previous: before })
  }

  #remove(key: string, changes: Change<O>[]): void {
    const previous = this.#objects.get(key)
    if (!previous) return
    this.#objects.delete(key)
    this.#seenMs.delete(key)
    for (const index of this.#indices.values()) index.set(key, undefined, previous)
    changes.push({ key, object: undefined, previous })
  }

  #tell(changes: readonly Change<O>[]): void {
    if (changes.length > 0) for (const listener of this.#listeners) listener(changes)
    for (const listener of this.#progressListeners) listener()
  }
}

/** Which objects bear a value. */
class Index<O> {
  readonly #indexer: Indexer<O>
  readonly #values = new Map<string, Map<string, O>>()

  constructor(indexer: Indexer<O>) {
    this.#indexer = indexer
  }

  get(value: string): readonly O[] {
    return [...(this.#values.get(value)?.values() ?? [])]
  }

  set(key: string, object: O | undefined, previous: O | undefined): void {
    const values = object ? this.#indexer(object) : []
    for (const value of previous ? this.#indexer(previous) : []) {
      if (values.includes(value)) continue
      const bearers = this.#values.get(value)
      bearers?.delete(key)
      if (bearers?.size === 0) this.#values.delete(value)
    }
    if (!object) return
    for (const value of values) {
      const bearers = this.#values.get(value) ?? new Map<string, O>()
      bearers.set(key, object)
      this.#values.set(value, bearers)
    }
  }
}

/** Whether version `seen` is `wanted` or later. Versions are integers of any length, as upstream promises since 1.35. */
export function isAtLeast(seen: string, wanted: string): boolean {
  return seen.length === wanted.length ? seen >= wanted : seen.length > wanted.length
}
