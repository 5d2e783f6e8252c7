// The columns of `kubectl get` that kinds share, and how their cells are put into words.
import type { LabelSelector } from '../meta/label-selector.ts'
import { formatSelector, selectorOf } from '../meta/selector.ts'
import { age, type Column } from './kind.ts'

/** A column of text. A `priority` of 1 shows with `-o wide` only. */
export function text<O>(name: string, doc: string, cell: (object: O, now: number) => string, priority = 0): Column<O> {
  return { name, type: 'string', doc, cell, ...(priority > 0 && { priority }) }
}

/** A column of whole numbers. */
export function count<O>(name: string, doc: string, cell: (object: O) => number): Column<O> {
  return { name, type: 'integer', doc, cell }
}

interface Templated {
  readonly spec: {
    readonly template?:
      | { readonly spec?: { readonly containers?: readonly { readonly name: string; readonly image?: string | undefined }[] } | undefined }
      | undefined
  }
}

/** What a workload's pods run; `-o wide` only. */
export const containerColumns: readonly Column<Templated>[] = [
  text(
    'Containers',
    "Names of the pod template's containers.",
    o => (o.spec.template?.spec?.containers ?? []).map(c => c.name).join(','),
    1,
  ),
  text(
    'Images',
    "Images of the pod template's containers.",
    o => (o.spec.template?.spec?.containers ?? []).map(c => c.image ?? '').join(','),
    1,
  ),
]

/** `a=1,b=2`, by key; `<none>` when there are none. */
export function formatLabels(labels: Readonly<Record<string, string>> | undefined): string {
  const pairs = Object.entries(labels ?? {})
    .map(([key, value]) => `${key}=${value}`)
    .sort()
  return pairs.length === 0 ? '<none>' : pairs.join(',')
}

/** The text form of a selector of pods, as queries take it. */
export function selectorText(selector: LabelSelector | undefined): string {
  const read = selectorOf(selector)
  return read.ok ? formatSelector(read.selector) : ''
}

/** The text form as tables show it. */
export function formatLabelSelector(selector: LabelSelector | undefined): string {
  return selectorText(selector) || '<none>'
}

/** Some of the items, and how many more there are; `fallback` when there are none. */
export function listWithMore(items: readonly string[], fallback: string, max = 3): string {
  if (items.length === 0) return fallback
  const shown = items.slice(0, max).join(',')
  return items.length > max ? `${shown} + ${items.length - max} more...` : shown
}

/** The time since the first of these timestamps that is there. */
export function ageOfFirst(timestamps: readonly (string | undefined)[], now: number): string {
  return age(
    timestamps.find(t => t !== undefined && t !== ''),
    now,
  )
}
