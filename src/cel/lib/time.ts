// The parts of timestamps and durations. A time zone is a name of the tz database or an offset such as `-08:00`.
import { EvaluationError } from '../errors.ts'
import { declarations, type Overload } from '../overloads.ts'
import type { Duration, Timestamp } from '../values.ts'

const { method } = declarations()
const [millisecond, minute, hour] = [1_000_000n, 60_000_000_000n, 3_600_000_000_000n]

/** The wall clock's reading in a zone, as a UTC date. */
function inZone({ nanos }: Timestamp, zone: string): Date {
  const ms = Number((nanos - (((nanos % millisecond) + millisecond) % millisecond)) / millisecond)
  if (zone === '' || zone === 'UTC') return new Date(ms)
  const offset = /^([+-]?)(\d\d):(\d\d)$/.exec(zone)
  if (offset) return new Date(ms + (offset[1] === '-' ? -1 : 1) * (Number(offset[2]) * 60 + Number(offset[3])) * 60_000)
  return new Date(ms + zoneOffsetMs(ms, zone))
}

const formatters = new Map<string, Intl.DateTimeFormat>()
function zoneOffsetMs(ms: number, zone: string): number {
  let formatter = formatters.get(zone)
  if (!formatter) {
    try {
      formatter = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' })
    } catch {
      throw new EvaluationError(`unknown time zone ${zone}`)
    }
    if (formatters.size < 1000) formatters.set(zone, formatter)
  }
  const name = formatter.formatToParts(ms).find(part => part.type === 'timeZoneName')?.value ?? ''
  const [, sign, hours = '0', minutes = '0', seconds = '0'] = /GMT([+-])(\d\d):(\d\d)(?::(\d\d))?/.exec(name) ?? []
  return (sign === '-' ? -1 : 1) * (Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)) * 1000
}

const yearDay = (date: Date): number => Math.floor((date.getTime() - new Date(0).setUTCFullYear(date.getUTCFullYear(), 0, 1)) / 86_400_000)

const parts: Readonly<Record<string, (date: Date) => number>> = {
  getFullYear: date => date.getUTCFullYear(),
  getMonth: date => date.getUTCMonth(),
  getDate: date => date.getUTCDate(),
  getDayOfMonth: date => date.getUTCDate() - 1,
  getDayOfWeek: date => date.getUTCDay(),
  getDayOfYear: yearDay,
  getHours: date => date.getUTCHours(),
  getMinutes: date => date.getUTCMinutes(),
  getSeconds: date => date.getUTCSeconds(),
  getMilliseconds: date => date.getUTCMilliseconds(),
}

const ofTimestamps: readonly Overload[] = Object.entries(parts).flatMap(([name, part]) => [
  method('timestamp', name, [], 'int', time => BigInt(part(inZone(time, '')))),
  method('timestamp', name, ['string'], 'int', (time, zone) => BigInt(part(inZone(time, zone)))),
])

const durationParts: Readonly<Record<string, (duration: Duration) => bigint>> = {
  getHours: ({ nanos }) => nanos / hour,
  getMinutes: ({ nanos }) => nanos / minute,
  getSeconds: ({ nanos }) => nanos / 1_000_000_000n,
  getMilliseconds: ({ nanos }) => (nanos / millisecond) % 1000n,
}

export const timeFunctions: readonly Overload[] = [
  ...ofTimestamps,
  ...Object.entries(durationParts).map(([name, part]) => method('duration', name, [], 'int', part)),
]
