// Wall clocks of time zones, by the zone data that the runtime brings along.

/** What a clock on the wall shows. Months count from 1, days of the week from Sunday, which is 0. */
export interface WallTime {
  readonly year: number
  readonly month: number
  readonly day: number
  readonly hour: number
  readonly minute: number
  readonly weekday: number
}

const clocks = new Map<string, Intl.DateTimeFormat | undefined>()

function clockOf(zone: string): Intl.DateTimeFormat | undefined {
  if (!clocks.has(zone)) clocks.set(zone, makeClock(zone))
  return clocks.get(zone)
}

function makeClock(timeZone: string): Intl.DateTimeFormat | undefined {
  const parts = { year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric' } as const
  try {
    return new Intl.DateTimeFormat('en-US-u-ca-iso8601', { timeZone, hourCycle: 'h23', ...parts })
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

/** Whether the name is one of the zone data. Case counts, as it does where zones are files. */
export function isTimeZone(name: string): boolean {
  if (!name.split('/').every(part => /^[A-Z]/.test(part))) return false
  const resolved = clockOf(name)?.resolvedOptions().timeZone
  return resolved !== undefined && (resolved === name || resolved.toLowerCase() !== name.toLowerCase())
}

/** How far a zone's clocks are ahead of UTC at an instant, in milliseconds. The zone must be one. */
function offsetAt(epochMs: number, zone: string): number {
  if (zone === 'UTC') return 0
  const shown = new Map(
    clockOf(zone)
      ?.formatToParts(epochMs)
      .map(({ type, value }) => [type, Number(value)]),
  )
  const part = (type: Intl.DateTimeFormatPartTypes) => shown.get(type) ?? Number.NaN
  const wall = Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second'))
  return wall - Math.floor(epochMs / 1000) * 1000
}

export function wallTime(epochMs: number, zone: string): WallTime {
  const wall = new Date(epochMs + offsetAt(epochMs, zone))
  return {
    year: wall.getUTCFullYear(),
    month: wall.getUTCMonth() + 1,
    day: wall.getUTCDate(),
    hour: wall.getUTCHours(),
    minute: wall.getUTCMinutes(),
    weekday: wall.getUTCDay(),
  }
}

/** The first instant of a day. A day or month past the end of its month or year is one of the next. */
export function startOfDay(year: number, month: number, day: number, zone: string): number {
  const wall = Date.UTC(year, month - 1, day)
  const guess = wall - offsetAt(wall, zone)
  const start = wall - offsetAt(guess, zone)
  // Where clocks go forward at midnight, the day begins later than its wall time says.
  return start + offsetAt(start, zone) < wall ? start + (wall - start - offsetAt(start, zone)) : start
}
