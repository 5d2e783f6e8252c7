// The API's two kinds of time. Both are text in UTC: `Time` with whole seconds, `MicroTime` with six digits.
import { assert } from '../base/assert.ts'
import { formatMicros, formatSeconds, parseRfc3339 } from '../base/rfc3339.ts'

/** `metav1.Time` of a clock's reading; the rest of the second is dropped. */
export function formatTime(epochMs: number): string {
  return formatSeconds(epochMs)
}

/** `metav1.MicroTime` of a clock's reading. */
export function formatMicroTime(epochMs: number): string {
  return formatMicros(BigInt(Math.floor(epochMs * 1000)))
}

/** Epoch milliseconds of a stored time of either kind, with a fraction where it has microseconds. */
export function parseTime(text: string): number {
  const parsed = parseRfc3339(text)
  assert(parsed.ok, `not a time: ${text}`)
  return Number(parsed.epochMicros) / 1000
}
