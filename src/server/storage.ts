// Objects over the store: typed reads without waiting, and compare-and-swap writes that serialise an object once.
import type { Kind } from '../api/kind.ts'
import type { Entries } from '../meta/apply/entries.ts'
import type { KubeObject } from '../meta/object-meta.ts'
import { StatusError } from '../meta/status-error.ts'
import {
  type Content,
  type Entry,
  prefixEnd,
  type Store,
  type StoreEvent,
  StoreWriteError,
  UnreadableError,
  type Write,
  type WriteResult,
} from '../store/store.ts'
import { type Resource, resourceFor, storeKey, storePrefix } from './resource.ts'
import { entriesText } from './shared-owners.ts'
import { sharedSpec, sharedSpecText } from './shared-specs.ts'

/** The object of an entry, parsed once and then kept beside its bytes. */
export function objectOf(entry: Entry): KubeObject {
  entry.memo ??= JSON.parse(entry.value.toString())
  return entry.memo as KubeObject
}

/** The object as this resource shows it, which differs from the stored one for views only. */
export function present(resource: Resource, entry: Entry): KubeObject {
  const object = objectOf(entry)
  return resource.view ? resource.view.fromStored(object) : object
}

/** The JSON bytes as this resource shows them. */
export function presentBytes(resource: Resource, entry: Entry): Buffer {
  if (!resource.view) return entry.value
  const shown = present(resource, entry)
  if (shown === objectOf(entry)) return entry.value
  let bytes = shownBytes.get(shown)
  if (!bytes) {
    bytes = Buffer.from(JSON.stringify(shown))
    shownBytes.set(shown, bytes)
  }
  return bytes
}
const shownBytes = new WeakMap<KubeObject, Buffer>()

/** To be awaited before entries are presented. Costs nothing where that takes no time. */
export function prepared(resource: Resource, entries: readonly Entry[]): Promise<void> | undefined {
  return resource.view?.prepare?.(entries.map(objectOf))
}

/** The bytes are put together of texts that are known already: of the shared spec, and of what its creator owns. */
function encode(kind: Kind, object: KubeObject, revision: number): Content {
  const { kind: name, apiVersion, metadata, ...rest } = object
  const { managedFields, ...own } = metadata
  const plain = { ...own, resourceVersion: String(revision) }
  const head = { kind: name, apiVersion, metadata: managedFields ? { ...plain, managedFields } : plain }
  const { spec } = rest as { spec?: object }
  const shared = kind.sharedSpec && spec && sharedSpec(spec)
  const owners = managedFields ? `,"managedFields":${entriesText(managedFields as Entries)}` : ''
  const before = `{"kind":${JSON.stringify(name)},"apiVersion":${JSON.stringify(apiVersion)},"metadata":${JSON.stringify(plain).slice(0, -1)}${owners}}`
  const others = JSON.stringify(shared ? { ...rest, spec: undefined } : rest).slice(1, -1)
  const after = shared ? `,"spec":${sharedSpecText(shared)}}` : '}'
  return { bytes: Buffer.from(before + (others && `,${others}`) + after), memo: { ...head, ...rest, ...(shared && { spec: shared }) } }
}

/** The version as it was, at a later revision: what one who selects objects is shown last of one that is selected no more. */
export function atRevision({ kind }: Resource, entry: Entry, revision: number): Entry {
  const object = objectOf(entry)
  let bytes: Buffer | undefined
  return {
    key: entry.key,
    createRevision: entry.createRevision,
    modRevision: revision,
    memo: { ...object, metadata: { ...object.metadata, resourceVersion: String(revision) } },
    get value() {
      bytes ??= encode(kind, object, revision).bytes
      return bytes
    },
  }
}

/** A change of an object in the form in which it is stored; of one that is removed, `object` is what watchers see last. */
export type Change =
  | { readonly type: 'create'; readonly resource: Resource; readonly object: KubeObject }
  | { readonly type: 'replace' | 'remove'; readonly resource: Resource; readonly current: Entry; readonly object: KubeObject }

function writeOf(change: Change): Write {
  const { resource, object } = change
  const content = (revision: number) => encode(resource.kind, object, revision)
  if (change.type === 'create') {
    const { namespace, name } = object.metadata
    return { key: storeKey(resource, namespace, name), expect: 0, value: content }
  }
  const { key, modRevision: expect } = change.current
  return change.type === 'replace' ? { key, expect, value: content } : { key, expect, value: undefined, tombstone: content }
}

export class Storage {
  readonly #store: Store

  constructor(store: Store) {
    this.#store = store
  }

  get store(): Store {
    return this.#store
  }

  entry(resource: Resource, namespace: string | undefined, name: string): Entry | undefined {
    return this.#store.get(storeKey(resource, namespace, name))
  }

  find<O extends KubeObject>(kind: Kind<O>, namespace: string | undefined, name: string): O | undefined {
    const entry = this.entry(resourceFor(kind), namespace, name)
    return entry && (objectOf(entry) as O)
  }

  all<O extends KubeObject>(kind: Kind<O>, namespace?: string): readonly O[] {
    const start = storePrefix(resourceFor(kind), namespace)
    return this.#store.range({ start, end: prefixEnd(start) }).entries.map(e => objectOf(e) as O)
  }

  /** Calls back with every change of what a resource stores, from now on. Returns the end of it. */
  follow({ prefix }: Pick<Resource, 'prefix'>, onEvents: (events: readonly StoreEvent[]) => void): () => void {
    const { revision } = this.#store
    return this.#store.watch({ start: prefix, end: prefixEnd(prefix), after: revision, onEvents })
  }

  /** Whether it is there, readable or not. */
  has<O extends KubeObject>(kind: Kind<O>, namespace: string | undefined, name: string): boolean {
    try {
      return this.entry(resourceFor(kind), namespace, name) !== undefined
    } catch (error) {
      if (error instanceof UnreadableError) return true
      throw error
    }
  }

  /** Undefined also where it cannot be read: for who has to go on without it. */
  findReadable<O extends KubeObject>(kind: Kind<O>, namespace: string | undefined, name: string): O | undefined {
    try {
      return this.find(kind, namespace, name)
    } catch (error) {
      if (error instanceof UnreadableError) return undefined
      throw error
    }
  }

  /** Without those that cannot be read: for who has to go on without them. */
  readable<O extends KubeObject>(kind: Kind<O>): readonly O[] {
    const { prefix } = resourceFor(kind)
    return this.#store.range({ start: prefix, end: prefixEnd(prefix), onlyReadable: true }).entries.map(e => objectOf(e) as O)
  }

  /** Fails with AlreadyExists. Undefined when something that is written along has changed meanwhile. */
  async create(resource: Resource, object: KubeObject, along: readonly Change[] = []): Promise<Entry | undefined> {
    const stored = resource.view ? await resource.view.toStored(object) : object
    const result = await this.#commit(writeOf({ type: 'create', resource, object: stored }), along)
    if (result.ok) return result.entry
    const { namespace, name } = object.metadata
    if (along.length === 0 || this.entry(resource, namespace, name)) throw StatusError.alreadyExists(resource, name)
    return undefined
  }

  /** Undefined when the object, or something that is written along, has changed since it was read. */
  async replace(resource: Resource, current: Entry, object: KubeObject, along: readonly Change[] = []): Promise<Entry | undefined> {
    const stored = resource.view ? await resource.view.toStored(object) : object
    const result = await this.#commit(writeOf({ type: 'replace', resource, current, object: stored }), along)
    return result.ok ? result.entry : undefined
  }

  /** Removes the object; watchers see `last` stamped with the revision of the deletion. Undefined as of `replace`. */
  async remove(resource: Resource, current: Entry, last?: KubeObject, along: readonly Change[] = []): Promise<Entry | undefined> {
    const { view } = resource
    const stored = last === undefined ? objectOf(current) : view ? await view.toStored(last) : last
    const result = await this.#commit(writeOf({ type: 'remove', resource, current, object: stored }), along)
    return result.ok ? result.entry : undefined
  }

  /** Removes an object that cannot be read; watchers that want to see what goes see `last`, or end. Whether it was still there. */
  async removeUnreadable({ kind }: Resource, { key, revision }: UnreadableError, last: KubeObject): Promise<boolean> {
    const tombstone = (revision: number) => encode(kind, last, revision)
    return (await this.#commit({ key, expect: revision, value: undefined, tombstone }, [])).ok
  }

  async #commit(write: Write, along: readonly Change[]): Promise<WriteResult> {
    try {
      return await this.#store.commit(write, along.map(writeOf))
    } catch (error) {
      if (error instanceof StoreWriteError)
        throw StatusError.serviceUnavailable(
          error.noSpace
            ? 'the store cannot write: no space left on its disk; free some space and try again'
            : `the store cannot write: ${error.message}`,
        )
      throw error
    }
  }
}
