// Timestamps and durations as text, in nanoseconds: RFC 3339 and Go's `time.Duration`.
import { EvaluationError } from './errors.ts'
import { Duration, Timestamp } from './values.ts'

const second = 1_000_000_000n
const rfc3339 = /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9})\d*)?(?:[Zz]|([+-])(\d\d):(\d\d))$/

export function readTimestamp(text: string): Timestamp | undefined {
  const match = rfc3339.exec(text)
  if (!match) return undefined
  const [, year = '', month = '', day = '', hour = '', minute = '', secs = '', fraction = '', sign, zoneHour = '0', zoneMinute = '0'] =
    match
  const date = new Date(0)
  date.setUTCFullYear(Number(year), Number(month) - 1, Number(day))
  date.setUTCHours(Number(hour), Number(minute), Number(secs))
  const isReal = date.getUTCMonth() === Number(month) - 1 && date.getUTCDate() === Number(day) && Number(hour) < 24 && Number(minute) < 60
  if (!isReal || Number(secs) > 59) return undefined
  const offset = (sign === '-' ? -1n : 1n) * (BigInt(zoneHour) * 3600n + BigInt(zoneMinute) * 60n)
  const nanos = (BigInt(date.getTime() / 1000) - offset) * second + BigInt(fraction.padEnd(9, '0'))
  try {
    return new Timestamp(nanos)
  } catch (error) {
    if (error instanceof EvaluationError) return undefined
    throw error
  }
}

export function readDate(text: string): Timestamp | undefined {
  return /^\d{4}-\d\d-\d\d$/.test(text) ? readTimestamp(`${text}T00:00:00Z`) : undefined
}

export function formatTimestamp({ nanos }: Timestamp): string {
  const fraction = ((nanos % second) + second) % second
  const text = new Date(Number((nanos - fraction) / 1_000_000n)).toISOString().slice(0, 19)
  return `${text}${fraction === 0n ? '' : `.${fraction.toString().padStart(9, '0').replace(/0+$/, '')}`}Z`
}

const units: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  µs: 1_000n,
  μs: 1_000n,
  ms: 1_000_000n,
  s: second,
  m: 60n * second,
  h: 3600n * second,
}

export function readDuration(text: string): Duration | undefined {
  if (text.length > 100) return undefined
  const match = /^([+-]?)((?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+$|^[+-]?0$/.test(text)
  if (!match) return undefined
  let nanos = 0n
  for (const [, whole = '', fraction = '', unit = ''] of text.matchAll(/(\d*)(?:\.(\d*))?(ns|us|µs|μs|ms|s|m|h)/g)) {
    const factor = units[unit] ?? 0n
    nanos += BigInt(whole || '0') * factor + (BigInt(fraction || '0') * factor) / 10n ** BigInt(fraction.length)
  }
  if (nanos >= 2n ** 63n) return undefined
  return new Duration(text.startsWith('-') ? -nanos : nanos)
}

/** As CEL turns a duration into a string: seconds. */
export function formatDuration({ nanos }: Duration): string {
  const size = nanos < 0n ? -nanos : nanos
  const fraction = size % second
  const digits = fraction === 0n ? '' : `.${fraction.toString().padStart(9, '0').replace(/0+$/, '')}`
  return `${nanos < 0n ? '-' : ''}${size / second}${digits}s`
}
