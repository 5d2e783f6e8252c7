// How every component sees the API server. Two transports stand behind it: HTTP, and in-process (the server's own
// dispatcher, entered at authentication with a real identity).
import type { Kind } from '../api/kind.ts'
import type { KubeObject } from '../meta/object-meta.ts'
import type { Draft } from '../schema/schema.ts'

export interface Key {
  readonly namespace?: string | undefined
  readonly name: string
}

export interface ListOptions {
  /** All namespaces when absent. */
  readonly namespace?: string | undefined
  readonly labelSelector?: string
  readonly fieldSelector?: string
  readonly limit?: number
  readonly continue?: string
  /** `0`: whatever is in the cache. */
  readonly resourceVersion?: string
  readonly signal?: AbortSignal
}

export interface ListResult<O> {
  readonly items: readonly O[]
  readonly resourceVersion: string
  readonly continue?: string
}

export type WatchEvent<O> =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly object: O }
  | { readonly type: 'BOOKMARK'; readonly resourceVersion: string; readonly initialEventsEnd: boolean }

export interface WatchOptions extends ListOptions {
  /** Where to go on; events after it are delivered. */
  readonly resourceVersion: string
  readonly signal: AbortSignal
}

export type PatchType = 'json' | 'merge' | 'strategic'

export interface WriteOptions {
  readonly subresource?: string
  readonly dryRun?: boolean
  readonly fieldManager?: string
}

export interface DeleteOptions {
  readonly gracePeriodSeconds?: number
  readonly propagationPolicy?: 'Background' | 'Foreground' | 'Orphan'
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string }
  readonly dryRun?: boolean
}

/** Every method fails with a `StatusError`. Objects that come back are frozen in meaning: never change them. */
export interface Client {
  get<O extends KubeObject>(kind: Kind<O>, key: Key): Promise<O>
  list<O extends KubeObject>(kind: Kind<O>, options?: ListOptions): Promise<ListResult<O>>
  /**
   * Calls back with batches of events in order until the signal aborts (then resolves), the server ends the watch (resolves), or an error
   * occurs (rejects with a `StatusError`; `Expired` when the version is no longer kept).
   */
  watch<O extends KubeObject>(kind: Kind<O>, options: WatchOptions, onEvents: (events: readonly WatchEvent<O>[]) => void): Promise<void>
  create<O extends KubeObject>(kind: Kind<O>, object: Draft<O>, options?: WriteOptions): Promise<O>
  /** Compare-and-swap on `metadata.resourceVersion` where it is given. */
  update<O extends KubeObject>(kind: Kind<O>, object: O, options?: WriteOptions): Promise<O>
  patch<O extends KubeObject>(kind: Kind<O>, key: Key, type: PatchType, body: unknown, options?: WriteOptions): Promise<O>
  /** Resolves with the object where it lives on (finalizers, grace), else undefined. */
  delete<O extends KubeObject>(kind: Kind<O>, key: Key, options?: DeleteOptions): Promise<O | undefined>
  /** POST to a subresource whose body is another kind: `binding`, `eviction`, `token`. Answers the body as it came. */
  post(kind: Kind, key: Key, subresource: string, body: unknown): Promise<unknown>
}
