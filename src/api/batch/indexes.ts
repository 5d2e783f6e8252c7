// Indexes of a job's pods in their text form: numbers and ranges in rising order, `1,3-5,7`.

export interface Interval {
  readonly first: number
  readonly last: number
}
export type ParsedIndexes =
  | { readonly ok: true; readonly intervals: readonly Interval[]; readonly count: number }
  | { readonly ok: false; readonly error: string }

/** Every index is below `completions`. The error texts are upstream's. */
export function parseIndexes(text: string, completions: number): ParsedIndexes {
  if (text === '') return { ok: true, intervals: [], count: 0 }
  const intervals: Interval[] = []
  for (const part of text.split(',')) {
    const interval = parseInterval(part, completions)
    if (typeof interval === 'string') return { ok: false, error: interval }
    const last = intervals.at(-1)?.last
    if (last !== undefined && last >= interval.first) return { ok: false, error: notRising(last, interval.first) }
    intervals.push(interval)
  }
  return { ok: true, intervals, count: intervals.reduce((sum, { first, last }) => sum + last - first + 1, 0) }
}

/** The first index that both texts name. Parts of them that are wrong are passed over. */
export function overlapOf(one: string, other: string, completions: number): number | undefined {
  const read = (text: string) =>
    (text === '' ? [] : text.split(',')).map(part => parseInterval(part, completions)).filter(interval => typeof interval !== 'string')
  const others = read(other)
  let at = 0
  for (const { first, last } of read(one)) {
    for (let next = others[at]; next !== undefined && next.first <= last; next = others[++at]) {
      if (next.last >= first) return Math.max(first, next.first)
    }
  }
  return undefined
}

function parseInterval(text: string, completions: number): Interval | string {
  const parts = text.split('-')
  if (parts.length > 2) {
    return `the fragment ${JSON.stringify(text)} violates the requirement that an index interval can have at most two parts separated by '-'`
  }
  const numbers: number[] = []
  for (const part of parts) {
    if (!/^\+?\d+$/.test(part)) return `cannot convert string to integer for index: ${JSON.stringify(part)}`
    if (Number(part) >= completions) return `too large index: ${JSON.stringify(part)}`
    numbers.push(Number(part))
  }
  const [first = 0, last] = numbers
  if (last !== undefined && first >= last) return notRising(first, last)
  return { first, last: last ?? first }
}

function notRising(previous: number, current: number): string {
  return `non-increasing order, previous: ${previous}, current: ${current}`
}
