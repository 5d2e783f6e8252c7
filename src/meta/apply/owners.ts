// Who owns which fields after a write. An update takes what it changes from all others; an applied configuration owns what it says, shares what
// others have set to the same value, conflicts with those who set another, and gives up what it said the last time and says no more.
// The algorithm is that of upstream's structured-merge-diff.
import type { SchemaNode } from '../../schema/schema.ts'
import { deepEqual } from '../deep-equal.ts'
import { compare, type Difference } from './compare.ts'
import { fieldElement } from './element.ts'
import { capEntries, type Entries, entryOf, isSameWriter, type ManagedEntry, sortEntries, type Writer } from './entries.ts'
import { difference, type FieldSet, intersection, isEmpty, leaf, meets, setOf, union } from './field-set.ts'
import { appliedFields } from './fields-of.ts'
import { merge } from './merge.ts'
import { reconcile, withNamedFields } from './reconcile.ts'
import { removeFields } from './remove.ts'

/** The versions of a kind, in which fields may be owned. */
export interface Versions {
  /** Undefined for a version that is not served any more: nothing is owned in it. */
  nodeOf(apiVersion: string): SchemaNode | undefined
  /** The object in another version; its `apiVersion` tells in which it is. */
  convert(object: unknown, apiVersion: string): Promise<unknown>
}

/** Of a write in its own version, or in that of another owner. */
interface Change {
  readonly node: SchemaNode
  readonly live: unknown
  readonly difference: Difference
}

/** Fields that say what an object is. Nobody owns them. */
const identity = setOf(
  ...[['apiVersion'], ['kind'], ['metadata']].map(path => path.map(fieldElement)),
  ...['name', 'namespace', 'creationTimestamp', 'selfLink', 'uid', 'clusterName', 'generation', 'managedFields', 'resourceVersion'].map(
    name => [fieldElement('metadata'), fieldElement(name)],
  ),
)

/** An object in the version of a write. */
export interface Typed {
  readonly node: SchemaNode
  readonly apiVersion: string
  readonly value: unknown
}

/** Whether owners in versions other than this one have to be asked about, which takes a conversion. */
export function hasOtherVersions(owners: Entries, apiVersion: string): boolean {
  return owners.some(owner => owner.apiVersion !== apiVersion)
}

/** The entries after an update; `live` is undefined for a new object. */
export async function afterUpdate(
  live: Typed,
  next: unknown,
  difference: Difference,
  owners: Entries,
  writer: Writer,
  now: string,
  versions: Versions,
): Promise<Entries> {
  const change: Change = { node: live.node, live: live.value, difference }
  return withUpdate(owners, difference, writer, now, await changesIn(owners, live.apiVersion, change, next, versions))
}

/** The same where all owners are of the version of the write. */
export function afterUpdateInVersion(live: Typed, difference: Difference, owners: Entries, writer: Writer, now: string): Entries {
  const change: Change = { node: live.node, live: live.value, difference }
  return withUpdate(owners, difference, writer, now, () => change)
}

type ChangeIn = (apiVersion: string) => Change | undefined

async function changesIn(owners: Entries, apiVersion: string, own: Change, next: unknown, versions: Versions): Promise<ChangeIn> {
  const changes = new Map<string, Change | undefined>([[apiVersion, own]])
  for (const { apiVersion: other } of owners) {
    if (changes.has(other)) continue
    const node = versions.nodeOf(other)
    if (!node) {
      changes.set(other, undefined)
      continue
    }
    const live = own.live === undefined ? undefined : await versions.convert(own.live, other)
    changes.set(other, { node, live, difference: compare(node, live, await versions.convert(next, other)) })
  }
  return version => changes.get(version)
}

function withUpdate(owners: Entries, own: Difference, writer: Writer, now: string, changeIn: ChangeIn): Entries {
  const left = withoutChanged(owners, changeIn, writer)
  const set = difference(own.changed, identity)
  if (isEmpty(set)) return settled(owners, sortEntries(left))
  const before = left.find(owner => isSameWriter(owner, writer))
  const entry = entryOf(writer, now, before ? union(before.fieldsV1, set) : set)
  const all = before ? left.map(owner => (owner === before ? entry : owner)) : [...left, entry]
  return settled(owners, sortEntries(capEntries(all)))
}

/** What each owner has after the writer changed or removed fields; who has nothing is none. What it changed the writer keeps. */
function withoutChanged(owners: Entries, changeIn: ChangeIn, writer: Writer, read = readAgain): ManagedEntry[] {
  const left: ManagedEntry[] = []
  for (const owner of owners) {
    const change = changeIn(owner.apiVersion)
    if (!change) continue
    const { removed } = change.difference
    const changed = isSameWriter(owner, writer) ? leaf : change.difference.changed
    // Sets that the change does not come near are not looked into.
    const isNear = meets(owner.fieldsV1, changed) || meets(owner.fieldsV1, removed)
    const set = isNear ? difference(difference(read(owner, change, owners), changed), removed) : owner.fieldsV1
    if (!isEmpty(set)) left.push(set === owner.fieldsV1 ? owner : { ...owner, fieldsV1: set })
  }
  return left
}

/** An owner's set as the schema of today has it. */
function readAgain(owner: ManagedEntry, { node, live }: Pick<Change, 'node' | 'live'>, owners: Entries): FieldSet {
  return reconcile(node, owner.fieldsV1, live, () => ownedByOthers(owners, owner))
}

/** In the version of an owner. */
function ownedByOthers(owners: Entries, owner: ManagedEntry): FieldSet {
  return owners
    .filter(other => other !== owner && other.apiVersion === owner.apiVersion)
    .reduce((sum, other) => union(sum, other.fieldsV1), leaf)
}

function settled(before: Entries, after: Entries): Entries {
  return after.length === before.length && after.every((entry, i) => entry === before[i]) ? before : after
}

export interface Configuration {
  readonly live: Typed
  /** As it came: nulls and all. It fits the schema. */
  readonly config: unknown
  readonly owners: Entries
  readonly writer: Writer
  readonly force: boolean
  readonly now: string
  readonly versions: Versions
  /** Leaves out what this writer cannot write here. */
  readonly filter: (set: FieldSet) => FieldSet
}

export interface Conflict {
  readonly owner: ManagedEntry
  readonly fields: FieldSet
}
export type Applied =
  | { readonly type: 'conflict'; readonly conflicts: readonly Conflict[] }
  /** `object` is the live one itself where nothing changed. */
  | { readonly type: 'applied'; readonly object: unknown; readonly owners: Entries }

export async function applyConfiguration(request: Configuration): Promise<Applied> {
  const { live, config, writer, now, versions, filter } = request
  const owners = await reconciled(request)
  const last = owners.find(owner => isSameWriter(owner, writer))
  const set = filter(appliedFields(live.node, config))
  const others = owners.filter(owner => owner !== last)
  const own = entryOf(writer, last?.time, set)
  const merged = merge(live.node, live.value, config)
  const object = last ? await pruned(merged, last, [...others, own], live.apiVersion, versions) : merged

  const delta = compare(live.node, live.value, object)
  const change: Change = {
    node: live.node,
    live: live.value,
    difference: { changed: filter(delta.changed), removed: filter(delta.removed) },
  }
  const changeIn = await changesIn(others, live.apiVersion, change, object, versions)
  const conflicts = others.flatMap(owner => {
    const fields = intersection(owner.fieldsV1, changeIn(owner.apiVersion)?.difference.changed ?? leaf)
    return isEmpty(fields) ? [] : [{ owner, fields }]
  })
  if (conflicts.length > 0 && !request.force) return { type: 'conflict', conflicts }

  const isSame = deepEqual(live.value, object)
  const kept = difference(set, identity)
  const entry = entryOf(writer, isSame ? (last?.time ?? now) : now, kept)
  const left = withoutChanged(others, changeIn, writer, owner => owner.fieldsV1)
  const after = isEmpty(kept) ? left : [...left, entry]
  return { type: 'applied', object: isSame ? live.value : object, owners: settled(request.owners, sortEntries(after)) }
}

async function reconciled({ live, owners, versions }: Configuration): Promise<Entries> {
  const out: ManagedEntry[] = []
  for (const owner of owners) {
    const isOwn = owner.apiVersion === live.apiVersion
    const node = isOwn ? live.node : versions.nodeOf(owner.apiVersion)
    if (!node) continue
    const value = isOwn ? live.value : await versions.convert(live.value, owner.apiVersion)
    const set = readAgain(owner, { node, live: value }, owners)
    out.push(set === owner.fieldsV1 ? owner : { ...owner, fieldsV1: set })
  }
  return out
}

/** The merged object without what its applier said the last time, and neither it nor anybody else says now. */
async function pruned(merged: unknown, last: ManagedEntry, owners: Entries, apiVersion: string, versions: Versions): Promise<unknown> {
  const node = versions.nodeOf(last.apiVersion)
  if (!node || isEmpty(last.fieldsV1)) return merged
  const inLast = await versions.convert(merged, last.apiVersion)
  const lastNamed = withNamedFields(node, last.fieldsV1)
  const bare = await withOwned(inLast, removeFields(node, inLast, lastNamed), last.apiVersion, owners, versions)
  const left = withNamedFields(node, appliedFields(node, await versions.convert(bare, last.apiVersion)))
  const gone = difference(withNamedFields(node, appliedFields(node, inLast)), left)
  const result = removeFields(node, inLast, intersection(gone, lastNamed))
  return result === inLast ? merged : versions.convert(result, apiVersion)
}

/** Puts back what somebody owns, version by version, beginning with that of the objects. */
async function withOwned(merged: unknown, bare: unknown, first: string, owners: Entries, versions: Versions): Promise<unknown> {
  const owned = new Map<string, FieldSet>()
  for (const { apiVersion, fieldsV1 } of owners) owned.set(apiVersion, union(owned.get(apiVersion) ?? leaf, fieldsV1))
  const order = [...owned.keys()].sort((a, b) => Number(b === first) - Number(a === first))
  let [whole, part] = [merged, bare]
  for (const apiVersion of order) {
    const node = versions.nodeOf(apiVersion)
    if (!node) continue
    whole = await versions.convert(whole, apiVersion)
    part = await versions.convert(part, apiVersion)
    const kept = union(withNamedFields(node, appliedFields(node, part)), withNamedFields(node, owned.get(apiVersion) ?? leaf))
    part = removeFields(node, whole, difference(withNamedFields(node, appliedFields(node, whole)), kept))
  }
  return part
}
