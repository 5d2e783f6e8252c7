// The entries of metadata.managedFields: who set which fields, by which operation, in which version, by which subresource. An entry is its own
// decoded form; what does not change is kept as the same object.
import { type FieldSet, leaf, readFieldSet, union } from './field-set.ts'

export interface ManagedEntry {
  readonly manager?: string | undefined
  readonly operation: 'Apply' | 'Update'
  readonly apiVersion: string
  readonly time?: string | undefined
  readonly fieldsType: 'FieldsV1'
  readonly fieldsV1: FieldSet
  readonly subresource?: string | undefined
}
export type Entries = readonly ManagedEntry[]

export interface Writer {
  readonly manager: string
  readonly operation: ManagedEntry['operation']
  readonly apiVersion: string
  /** Empty for the object itself. */
  readonly subresource: string
}

/** An applier stays who it is when it changes to another version. */
export function isSameWriter(a: Omit<ManagedEntry, 'fieldsV1' | 'fieldsType'>, b: Omit<ManagedEntry, 'fieldsV1' | 'fieldsType'>): boolean {
  return (
    a.operation === b.operation &&
    (a.manager ?? '') === (b.manager ?? '') &&
    (a.subresource ?? '') === (b.subresource ?? '') &&
    (a.operation === 'Apply' || a.apiVersion === b.apiVersion)
  )
}

/** In upstream's order of fields. */
export function entryOf(writer: Writer, time: string | undefined, set: FieldSet): ManagedEntry {
  return {
    manager: writer.manager,
    operation: writer.operation,
    apiVersion: writer.apiVersion,
    ...(time !== undefined && { time }),
    fieldsType: 'FieldsV1',
    fieldsV1: set,
    ...(writer.subresource !== '' && { subresource: writer.subresource }),
  }
}

/** Entries as a client sent them, decoded by the schema: in canonical form, or why they are none. */
export function readEntries(
  list: readonly { readonly [K in keyof ManagedEntry]?: unknown }[],
): { readonly entries: Entries } | { readonly error: string } {
  const entries: ManagedEntry[] = []
  for (const [i, sent] of list.entries()) {
    const { operation, apiVersion, fieldsType, manager, time, subresource } = sent as Partial<ManagedEntry>
    if (operation !== 'Apply' && operation !== 'Update') return { error: 'operation must be `Apply` or `Update`' }
    if (!apiVersion) return { error: 'apiVersion must not be empty' }
    if (!fieldsType) return { error: `missing fieldsType in managed fields entry ${i}` }
    if (fieldsType !== 'FieldsV1') return { error: `invalid fieldsType ${JSON.stringify(fieldsType)} in managed fields entry ${i}` }
    const read = readFieldSet(sent.fieldsV1)
    if ('error' in read) return { error: `error decoding versioned set: error decoding set: ${read.error}` }
    const entry = entryOf({ manager: manager ?? '', operation, apiVersion, subresource: subresource ?? '' }, time, read.set)
    const same = entries.findIndex(other => isSameWriter(other, entry))
    if (same >= 0) entries[same] = entry
    else entries.push(entry)
  }
  return { entries: sortEntries(entries) }
}

/** Appliers first, then by time. */
export function sortEntries(entries: Entries): Entries {
  for (let i = 1; i < entries.length; i++) if (compareEntries(entries[i - 1]!, entries[i]!) > 0) return [...entries].sort(compareEntries)
  return entries
}

function compareEntries(a: ManagedEntry, b: ManagedEntry): number {
  return (
    compareText(a.operation, b.operation) ||
    compareText(a.time, b.time) ||
    compareText(a.manager, b.manager) ||
    compareText(a.apiVersion, b.apiVersion) ||
    compareText(a.subresource, b.subresource)
  )
}

/** Also of times: they are all written the same way. */
function compareText(a = '', b = ''): number {
  return a === b ? 0 : a < b ? -1 : 1
}

const maxUpdates = 10
const ancient = 'ancient-changes'

/** Where there are too many entries of updates, the oldest ones of a version become one. */
export function capEntries(entries: Entries): Entries {
  const updates = entries.filter(entry => entry.operation === 'Update')
  if (updates.length <= maxUpdates) return entries
  const out = new Set(entries)
  /** The oldest entry of each version, and then the one that it became. */
  const buckets = new Map<string, ManagedEntry>()
  let excess = updates.length - maxUpdates
  for (const entry of updates.sort(compareEntries)) {
    if (excess <= 0) break
    const { apiVersion } = entry
    const first = buckets.get(apiVersion)
    if (first && out.has(entry)) {
      const writer: Writer = { manager: ancient, operation: 'Update', apiVersion, subresource: '' }
      const merged = [first, entry, ...entries.filter(other => isSameWriter(other, writer))].filter(other => out.delete(other))
      const bucket = entryOf(
        writer,
        entry.time,
        merged.reduce((sum, other) => union(sum, other.fieldsV1), leaf),
      )
      out.add(bucket)
      excess -= merged.length - 1
      buckets.set(apiVersion, bucket)
    } else if (!first) buckets.set(apiVersion, entry)
  }
  return [...out]
}
