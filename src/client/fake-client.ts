// An API server in memory, for unit tests of whatever stands on `Client`: versions, conflicts, finalizers, graceful deletion, selectors,
// patches and watches behave as the real server's do; validation, admission and authorization are left out.
// Tests make it fail by `intercept`, lag by `holdWatches`, and forget by `compact`.
import { type Kind, keyOf, resourceName } from '../api/kind.ts'
import type { Clock, Random } from '../base/clock.ts'
import { deepEqual } from '../meta/deep-equal.ts'
import { parseFieldSelector } from '../meta/field-selector.ts'
import type { KubeObject, ObjectMeta } from '../meta/object-meta.ts'
import { applyJsonPatch } from '../meta/patch/json.ts'
import { applyMergePatch } from '../meta/patch/merge.ts'
import { applyStrategicPatch } from '../meta/patch/strategic.ts'
import { parseSelector } from '../meta/selector.ts'
import { type GroupResource, StatusError } from '../meta/status-error.ts'
import { formatTime } from '../meta/time.ts'
import { applyDefaults } from '../schema/default.ts'
import type { Draft } from '../schema/schema.ts'
import type { Client, DeleteOptions, Key, ListOptions, ListResult, PatchType, WatchEvent, WatchOptions, WriteOptions } from './client.ts'

/** Any object, seen as its fields. */
interface Stored extends KubeObject {
  readonly spec?: unknown
  readonly status?: unknown
}
type EventType = 'ADDED' | 'MODIFIED' | 'DELETED'
interface LogEntry {
  readonly revision: number
  readonly resource: string
  readonly type: EventType
  readonly object: Stored
  readonly previous: Stored | undefined
}
const ALL = '*'
export interface Call {
  readonly verb: 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete' | 'post'
  readonly kind: Kind
  readonly key: string
  readonly subresource?: string
}

export class FakeClient implements Client {
  /** Called before each request; what it throws is the answer. */
  intercept: (call: Call) => void = () => {}
  /** Every request that was let through, in order. */
  readonly calls: Call[] = []
  readonly #clock: Clock
  readonly #random: Random
  readonly #objects = new Map<string, Map<string, Stored>>()
  readonly #log: LogEntry[] = []
  readonly #watchers = new Set<Watcher>()
  #revision = 1
  #compacted = 0
  readonly #held = new Set<string>()

  constructor(options: { readonly clock: Clock; readonly random: Random }) {
    this.#clock = options.clock
    this.#random = options.random
  }

  // What tests do to it.

  /** Watchers, or those of one kind, hear nothing until `releaseWatches`. */
  holdWatches(kind?: Kind): void {
    this.#held.add(kind ? resourceName(kind) : ALL)
  }
  releaseWatches(): void {
    this.#held.clear()
    for (const watcher of this.#watchers) this.#deliver(watcher)
  }
  /** Ends every watch: cleanly, or with an error. */
  endWatches(error?: StatusError): void {
    for (const watcher of [...this.#watchers]) watcher.end(error)
  }
  /** Watches can no longer start from before now. */
  compact(): void {
    this.#compacted = this.#revision
  }
  /** Tells every watcher how far it is. */
  bookmark(): void {
    for (const watcher of this.#watchers) {
      watcher.onEvents([{ type: 'BOOKMARK', resourceVersion: String(this.#revision), initialEventsEnd: false }])
    }
  }
  /** The objects of a kind, without a request. */
  all<O extends KubeObject>(kind: Kind<O>): readonly O[] {
    return [...this.#of(kind).values()].map(object => as(kind, object))
  }
  /** Stores an object as it is, status and all, but for what the server sets. */
  seed<O extends KubeObject>(kind: Kind<O>, object: Draft<O>): O {
    return as(kind, this.#put('ADDED', kind, this.#stamp(kind, object), undefined))
  }

  // The requests.

  async get<O extends KubeObject>(kind: Kind<O>, key: Key): Promise<O> {
    await this.#call({ verb: 'get', kind, key: path(key) })
    return as(kind, this.#existing(kind, path(key)))
  }

  async list<O extends KubeObject>(kind: Kind<O>, options: ListOptions = {}): Promise<ListResult<O>> {
    await this.#call({ verb: 'list', kind, key: options.namespace ?? '' })
    const matches = filterOf(kind, options)
    const items = [...this.#of(kind)]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .flatMap(([, object]) => (matches(object) ? [as(kind, object)] : []))
    return { items, resourceVersion: String(this.#revision) }
  }

  async watch<O extends KubeObject>(
    kind: Kind<O>,
    options: WatchOptions,
    onEvents: (events: readonly WatchEvent<O>[]) => void,
  ): Promise<void> {
    await this.#call({ verb: 'watch', kind, key: options.namespace ?? '' })
    const from = Number(options.resourceVersion)
    if (from < this.#compacted) throw StatusError.expired(`too old resource version: ${from} (${this.#compacted})`)
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const watcher: Watcher = {
      resource: resourceName(kind),
      matches: filterOf(kind, options),
      revision: from,
      onEvents: events =>
        onEvents(events.map(event => (event.type === 'BOOKMARK' ? event : { type: event.type, object: as(kind, event.object) }))),
      end: error => {
        this.#watchers.delete(watcher)
        options.signal.removeEventListener('abort', onAbort)
        if (error) reject(error)
        else resolve()
      },
    }
    const onAbort = () => watcher.end()
    if (options.signal.aborted) return
    options.signal.addEventListener('abort', onAbort, { once: true })
    this.#watchers.add(watcher)
    this.#deliver(watcher)
    return promise
  }

  async create<O extends KubeObject>(kind: Kind<O>, draft: Draft<O>, options: WriteOptions = {}): Promise<O> {
    const stamped = this.#stamp(kind, draft)
    await this.#call({ verb: 'create', kind, key: keyOf(stamped) })
    const sent = kind.hasStatus && !kind.keepsStatusOnCreate ? defaulted(kind, { ...stamped, status: undefined }) : stamped
    const object: Stored = kind.onCreate?.(as(kind, sent), { username: 'test', groups: [] }) ?? sent
    this.#refuseInGoingNamespace(kind, object)
    if (this.#of(kind).has(keyOf(object))) throw StatusError.alreadyExists(about(kind), object.metadata.name)
    if (options.dryRun) return as(kind, object)
    return as(kind, this.#put('ADDED', kind, object, undefined))
  }

  async update<O extends KubeObject>(kind: Kind<O>, object: O, options: WriteOptions = {}): Promise<O> {
    const { subresource } = options
    await this.#call({ verb: 'update', kind, key: keyOf(object), ...(subresource !== undefined && { subresource }) })
    const before = this.#existing(kind, keyOf(object))
    const expected = object.metadata.resourceVersion
    if (expected && expected !== before.metadata.resourceVersion) throw StatusError.conflict(about(kind), object.metadata.name)
    return as(kind, this.#replace(kind, before, object, subresource, options.dryRun))
  }

  async patch<O extends KubeObject>(kind: Kind<O>, key: Key, type: PatchType, body: unknown, options: WriteOptions = {}): Promise<O> {
    const { subresource } = options
    await this.#call({ verb: 'patch', kind, key: path(key), ...(subresource !== undefined && { subresource }) })
    const before = this.#existing(kind, path(key))
    const after = as(kind, patched(kind, before, type, body))
    if (after.metadata.uid !== before.metadata.uid) throw StatusError.conflict(about(kind), key.name, 'the UID in the precondition differs')
    const expected = after.metadata.resourceVersion
    if (expected !== before.metadata.resourceVersion) throw StatusError.conflict(about(kind), key.name)
    return as(kind, this.#replace(kind, before, after, subresource, options.dryRun))
  }

  async delete<O extends KubeObject>(kind: Kind<O>, key: Key, options: DeleteOptions = {}): Promise<O | undefined> {
    await this.#call({ verb: 'delete', kind, key: path(key) })
    const before = this.#existing(kind, path(key))
    const { uid, resourceVersion } = options.preconditions ?? {}
    if ((uid && uid !== before.metadata.uid) || (resourceVersion && resourceVersion !== before.metadata.resourceVersion)) {
      throw StatusError.conflict(about(kind), key.name, 'Precondition failed')
    }
    const marked = this.#marked(kind, before, options)
    if (mayGo(marked)) return void this.#remove(kind, before)
    return as(kind, deepEqual(marked, before) ? before : this.#put('MODIFIED', kind, marked, before))
  }

  async post(kind: Kind, key: Key, subresource: string, body: unknown): Promise<unknown> {
    await this.#call({ verb: 'post', kind, key: path(key), subresource })
    const before = this.#existing(kind, path(key))
    if (subresource === 'eviction') {
      await this.delete(kind, key)
      return body
    }
    if (subresource === 'binding') {
      const { target } = body as { readonly target: { readonly name: string } }
      this.#put('MODIFIED', kind, applyMergePatch(before, { spec: { nodeName: target.name } }) as Stored, before)
      return body
    }
    throw StatusError.unknownPath()
  }

  // How they are carried out.

  async #call(call: Call): Promise<void> {
    await Promise.resolve()
    this.intercept(call)
    this.calls.push(call)
  }

  #of(kind: Kind): Map<string, Stored> {
    const id = resourceName(kind)
    const objects = this.#objects.get(id) ?? new Map<string, Stored>()
    this.#objects.set(id, objects)
    return objects
  }
  #existing(kind: Kind, key: string): Stored {
    const found = this.#of(kind).get(key)
    if (!found) throw StatusError.notFound(about(kind), key.slice(key.indexOf('/') + 1))
    return found
  }

  /** Where the namespace is stored at all: most tests do without. */
  #refuseInGoingNamespace(kind: Kind, { metadata }: Stored): void {
    const namespace = this.#objects.get('namespaces')?.get(metadata.namespace ?? '')
    if (!namespace?.metadata.deletionTimestamp) return
    const why = `unable to create new content in namespace ${metadata.namespace} because it is being terminated`
    const { status } = StatusError.forbidden(about(kind), metadata.name, why)
    const causes = [{ reason: 'NamespaceTerminating', message: `namespace ${metadata.namespace} is being terminated` }]
    throw new StatusError('Forbidden', status.message, { ...status.details, causes })
  }

  #stamp<O extends KubeObject>(kind: Kind<O>, draft: Draft<O>): Stored {
    const plain = structuredClone(draft) as Draft<KubeObject>
    const metadata = plain.metadata as ObjectMeta
    const suffix = () =>
      Math.floor(this.#random() * 36 ** 5)
        .toString(36)
        .padStart(5, '0')
    return defaulted(kind, {
      ...plain,
      apiVersion: kind.group === '' ? kind.version : `${kind.group}/${kind.version}`,
      kind: kind.kind,
      metadata: {
        ...metadata,
        name: metadata.name || `${metadata.generateName}${suffix()}`,
        uid: metadata.uid || `uid-${suffix()}${suffix()}`,
        creationTimestamp: metadata.creationTimestamp || formatTime(this.#clock.now()),
        ...(kind.hasGeneration && { generation: metadata.generation ?? 1 }),
      },
    })
  }

  #replace(kind: Kind, before: Stored, after: Stored, subresource: string | undefined, dryRun = false): Stored {
    const { uid, creationTimestamp, generation, deletionTimestamp, deletionGracePeriodSeconds } = before.metadata
    const fixed = { uid, creationTimestamp, generation, deletionTimestamp, deletionGracePeriodSeconds }
    const metadata = { ...after.metadata, ...fixed, resourceVersion: before.metadata.resourceVersion }
    const full = defaulted(kind, written(kind, before, { ...after, metadata }, subresource, this.#clock.now()))
    const counted = ({ spec, metadata }: Stored) => [spec, subresource === 'status' ? undefined : kind.generationCounts?.(metadata)]
    const changed = kind.hasGeneration && !deepEqual(counted(full), counted(before))
    const stored = changed ? { ...full, metadata: { ...full.metadata, generation: (generation ?? 0) + 1 } } : full
    if (dryRun || deepEqual(stored, before)) return before
    if (stored.metadata.deletionTimestamp && mayGo(stored)) return this.#remove(kind, before)
    return this.#put('MODIFIED', kind, stored, before)
  }

  /** The object on its way out, with the finalizers that the way asks for. */
  #marked(kind: Kind, object: Stored, options: DeleteOptions): Stored {
    const policy = options.propagationPolicy
    const finalizers = (object.metadata.finalizers ?? []).filter(f => f !== 'foregroundDeletion' && f !== 'orphan')
    if (policy === 'Foreground') finalizers.push('foregroundDeletion')
    if (policy === 'Orphan') finalizers.push('orphan')
    if (policy === undefined)
      finalizers.push(...(object.metadata.finalizers ?? []).filter(f => f === 'foregroundDeletion' || f === 'orphan'))
    const wanted = options.gracePeriodSeconds ?? defaultGraceSeconds(kind, object)
    const graceSeconds = Math.min(wanted, object.metadata.deletionGracePeriodSeconds ?? wanted)
    const since = object.metadata.deletionTimestamp
    const metadata = {
      ...object.metadata,
      ...(finalizers.length > 0 || object.metadata.finalizers ? { finalizers } : {}),
      deletionTimestamp: since ?? formatTime(this.#clock.now() + graceSeconds * 1000),
      deletionGracePeriodSeconds: graceSeconds,
    }
    return kind.kind === 'Namespace'
      ? { ...object, metadata, status: { ...(object.status as object), phase: 'Terminating' } }
      : { ...object, metadata }
  }

  #put(type: EventType, kind: Kind, object: Stored, previous: Stored | undefined): Stored {
    const stored = freeze({ ...object, metadata: { ...object.metadata, resourceVersion: String(++this.#revision) } })
    this.#of(kind).set(keyOf(stored), stored)
    this.#tell({ revision: this.#revision, resource: resourceName(kind), type, object: stored, previous })
    return stored
  }
  #remove(kind: Kind, object: Stored): Stored {
    this.#of(kind).delete(keyOf(object))
    const last = freeze({ ...object, metadata: { ...object.metadata, resourceVersion: String(++this.#revision) } })
    this.#tell({ revision: this.#revision, resource: resourceName(kind), type: 'DELETED', object: last, previous: object })
    return last
  }

  #tell(entry: LogEntry): void {
    this.#log.push(entry)
    for (const watcher of this.#watchers) this.#deliver(watcher)
  }
  #deliver(watcher: Watcher): void {
    if (this.#held.has(ALL) || this.#held.has(watcher.resource)) return
    // The log is in order of revisions: what the watcher has not seen is at its end.
    const news = this.#log.slice(this.#log.findLastIndex(e => e.revision <= watcher.revision) + 1)
    const events = news.filter(e => e.resource === watcher.resource).flatMap(e => seenBy(watcher, e))
    watcher.revision = this.#revision
    if (events.length > 0) watcher.onEvents(events)
  }
}

interface Watcher {
  readonly resource: string
  matches(object: Stored): boolean
  revision: number
  onEvents(events: readonly WatchEvent<Stored>[]): void
  end(error?: StatusError): void
}

/** An object that enters a selection is added to it, one that leaves it is deleted from it. */
function seenBy(watcher: Watcher, { type, object, previous }: LogEntry): WatchEvent<Stored>[] {
  const was = previous !== undefined && watcher.matches(previous)
  const is = type !== 'DELETED' && watcher.matches(object)
  if (!was && !is) return []
  return [{ type: is ? (was ? 'MODIFIED' : 'ADDED') : 'DELETED', object }]
}

function filterOf(kind: Kind, { namespace, labelSelector, fieldSelector }: ListOptions): (object: Stored) => boolean {
  const labels = parseSelector(labelSelector ?? '')
  if (!labels.ok) throw StatusError.badRequest(labels.error)
  const fields = parseFieldSelector(fieldSelector ?? '')
  return object => {
    const read = (field: string) => {
      if (field === 'metadata.name') return object.metadata.name
      return field === 'metadata.namespace' ? (object.metadata.namespace ?? '') : kind.selectField(object, field)
    }
    if (namespace !== undefined && object.metadata.namespace !== namespace) return false
    return labels.selector.matches(object.metadata.labels) && fields.matches(read)
  }
}

/** What a write changes: a subresource's part of the object, or all but the status. */
function written(kind: Kind, before: Stored, after: Stored, subresource: string | undefined, now: number): Stored {
  if (subresource === 'finalize') {
    const { finalizers } = after.spec as { readonly finalizers?: readonly string[] }
    return { ...before, metadata: after.metadata, spec: { ...(before.spec as object), finalizers } }
  }
  if (subresource === 'status') {
    const next = { ...before, metadata: after.metadata, status: after.status }
    return kind.onStatusUpdate?.(next, before, now) ?? next
  }
  const part = subresource === undefined ? undefined : kind.parts?.[subresource]
  if (part) return part.change(after, before, now)
  const next = kind.hasStatus ? { ...after, status: before.status } : after
  return kind.onUpdate?.(next, before) ?? next
}

function patched(kind: Kind, before: Stored, type: PatchType, body: unknown): Stored {
  if (type === 'json') return applyJsonPatch(before, body) as Stored
  return (type === 'merge' ? applyMergePatch(before, body) : applyStrategicPatch(kind.schema.node, before, body)) as Stored
}

function defaultGraceSeconds(kind: Kind, object: Stored): number {
  if (kind.kind !== 'Pod') return 0
  const { spec, status } = object as Stored & {
    readonly spec: { readonly nodeName?: string; readonly terminationGracePeriodSeconds?: number }
    readonly status: { readonly phase?: string }
  }
  const ended = status.phase === 'Succeeded' || status.phase === 'Failed'
  return spec.nodeName && !ended ? (spec.terminationGracePeriodSeconds ?? 30) : 0
}
function mayGo(object: Stored): boolean {
  const { finalizers, deletionGracePeriodSeconds } = object.metadata
  const ofNamespace = object.kind === 'Namespace' ? ((object.spec as { finalizers?: readonly string[] } | undefined)?.finalizers ?? []) : []
  return (finalizers ?? []).length + ofNamespace.length === 0 && (deletionGracePeriodSeconds ?? 0) === 0
}

function defaulted(kind: Kind, object: object): Stored {
  const filled = applyDefaults(kind.schema.node, object) as Stored
  return kind.complete ? kind.complete(filled) : filled
}
/** The store of a kind holds that kind's objects only. */
function as<O extends KubeObject>(_kind: Kind<O>, object: Stored): O {
  return object as unknown as O
}
function about(kind: Kind): GroupResource {
  return { group: kind.group, resource: kind.plural }
}
function path({ namespace, name }: Key): string {
  return namespace ? `${namespace}/${name}` : name
}
function freeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value
  for (const member of Object.values(value)) freeze(member)
  return Object.freeze(value)
}
