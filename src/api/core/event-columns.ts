// What `kubectl get events` shows, for both shapes of an event.
import type { KubeObject } from '../../meta/object-meta.ts'
import { ageOfFirst, text } from '../columns.ts'
import { age, type Column, nameColumn } from '../kind.ts'

interface EventObject extends KubeObject {
  readonly type?: string | undefined
  readonly reason?: string | undefined
  readonly eventTime?: string | undefined
  readonly reportingInstance?: string | undefined
  readonly series?: { readonly count?: number | undefined; readonly lastObservedTime?: string | undefined } | undefined
}

/** The fields that the two shapes name differently. */
interface Parts {
  readonly target:
    | { readonly kind?: string | undefined; readonly name?: string | undefined; readonly fieldPath?: string | undefined }
    | undefined
  readonly message: string | undefined
  readonly count: number | undefined
  readonly first: string | undefined
  readonly last: string | undefined
  readonly source: { readonly component?: string | undefined; readonly host?: string | undefined } | undefined
  readonly component: string | undefined
}

export function eventColumns<E extends EventObject>(partsOf: (event: E) => Parts): readonly Column<E>[] {
  const target = (event: E) => {
    const { kind = '', name } = partsOf(event).target ?? {}
    return name ? `${kind.toLowerCase()}/${name}` : kind.toLowerCase()
  }
  const firstSeen = (event: E, now: number) => ageOfFirst([partsOf(event).first, event.eventTime], now)
  const lastSeen = (event: E, now: number) => {
    if (event.series) return age(event.series.lastObservedTime, now)
    const { last } = partsOf(event)
    return last ? age(last, now) : firstSeen(event, now)
  }
  const sourceText = (event: E) => {
    const { source, component } = partsOf(event)
    return [source?.component || component, source?.host || event.reportingInstance].filter(Boolean).join(', ')
  }
  return [
    text('Last Seen', 'Time since it was seen last.', lastSeen),
    text('Type', 'Normal or Warning.', event => event.type ?? ''),
    text('Reason', 'What happened, in a word.', event => event.reason ?? ''),
    text('Object', 'What it happened to.', target),
    text('Subobject', 'Which part of the object.', event => partsOf(event).target?.fieldPath ?? '', 1),
    text('Source', 'Who says so.', sourceText, 1),
    text('Message', 'What happened, in words.', event => (partsOf(event).message ?? '').trim()),
    text('First Seen', 'Time since it was seen first.', firstSeen, 1),
    text('Count', 'How often it was seen.', event => String(event.series ? (event.series.count ?? 0) : partsOf(event).count || 1), 1),
    { ...nameColumn, priority: 1 },
  ]
}
