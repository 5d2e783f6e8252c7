// RFC 3339 times as Go's `time.Parse` reads them, with its error texts, which API clients see. A time of the API has
// whole seconds (`metav1.Time`) or exactly six digits of a fraction (`metav1.MicroTime`), and is stored in UTC.

export type Precision = 'seconds' | 'micros'
/** `epochMicros` counts microseconds since the Unix epoch; `text` is the canonical form in UTC. */
export type ParsedTime =
  | { readonly ok: true; readonly epochMicros: bigint; readonly text: string }
  | { readonly ok: false; readonly error: string }

const layouts = { seconds: '2006-01-02T15:04:05Z07:00', micros: '2006-01-02T15:04:05.000000Z07:00' } as const
const canonical = {
  seconds: /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\dZ$/,
  micros: /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{6}Z$/,
} as const

/** True for text that is surely in canonical form; a cheap way around `parseRfc3339`. */
export function isCanonicalTime(text: string, precision: Precision): boolean {
  return canonical[precision].test(text)
}

/** The parts of Go's layout in order: the name its errors give them, and what they match. */
const parts: readonly (readonly [name: string, pattern: RegExp])[] = [
  ['2006', /^\d{4}/],
  ['-', /^-/],
  ['01', /^\d\d/],
  ['-', /^-/],
  ['02', /^\d\d/],
  ['T', /^T/],
  ['15', /^\d\d?/],
  [':', /^:/],
  ['04', /^\d\d/],
  [':', /^:/],
  ['05', /^\d\d/],
]
const fraction = { seconds: /^[.,]\d+/, micros: /^\.\d{6}(?!\d)/ } as const

export function parseRfc3339(text: string, precision: Precision = 'seconds'): ParsedTime {
  const layout = layouts[precision]
  const unreadable = (rest: string, name: string): ParsedTime =>
    fail(`parsing time ${quote(text)} as ${quote(layout)}: cannot parse ${quote(rest)} as ${quote(name)}`)
  const outOfRange = (what: string): ParsedTime => fail(`parsing time ${quote(text)}: ${what} out of range`)
  const numbers: number[] = []
  let rest = text
  for (const [name, pattern] of parts) {
    const found = pattern.exec(rest)?.[0]
    if (found === undefined) return unreadable(rest, name)
    rest = rest.slice(found.length)
    if (/^\d/.test(name)) numbers.push(Number(found))
    const problem = rangeProblem(numbers, name)
    if (problem !== undefined) return outOfRange(problem)
  }
  const digits = fraction[precision].exec(rest)?.[0]
  if (digits === undefined && precision === 'micros') return unreadable(rest, '.000000')
  rest = rest.slice(digits?.length ?? 0)
  const zone = /^(?:Z|([+-])(\d\d):(\d\d))/.exec(rest)
  if (!zone) return unreadable(rest, 'Z07:00')
  rest = rest.slice(zone[0].length)
  const [hours, minutes] = [Number(zone[2] ?? 0), Number(zone[3] ?? 0)]
  if (hours > 24) return outOfRange('time zone offset hour')
  if (minutes > 60) return outOfRange('time zone offset minute')
  if (rest !== '') return fail(`parsing time ${quote(text)}: extra text: ${quote(rest)}`)
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0] = numbers
  if (day < 1 || day > daysIn(year, month)) return outOfRange('day')
  const offset = (zone[1] === '-' ? -1 : 1) * (hours * 60 + minutes)
  const epochMs = utc(year, month - 1, day, hour, minute, second) - offset * 60_000
  const micros = BigInt((digits?.slice(1) ?? '').slice(0, 6).padEnd(6, '0'))
  const epochMicros = BigInt(epochMs) * 1000n + micros
  return { ok: true, epochMicros, text: precision === 'micros' ? formatMicros(epochMicros) : formatSeconds(epochMs) }
}

/** `2026-01-31T12:00:00Z`; a fraction of the second is dropped. */
export function formatSeconds(epochMs: number): string {
  const second = Math.floor(epochMs / 1000)
  if (second !== lastSecond.second) lastSecond = { second, text: `${new Date(second * 1000).toISOString().slice(0, 19)}Z` }
  return lastSecond.text
}

/** Most times that are formatted are now. */
let lastSecond = { second: 0, text: '1970-01-01T00:00:00Z' }

/** `2026-01-31T12:00:00.123456Z`. */
export function formatMicros(epochMicros: bigint): string {
  const micros = ((epochMicros % 1_000_000n) + 1_000_000n) % 1_000_000n
  const seconds = (epochMicros - micros) / 1_000_000n
  return `${new Date(Number(seconds) * 1000).toISOString().slice(0, 19)}.${micros.toString().padStart(6, '0')}Z`
}

function rangeProblem(numbers: readonly number[], name: string): string | undefined {
  const [, month = 1, , hour = 0, minute = 0, second = 0] = numbers
  if (name === '01' && (month < 1 || month > 12)) return 'month'
  if (name === '15' && hour > 23) return 'hour'
  if (name === '04' && minute > 59) return 'minute'
  if (name === '05' && second > 59) return 'second'
  return undefined
}

function daysIn(year: number, month: number): number {
  return new Date(utc(year, month, 0)).getUTCDate()
}

/** `Date.UTC` without its reading of years below 100 as 1900 and later. */
function utc(year: number, monthIndex: number, day: number, hour = 0, minute = 0, second = 0): number {
  const date = new Date(0)
  date.setUTCFullYear(year, monthIndex, day)
  date.setUTCHours(hour, minute, second)
  return date.getTime()
}

const quote = (text: string): string => JSON.stringify(text)
const fail = (error: string): ParsedTime => ({ ok: false, error })
