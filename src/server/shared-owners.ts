// What the creators of like objects own is the same for thousands of them: pods of one template, of one owner. Each such set of fields is kept
// once, with its text, so that it is written out once for all of them.
import type { Entries, ManagedEntry } from '../meta/apply/entries.ts'
import type { FieldSet } from '../meta/apply/field-set.ts'
import { ByText } from './shared-specs.ts'

interface Shared {
  /** Of the spec, which is one object for all of them. */
  readonly spec: FieldSet
  readonly set: FieldSet
  /** Those that were made last; all that are made within a second are the same. */
  entries: Entries
}

const known = new ByText<Shared>(256 * 1024)
const texts = new WeakMap<FieldSet, string>()

/** The entries of a new object, of which everything but the spec is in `others`. `make` makes them where there are none to share. */
export function sharedEntries(
  others: FieldSet,
  spec: FieldSet,
  isFresh: (entry: ManagedEntry) => boolean,
  make: (set: FieldSet) => Entries,
): Entries {
  const text = JSON.stringify(others)
  let shared = known.get(text)
  if (shared?.spec !== spec) {
    const set = { ...others, 'f:spec': spec }
    texts.set(set, JSON.stringify(set))
    shared = { spec, set, entries: [] }
    known.set(text, shared)
  }
  const [entry] = shared.entries
  if (!entry || !isFresh(entry)) shared.entries = make(shared.set)
  return shared.entries
}

/** The JSON text of entries. */
export function entriesText(entries: Entries): string {
  let text = ''
  for (const entry of entries) text += `${text === '' ? '[' : ','}${entryText(entry)}`
  return text === '' ? '[]' : `${text}]`
}

function entryText(entry: ManagedEntry): string {
  const known = texts.get(entry.fieldsV1)
  if (known === undefined) return JSON.stringify(entry)
  const { fieldsV1, ...head } = entry
  return `${JSON.stringify(head).slice(0, -1)},"fieldsV1":${known}}`
}
