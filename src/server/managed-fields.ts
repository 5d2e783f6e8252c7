// metadata.managedFields, kept up by every write: who is taken for the writer, what a new object's writer owns, and what a change does to all
// owners. The rules of ownership are in meta/apply.
import { apiVersionOf, type Kind } from '../api/kind.ts'
import { compare } from '../meta/apply/compare.ts'
import { type Entries, entryOf, type ManagedEntry, readEntries, type Writer } from '../meta/apply/entries.ts'
import { differenceBelow, type FieldSet, leaf, setOf } from '../meta/apply/field-set.ts'
import { addedBranch } from '../meta/apply/fields-of.ts'
import { afterUpdate, afterUpdateInVersion, hasOtherVersions, type Typed, type Versions } from '../meta/apply/owners.ts'
import { skeletonOf } from '../meta/apply/skeleton.ts'
import { deepEqual } from '../meta/deep-equal.ts'
import { type FieldError, invalidValue, tooLong } from '../meta/field-error.ts'
import type { KubeObject } from '../meta/object-meta.ts'
import { StatusError } from '../meta/status-error.ts'
import { formatTime } from '../meta/time.ts'
import type { Call } from './call.ts'
import type { Context } from './context.ts'
import { checkOptions, optionsKind } from './options.ts'
import type { Resource } from './resource.ts'
import { sharedEntries } from './shared-owners.ts'

const maxManagerBytes = 128
// Spaces of other kinds than the plain one are not printable for Go.
const unprintable = /\p{C}|[^\P{Z} ]/u

/** Who writes: the query says, or else the first part of the user agent. */
export function writerOf(call: Call, operation: Writer['operation'], subresource = call.info.subresource): Writer {
  const manager = call.query.get('fieldManager') || agentName(call.userAgent) || 'unknown'
  return { manager, operation, apiVersion: apiVersionOf(call.resource.kind), subresource }
}

function agentName(userAgent: string): string {
  const slash = userAgent.indexOf('/')
  const name = slash < 0 ? userAgent : userAgent.slice(0, slash)
  if (name.length <= 32 && /^[ -~]*$/.test(name)) return name
  let text = ''
  let bytes = 0
  for (const char of name) {
    if (unprintable.test(char)) continue
    bytes += Buffer.byteLength(char)
    if (bytes > maxManagerBytes) break
    text += char
  }
  return text
}

/** The name must be short and printable. Fails with Invalid. */
export function checkManager(call: Call, others: readonly FieldError[] = []): void {
  const name = call.query.get('fieldManager') ?? ''
  const errors = [...others]
  if (Buffer.byteLength(name) > maxManagerBytes) errors.push(tooLong('fieldManager', maxManagerBytes))
  let at = 0
  for (const char of name) {
    if (unprintable.test(char)) {
      const code = (char.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')
      errors.push(invalidValue('fieldManager', name, `invalid character U+${code} (at position ${at})`))
    }
    at += Buffer.byteLength(char)
  }
  checkOptions(optionsKind(call.info.verb), errors)
}

/** The entries of an object as they are stored, in canonical form. */
export function entriesOf({ metadata }: KubeObject): Entries {
  return (metadata.managedFields ?? none) as Entries
}

const none: Entries = []

export function withEntries<O extends KubeObject>(object: O, entries: Entries): O {
  const { managedFields, ...metadata } = object.metadata
  if (entries === managedFields || (entries.length === 0 && managedFields === undefined)) return object
  return { ...object, metadata: entries.length === 0 ? metadata : { ...metadata, managedFields: entries } }
}

/** Of a new object, before the server adds what it adds. `object` is what the client sent, decoded and complete. */
export function entriesOfNew(context: Context, call: Call, object: KubeObject): Entries {
  checkManager(call)
  const { kind } = call.resource
  const writer = writerOf(call, 'Update')
  const now = context.clock.now()
  const { spec } = object as { readonly spec?: object }
  if (!kind.sharedSpec || !spec || object.metadata.managedFields) return ownedByWriter(kind, object, ownersSent(kind, object), writer, now)
  const time = formatTime(now)
  return sharedEntries(
    fieldsOfNew(kind, { ...object, spec: undefined } as KubeObject, ''),
    fieldsOfSpec(kind, spec),
    entry => entry.time === time && entry.manager === writer.manager,
    set => [entryOf(writer, time, set)],
  )
}

function ownersSent(kind: Kind, { metadata: { managedFields: sent } }: KubeObject): Entries {
  const read = sent && !isReset(sent) ? readEntries(sent) : undefined
  // What others are said to own in another version is the creator's now.
  return read && 'entries' in read ? read.entries.filter(owner => owner.apiVersion === apiVersionOf(kind)) : none
}

/** The entries when one writer is held to have set everything that is there. */
export function ownedByWriter(kind: Kind, object: KubeObject, owners: Entries, writer: Writer, now: number): Entries {
  const typed: Typed = { node: kind.schema.node, apiVersion: writer.apiVersion, value: undefined }
  const changed = fieldsOfNew(kind, object, writer.subresource)
  return afterUpdateInVersion(typed, { changed, removed: leaf }, owners, writer, formatTime(now))
}

/** What is set in an object that was not there before, as far as it is written by this subresource. */
function fieldsOfNew(kind: Kind, object: KubeObject, subresource: string): FieldSet {
  const { node } = kind.schema
  const { apiVersion, kind: name, metadata, ...rest } = object
  const { name: own, namespace, uid, resourceVersion, creationTimestamp, generation, managedFields, selfLink, ...free } = metadata
  const { status, ...others } = rest as { readonly status?: object }
  const written = subresource === 'status' ? { status } : kind.hasStatus ? others : rest
  return addedBranch(node, { metadata: free, ...written }, skeletonOf(node))
}

const specs = new WeakMap<object, FieldSet>()

/** Specs that came before are the same objects, and are looked through once. */
function fieldsOfSpec(kind: Kind, spec: object): FieldSet {
  let branch = specs.get(spec)
  if (!branch) {
    const { node } = kind.schema
    const field = node.type === 'object' ? node.fields['spec'] : undefined
    branch = field ? addedBranch(field.node, spec, skeletonOf(node)['spec']) : leaf
    specs.set(spec, branch)
  }
  return branch
}

/** A client asks to forget all owners by an empty list, or by one empty entry. */
function isReset(sent: readonly object[]): boolean {
  const [first] = sent
  return first === undefined || (sent.length === 1 && Object.values(first).every(value => value === undefined))
}

/**
 * The entries after a change of `current` into `next`, by a writer that may have sent entries itself. Where nobody is known to own anything, nobody
 * comes to. What cannot be worked out leaves the entries as they are, as upstream has it: no write fails for them.
 */
export function entriesOfChange(
  context: Context,
  call: Call,
  current: KubeObject,
  next: KubeObject,
  sent: readonly object[] | undefined,
  subresource: string,
): Entries | Promise<Entries> {
  checkManager(call)
  const stored = entriesOf(current)
  const owners = subresource === '' ? ownersFor(stored, sent) : stored
  if (owners.length === 0) return owners
  const { kind } = call.resource
  const writer = writerOf(call, 'Update', subresource)
  const live: Typed = { node: kind.schema.node, apiVersion: writer.apiVersion, value: current }
  const difference = compare(live.node, current, next)
  const now = formatTime(context.clock.now())
  if (!hasOtherVersions(owners, writer.apiVersion)) return afterUpdateInVersion(live, difference, owners, writer, now)
  return afterUpdate(live, next, difference, owners, writer, now, versionsOf(context, call.resource)).catch(error => {
    if (error instanceof StatusError) return stored
    throw error
  })
}

function ownersFor(stored: Entries, sent: readonly object[] | undefined): Entries {
  if (sent === stored || sent === undefined || deepEqual(sent, stored)) return stored
  if (isReset(sent)) return none
  const read = readEntries(sent)
  return 'entries' in read && read.entries.length > 0 ? read.entries : stored
}

/** The object after admission, of which plugins may have changed the entries. Entries that are none are as they were before, with a warning. */
export function withSoundEntries(call: Call, before: KubeObject, after: KubeObject): KubeObject {
  const [stood, { managedFields: sent }] = [entriesOf(before), after.metadata]
  if (sent === before.metadata.managedFields) return after
  const read = deepEqual(sent ?? none, stood) ? { entries: stood } : readEntries(sent ?? none)
  if ('entries' in read) return withEntries(after, read.entries)
  call.warnings.push(
    `.metadata.managedFields was in an invalid state after admission; this could be caused by an outdated mutating admission controller; please fix your requests: ${read.error}`,
  )
  return withEntries(after, stood)
}

/** Whether only the times of the entries differ, and the order that follows from them, which is no change of an object. */
export function isSameButForTimes(a: Entries, b: Entries): boolean {
  return a.length === b.length && a.every((entry, i) => isSameEntry(entry, b[i]) || b.some(other => isSameEntry(entry, other)))
}

function isSameEntry({ time, ...entry }: ManagedEntry, other: ManagedEntry | undefined): boolean {
  if (other === undefined || entry.manager !== other.manager) return false
  const { time: otherTime, ...rest } = other
  return deepEqual(entry, rest)
}

export function versionsOf(context: Context, resource: Resource): Versions {
  const served = (apiVersion: string): Resource | undefined => {
    const slash = apiVersion.indexOf('/')
    const found = context.resources.find(apiVersion.slice(0, Math.max(slash, 0)), apiVersion.slice(slash + 1), resource.resource)
    return found?.prefix === resource.prefix ? found : undefined
  }
  return {
    nodeOf: apiVersion => served(apiVersion)?.kind.schema.node,
    async convert(value, apiVersion) {
      const object = value as KubeObject
      const [from, to] = [served(object.apiVersion), served(apiVersion)]
      if (object.apiVersion === apiVersion || !from || !to) return object
      const stored = from.view ? await from.view.toStored(object) : object
      await to.view?.prepare?.([stored])
      return to.view ? to.view.fromStored(stored) : stored
    },
  }
}

const status = setOf(['f:status'])

/** Leaves out the fields that a write by this subresource cannot set. */
export function writableBy(kind: Kind, subresource: string): (set: FieldSet) => FieldSet {
  if (subresource === 'resize') return onlyResources
  if (subresource === 'ephemeralcontainers') return onlyEphemeralContainers
  if (subresource === 'status' || kind.parts?.[subresource]) {
    const { node } = kind.schema
    const others = node.type === 'object' ? Object.keys(node.fields).filter(key => !statusParts.has(key)) : ['spec']
    const reset = setOf(...others.map(key => [`f:${key}`]))
    return set => differenceBelow(set, reset)
  }
  return kind.hasStatus ? set => differenceBelow(set, status) : set => set
}

const statusParts = new Set(['apiVersion', 'kind', 'metadata', 'status'])

/** Of what containers ask for, and of what a change of it does to them. */
function onlyResources(set: FieldSet): FieldSet {
  const spec: Record<string, FieldSet> = {}
  for (const list of ['f:containers', 'f:initContainers']) {
    const items: Record<string, FieldSet> = {}
    for (const [key, item] of Object.entries(set['f:spec']?.[list] ?? {})) {
      const { 'f:resources': resources, 'f:resizePolicy': policy } = item
      if (resources || policy) items[key] = { ...(resources && { 'f:resources': resources }), ...(policy && { 'f:resizePolicy': policy }) }
    }
    if (Object.keys(items).length > 0) spec[list] = items
  }
  return Object.keys(spec).length > 0 ? { 'f:spec': spec } : leaf
}

function onlyEphemeralContainers(set: FieldSet): FieldSet {
  const containers = set['f:spec']?.['f:ephemeralContainers']
  return containers ? { 'f:spec': { 'f:ephemeralContainers': containers } } : leaf
}
