// Durations as Go writes and reads them (`1h30m0s`, `250ms`), the JSON form of `metav1.Duration`.

const nanosPer: Readonly<Record<string, number>> = { ns: 1, us: 1e3, µs: 1e3, μs: 1e3, ms: 1e6, s: 1e9, m: 60e9, h: 3600e9 }

export type ParsedDuration = { readonly ok: true; readonly ms: number } | { readonly ok: false; readonly error: string }

/** Milliseconds, with a fraction where the text is finer. The error texts are those of Go's `time.ParseDuration`. */
export function parseGoDuration(text: string): ParsedDuration {
  const fail = (error: string): ParsedDuration => ({ ok: false, error: `time: ${error} ${JSON.stringify(text)}` })
  const sign = text.startsWith('-') ? -1 : 1
  let rest = /^[+-]/.test(text) ? text.slice(1) : text
  if (rest === '0') return { ok: true, ms: 0 }
  if (rest === '') return fail('invalid duration')
  let nanos = 0
  while (rest !== '') {
    const [all, amount, unit] = /^(\d+\.?\d*|\.\d+)([^\d.]*)/.exec(rest) ?? []
    if (all === undefined || unit === undefined) return fail('invalid duration')
    if (unit === '') return fail('missing unit in duration')
    const factor = Object.hasOwn(nanosPer, unit) ? nanosPer[unit] : undefined
    if (factor === undefined) return fail(`unknown unit ${JSON.stringify(unit)} in duration`)
    nanos += Number(amount) * factor
    rest = rest.slice(all.length)
  }
  if (nanos > 2 ** 63) return fail('invalid duration')
  return { ok: true, ms: (sign * nanos) / 1e6 }
}

/** `0s`, `250ms`, `1.5s`, `1h30m0s`, `-3m0s`. */
export function formatGoDuration(ms: number): string {
  const sign = ms < 0 ? '-' : ''
  const nanos = Math.round(Math.abs(ms) * 1e6)
  if (nanos === 0) return '0s'
  if (nanos < 1e3) return `${sign}${nanos}ns`
  if (nanos < 1e6) return `${sign}${nanos / 1e3}µs`
  if (nanos < 1e9) return `${sign}${nanos / 1e6}ms`
  const [hours, minutes] = [Math.floor(nanos / 3600e9), Math.floor(nanos / 60e9) % 60]
  const seconds = `${(nanos % 60e9) / 1e9}s`
  return `${sign}${hours > 0 ? `${hours}h` : ''}${hours > 0 || minutes > 0 ? `${minutes}m` : ''}${seconds}`
}
