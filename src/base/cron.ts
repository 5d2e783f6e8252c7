// Schedules as crontabs write them: five fields (minute, hour, day of month, month, day of week), or a word such as
// `@daily` or `@every 1h30m`. The texts of errors are those of robfig/cron, whose dialect Kubernetes speaks.
import { parseGoDuration } from './go-duration.ts'
import { isTimeZone, startOfDay, type WallTime, wallTime } from './time-zone.ts'

/** The values of a field; `any` when it was a star, which for days means that the other field decides. */
export interface CronField {
  readonly values: ReadonlySet<number>
  readonly any: boolean
}
export type CronSchedule =
  | { readonly kind: 'every'; readonly periodMs: number }
  | {
      readonly kind: 'times'
      readonly minute: CronField
      readonly hour: CronField
      readonly day: CronField
      readonly month: CronField
      readonly weekday: CronField
      /** The zone that the text itself names. */
      readonly zone?: string
    }
export type ParsedCron = { readonly ok: true; readonly schedule: CronSchedule } | { readonly ok: false; readonly error: string }

/** What went wrong in the depth of a text; only this file sees it. */
class CronError extends Error {}

export function parseCron(text: string): ParsedCron {
  try {
    return { ok: true, schedule: parse(text) }
  } catch (error) {
    if (error instanceof CronError) return { ok: false, error: error.message }
    throw error
  }
}

/**
 * The first time after `afterMs` at which the schedule is due, in epoch milliseconds, by the clocks of `zone` unless the
 * schedule names its own. Undefined when there is none in five years, such as for the 30th of February.
 */
export function nextTime(schedule: CronSchedule, afterMs: number, zone = 'UTC'): number | undefined {
  if (schedule.kind === 'every') return Math.floor(afterMs / 1000) * 1000 + schedule.periodMs
  const clock = schedule.zone ?? zone
  const { minute, hour, month } = schedule
  let at = (Math.floor(afterMs / minuteMs) + 1) * minuteMs
  const lastYear = wallTime(at, clock).year + 5
  for (;;) {
    const wall = wallTime(at, clock)
    if (wall.year > lastYear) return undefined
    if (!month.values.has(wall.month)) at = startOfDay(wall.year, wall.month + 1, 1, clock)
    else if (!isDue(schedule.day, schedule.weekday, wall)) at = startOfDay(wall.year, wall.month, wall.day + 1, clock)
    else if (!hour.values.has(wall.hour)) at += (60 - wall.minute) * minuteMs
    else if (!minute.values.has(wall.minute)) at += minuteMs
    else return at
  }
}

const minuteMs = 60_000

/** Where both kinds of days are given, either will do. */
function isDue(day: CronField, weekday: CronField, wall: WallTime): boolean {
  const [byDay, byWeekday] = [day.values.has(wall.day), weekday.values.has(wall.weekday)]
  return day.any || weekday.any ? byDay && byWeekday : byDay || byWeekday
}

interface Bounds {
  readonly min: number
  readonly max: number
  /** Names of values, the first that of `min`. */
  readonly names?: readonly string[]
}
const bounds = {
  minute: { min: 0, max: 59 },
  hour: { min: 0, max: 23 },
  day: { min: 1, max: 31 },
  month: { min: 1, max: 12, names: ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'] },
  weekday: { min: 0, max: 6, names: ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] },
} as const satisfies Record<string, Bounds>

const words: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
}

function parse(text: string): CronSchedule {
  if (text === '') throw new CronError('empty spec string')
  const [prefix] = /^(?:CRON_)?TZ=/.exec(text) ?? []
  if (prefix === undefined) return parseTimes(text)
  const end = text.indexOf(' ')
  if (end < 0) throw new CronError('invalid schedule format: runtime error: slice bounds out of range [:-1]')
  const zone = text.slice(prefix.length, end) || 'UTC'
  if (zone !== 'Local' && !isTimeZone(zone)) throw new CronError(`provided bad location ${zone}: unknown time zone ${zone}`)
  const schedule = parseTimes(text.slice(end).trim())
  return schedule.kind === 'times' && zone !== 'Local' ? { ...schedule, zone } : schedule
}

function parseTimes(text: string): CronSchedule {
  if (text.startsWith('@every ')) return parsePeriod(text)
  const fields = (Object.hasOwn(words, text) ? (words[text] ?? '') : text).split(/\s+/).filter(Boolean)
  if (text.startsWith('@') && !Object.hasOwn(words, text)) throw new CronError(`unrecognized descriptor: ${text}`)
  const [minute, hour, day, month, weekday] = fields
  if (minute === undefined || hour === undefined || day === undefined || month === undefined || weekday === undefined || fields.length > 5)
    throw new CronError(`expected exactly 5 fields, found ${fields.length}: [${fields.join(' ')}]`)
  return {
    kind: 'times',
    minute: parseField(minute, bounds.minute),
    hour: parseField(hour, bounds.hour),
    day: parseField(day, bounds.day),
    month: parseField(month, bounds.month),
    weekday: parseField(weekday, bounds.weekday),
  }
}

function parsePeriod(text: string): CronSchedule {
  const read = parseGoDuration(text.slice('@every '.length))
  if (!read.ok) throw new CronError(`failed to parse duration ${text}: ${read.error}`)
  return { kind: 'every', periodMs: Math.max(1000, Math.floor(read.ms / 1000) * 1000) }
}

// Ranges, values and steps, any of which will do: `1-5,10,20/15`.
function parseField(text: string, bounds: Bounds): CronField {
  const ranges = text
    .split(',')
    .filter(Boolean)
    .map(part => parseRange(part, bounds))
  return { values: new Set(ranges.flatMap(range => range.values)), any: ranges.some(range => range.any) }
}

function parseRange(text: string, bounds: Bounds): { readonly values: readonly number[]; readonly any: boolean } {
  const [range = '', stepText, ...moreSteps] = text.split('/')
  const [low = '', high, ...moreHighs] = range.split('-')
  const isStar = low === '*' || low === '?'
  const start = isStar ? bounds.min : parseValue(low, bounds)
  if (!isStar && moreHighs.length > 0) throw new CronError(`too many hyphens: ${text}`)
  const given = isStar ? bounds.max : high === undefined ? start : parseValue(high, bounds)
  if (moreSteps.length > 0) throw new CronError(`too many slashes: ${text}`)
  const step = stepText === undefined ? 1 : parseNumber(stepText)
  // A step from a single value goes on to the last.
  const end = stepText !== undefined && high === undefined ? bounds.max : given
  if (start < bounds.min) throw new CronError(`beginning of range (${start}) below minimum (${bounds.min}): ${text}`)
  if (end > bounds.max) throw new CronError(`end of range (${end}) above maximum (${bounds.max}): ${text}`)
  if (start > end) throw new CronError(`beginning of range (${start}) beyond end of range (${end}): ${text}`)
  if (step === 0) throw new CronError(`step of range should be a positive number: ${text}`)
  const values = Array.from({ length: Math.floor((end - start) / step) + 1 }, (_, i) => start + i * step)
  return { values, any: isStar && step === 1 }
}

function parseValue(text: string, { names, min }: Bounds): number {
  const index = names?.indexOf(text.toLowerCase()) ?? -1
  return index < 0 ? parseNumber(text) : index + min
}

function parseNumber(text: string): number {
  const problem = !/^[+-]?\d+$/.test(text) ? 'invalid syntax' : Math.abs(Number(text)) >= 2 ** 63 ? 'value out of range' : undefined
  if (problem !== undefined)
    throw new CronError(`failed to parse int from ${text}: strconv.Atoi: parsing ${JSON.stringify(text)}: ${problem}`)
  if (Number(text) < 0) throw new CronError(`negative number (${Number(text)}) not allowed: ${text}`)
  return Number(text)
}
