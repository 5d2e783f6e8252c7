// WATCH: the store's events of a range, seen through selectors. A watch without a version starts with what exists.
import { type FieldError, forbiddenValue, unsupportedValue } from '../../meta/field-error.ts'
import { CompactedError, type Entry, FutureRevisionError, prefixEnd, type StoreEvent } from '../../store/store.ts'
import { type Answer, type Call, flag, numberParameter, type WatchItem, type WatchSink } from '../call.ts'
import type { Context } from '../context.ts'
import { checkOptions } from '../options.ts'
import { type Resource, storePrefix } from '../resource.ts'
import { parseRevision, tooLarge, versionExpired } from '../revisions.ts'
import { type Selection, selectionOf } from '../selection.ts'
import { atRevision, prepared, present } from '../storage.ts'

const bookmarkEveryMs = 60_000
const minTimeoutMs = 1_800_000
/** A day; clients that wait longer watch again. */
const maxTimeoutMs = 86_400_000

export async function watch(context: Context, call: Call): Promise<Answer> {
  const { resource, query } = call
  const store = context.storage.store
  const selection = selectionOf(call)
  const version = parseRevision(query.get('resourceVersion'))
  const bookmarks = flag(query, 'allowWatchBookmarks')
  const sendInitialEvents = flag(query, 'sendInitialEvents')
  checkOptions('ListOptions', initialEventsErrors(query))
  const timeoutSeconds = numberParameter(query, 'timeoutSeconds')
  const timeoutMs = timeoutSeconds ? Math.min(timeoutSeconds * 1000, maxTimeoutMs) : minTimeoutMs * (1 + context.random())
  if (version !== undefined && version > store.revision) throw tooLarge(version, store.revision)
  if (version === undefined) await store.linearize()

  const prefix = storePrefix(resource, selection.namespace)
  const range = { start: prefix, end: prefixEnd(prefix) }
  const startsWithState = sendInitialEvents || (!query.has('sendInitialEvents') && (version === undefined || version === 0))

  return {
    type: 'watch',
    resource,
    start(sink: WatchSink): () => void {
      let from = version ?? 0
      let stopWatch = () => {}
      let cancelTimer = () => {}
      let cancelBookmark = () => {}
      let ended = false
      const stop = () => {
        ended = true
        stopWatch()
        cancelTimer()
        cancelBookmark()
        resource.custom?.signal.removeEventListener('abort', endWithResource)
      }
      const endWithResource = () => finish()
      const finish = (error?: unknown) => {
        if (ended) return
        stop()
        sink.end(error)
      }
      const inOrder = sequence(resource, finish)
      const deliver = (items: readonly WatchItem[]) => {
        if (!ended && items.length > 0 && !sink.write(items)) finish()
      }
      if (startsWithState) {
        const state = store.range(range)
        const revision = state.revision
        from = revision
        inOrder(
          () => state.entries,
          () => {
            const shown = selection.matches ? state.entries.filter(e => selection.matches?.(present(resource, e))) : state.entries
            const items: WatchItem[] = shown.map(entry => ({ type: 'ADDED', entry }))
            if (sendInitialEvents && bookmarks) items.push({ type: 'BOOKMARK', revision, initialEventsEnd: true })
            deliver(items)
          },
        )
      } else if (version === undefined || version === 0) from = store.revision
      const sendBookmark = () => {
        const { revision } = store
        inOrder(
          () => [],
          () => deliver([{ type: 'BOOKMARK', revision, initialEventsEnd: false }]),
        )
        cancelBookmark = context.clock.after(bookmarkEveryMs, sendBookmark)
      }
      try {
        stopWatch = store.watch({
          ...range,
          after: from,
          onEvents(events) {
            inOrder(
              () => events.flatMap(({ entry, previous }) => (previous ? [previous, entry] : [entry])),
              () => {
                if (!selection.matches) return deliver(unselected(events))
                const items = select(events, selection.matches, resource)
                const preparing = prepared(
                  resource,
                  items.map(item => item.entry),
                )
                return preparing ? preparing.then(() => deliver(items)) : deliver(items)
              },
            )
          },
          onUnreadable: finish,
          onClose: () => finish(),
        })
      } catch (error) {
        if (error instanceof CompactedError) throw versionExpired(error)
        if (error instanceof FutureRevisionError) throw tooLarge(error.revision, error.currentRevision)
        throw error
      }
      // The replay may have ended it already.
      if (ended) stopWatch()
      else {
        cancelTimer = context.clock.after(timeoutMs, () => finish())
        if (bookmarks) cancelBookmark = context.clock.after(bookmarkEveryMs, sendBookmark)
        resource.custom?.signal.addEventListener('abort', endWithResource)
        if (resource.custom?.signal.aborted) finish()
      }
      return stop
    },
  }
}

/** Entries are made ready to be shown before they are; in order, and at once where that takes no time. */
function sequence(
  resource: Resource,
  fail: (error: unknown) => void,
): (entries: () => readonly Entry[], act: () => void | Promise<void>) => void {
  if (!resource.view?.prepare) return (_, act) => void act()
  let queue = Promise.resolve()
  return (entries, act) => {
    queue = queue
      .then(() => prepared(resource, entries()))
      .then(act)
      .catch(fail)
  }
}

function initialEventsErrors(query: URLSearchParams): readonly FieldError[] {
  const field = 'resourceVersionMatch'
  const match = query.get(field) ?? ''
  if (!query.has('sendInitialEvents'))
    return match === '' ? [] : [forbiddenValue(field, 'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided')]
  if (match === '') return [forbiddenValue(field, 'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan')]
  return match === 'NotOlderThan' ? [] : [unsupportedValue(field, match, ['NotOlderThan'])]
}

/** The items of a batch of events, shared by all watchers without selectors, so that its bytes are made once. */
const itemsOfEvents = new WeakMap<readonly StoreEvent[], readonly WatchItem[]>()

function unselected(events: readonly StoreEvent[]): readonly WatchItem[] {
  let items = itemsOfEvents.get(events)
  if (!items) {
    items = events.map(event => ({ type: typeOf(event), entry: event.entry }))
    itemsOfEvents.set(events, items)
  }
  return items
}

function typeOf(event: StoreEvent): 'ADDED' | 'MODIFIED' | 'DELETED' {
  return event.type === 'delete' ? 'DELETED' : event.previous ? 'MODIFIED' : 'ADDED'
}

/** An object that comes to match is ADDED; one that ceases to match is DELETED, as it was, at the version of the change. */
function select(
  events: readonly StoreEvent[],
  matches: NonNullable<Selection['matches']>,
  resource: Resource,
): (WatchItem & { entry: Entry })[] {
  const items: (WatchItem & { entry: Entry })[] = []
  for (const event of events) {
    const { type, entry, previous } = event
    const before = previous !== undefined && matches(present(resource, previous))
    const after = type === 'put' && matches(present(resource, entry))
    if (after) items.push({ type: before ? 'MODIFIED' : 'ADDED', entry })
    else if (before) items.push({ type: 'DELETED', entry: type === 'delete' ? entry : lastSelected(event, previous, resource) })
  }
  return items
}

/** Of an object that ceases to match, made once for all who watch. */
const lastSelections = new WeakMap<StoreEvent, Entry>()

function lastSelected(event: StoreEvent, previous: Entry, resource: Resource): Entry {
  let last = lastSelections.get(event)
  if (!last) {
    last = atRevision(resource, previous, event.revision)
    lastSelections.set(event, last)
  }
  return last
}
