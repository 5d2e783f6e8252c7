// LIST: ready bytes of a range at one revision, paged by tokens that name the revision and the next key.

import { type FieldError, forbiddenValue, unsupportedValue } from '../../meta/field-error.ts'
import { StatusError } from '../../meta/status-error.ts'
import { CompactedError, type Entry, FutureRevisionError, prefixEnd, type RangeResult } from '../../store/store.ts'
import { type Answer, type Call, numberParameter } from '../call.ts'
import type { Context } from '../context.ts'
import { checkOptions } from '../options.ts'
import { type Resource, storePrefix } from '../resource.ts'
import { decodeContinue, encodeContinue, parseRevision, tooLarge, versionExpired } from '../revisions.ts'
import { type Selection, selectionOf } from '../selection.ts'
import { prepared, present } from '../storage.ts'

export async function list(context: Context, call: Call): Promise<Answer> {
  const { resource, query } = call
  const store = context.storage.store
  const selection = selectionOf(call)
  const limit = numberParameter(query, 'limit') ?? 0
  const version = parseRevision(query.get('resourceVersion'))
  const match = query.get('resourceVersionMatch') ?? ''
  const token = query.get('continue') ?? ''
  checkOptions('ListOptions', [...versionErrors(version, match, token), ...(query.has('sendInitialEvents') ? [initialEventsOfList] : [])])
  if (token !== '' && version) throw StatusError.badRequest('specifying resource version is not allowed when using continue')

  const prefix = storePrefix(resource, selection.namespace)
  const end = prefixEnd(prefix)
  let start = prefix
  let revision: number | undefined
  if (token) {
    const next = decodeContinue(token)
    start = prefix + next.start
    revision = next.revision
    if (revision === undefined) await store.linearize()
  } else {
    if (version !== 0) await store.linearize()
    // A page of a version without a match means that version exactly, as it always has.
    if (match === 'Exact' || (match === '' && limit > 0 && version)) revision = version
    else if (version !== undefined && version > store.revision) throw tooLarge(version, store.revision)
  }

  const read = (from: string, count: number, at: number | undefined): RangeResult => {
    try {
      return store.range({ start: from, end, ...(count && { limit: count }), ...(at !== undefined && { revision: at }) })
    } catch (error) {
      if (error instanceof CompactedError)
        throw token
          ? StatusError.continueExpired(encodeContinue({ revision: undefined, start: start.slice(prefix.length) }))
          : versionExpired(error)
      if (error instanceof FutureRevisionError) throw tooLarge(error.revision, error.currentRevision)
      throw error
    }
  }
  // Reading from the cache (resourceVersion=0) ignores the limit, as upstream does.
  const page = version === 0 && !token ? 0 : limit
  const { entries, next, remaining, at } = await collect(read, start, page, revision, selection, resource)
  return {
    type: 'list',
    resource,
    entries,
    metadata: {
      resourceVersion: String(at),
      ...(next !== undefined && { continue: encodeContinue({ revision: at, start: next.slice(prefix.length) }) }),
      ...(next !== undefined && !selection.matches && { remainingItemCount: remaining }),
    },
  }
}

const initialEventsOfList = forbiddenValue('sendInitialEvents', 'sendInitialEvents is forbidden for list')

function versionErrors(version: number | undefined, match: string, token: string): readonly FieldError[] {
  const field = 'resourceVersionMatch'
  if (match === '') return []
  if (version === undefined) return [forbiddenValue(field, 'resourceVersionMatch is forbidden unless resourceVersion is provided')]
  if (token !== '') return [forbiddenValue(field, 'resourceVersionMatch is forbidden when continue is provided')]
  if (match !== 'Exact' && match !== 'NotOlderThan') return [unsupportedValue(field, match, ['Exact', 'NotOlderThan', ''])]
  if (match === 'Exact' && version === 0)
    return [forbiddenValue(field, 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"')]
  return []
}

/** Reads pages until `limit` objects match, so that a page under selectors is full and its token points past the last one looked at. */
async function collect(
  read: (from: string, count: number, at: number | undefined) => RangeResult,
  start: string,
  limit: number,
  revision: number | undefined,
  selection: Selection,
  resource: Resource,
): Promise<{ entries: Entry[]; next: string | undefined; remaining: number; at: number }> {
  const { matches } = selection
  if (limit === 0 || !matches) {
    const result = read(start, limit, revision)
    const preparing = prepared(resource, result.entries)
    if (preparing) await preparing
    const entries = matches ? result.entries.filter(e => matches(present(resource, e))) : result.entries
    return { entries, next: result.more ? after(result.entries) : undefined, remaining: result.remaining, at: result.revision }
  }
  const found: Entry[] = []
  let from = start
  let at = revision
  for (;;) {
    const result = read(from, Math.max(limit * 2, 100), at)
    at = result.revision
    const preparing = prepared(resource, result.entries)
    if (preparing) await preparing
    for (const entry of result.entries) {
      if (found.length === limit) return { entries: found, next: entry.key, remaining: 0, at }
      if (matches(present(resource, entry))) found.push(entry)
    }
    if (!result.more) return { entries: found, next: undefined, remaining: 0, at }
    from = after(result.entries)
  }
}

function after(entries: readonly Entry[]): string {
  return `${entries.at(-1)?.key}\0`
}
