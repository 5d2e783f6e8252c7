import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { nextTime, parseCron } from './cron.ts'
import { isTimeZone } from './time-zone.ts'

function scheduleOf(text: string) {
  const parsed = parseCron(text)
  assert.ok(parsed.ok, parsed.ok ? '' : parsed.error)
  return parsed.schedule
}

function times(text: string, after: string, count: number, zone?: string): string[] {
  const schedule = scheduleOf(text)
  const found: string[] = []
  let at: number | undefined = Date.parse(after)
  for (let i = 0; i < count && at !== undefined; i++) {
    at = nextTime(schedule, at, zone)
    if (at !== undefined) found.push(new Date(at).toISOString().replace(':00.000Z', 'Z').replace('.000Z', 'Z'))
  }
  return found
}

describe('a schedule', () => {
  const rows: readonly (readonly [text: string, after: string, expected: readonly string[], zone?: string])[] = [
    ['* * * * *', '2026-01-01T00:00:00Z', ['2026-01-01T00:01Z', '2026-01-01T00:02Z']],
    ['* * * * *', '2026-01-01T00:00:59.999Z', ['2026-01-01T00:01Z']],
    ['*/20 * * * *', '2026-01-01T00:05:00Z', ['2026-01-01T00:20Z', '2026-01-01T00:40Z', '2026-01-01T01:00Z']],
    ['5/20 3 * * *', '2026-01-01T04:00:00Z', ['2026-01-02T03:05Z', '2026-01-02T03:25Z', '2026-01-02T03:45Z', '2026-01-03T03:05Z']],
    ['0 22 * * 1-5', '2026-01-02T23:00:00Z', ['2026-01-05T22:00Z']],
    ['0 0 1 JAN,jul ?', '2026-01-01T00:00:00Z', ['2026-07-01T00:00Z', '2027-01-01T00:00Z']],
    ['0 0 29 2 *', '2026-01-01T00:00:00Z', ['2028-02-29T00:00Z']],
    ['0 0 30 2 *', '2026-01-01T00:00:00Z', []],
    ['0 12 13 * FRI', '2026-01-01T00:00:00Z', ['2026-01-02T12:00Z', '2026-01-09T12:00Z', '2026-01-13T12:00Z']],
    ['0 12 */1 * FRI', '2026-01-03T00:00:00Z', ['2026-01-09T12:00Z']],
    ['@monthly', '2026-01-31T00:00:00Z', ['2026-02-01T00:00Z']],
    ['@weekly', '2026-01-01T00:00:00Z', ['2026-01-04T00:00Z']],
    ['@every 90m', '2026-01-01T00:00:00.500Z', ['2026-01-01T01:30Z', '2026-01-01T03:00Z']],
    ['@every 10ms', '2026-01-01T00:00:00Z', ['2026-01-01T00:00:01Z']],
    ['30 9 * * *', '2026-01-01T00:00:00Z', ['2026-01-01T14:30Z'], 'America/New_York'],
    ['TZ=Asia/Kolkata 0 6 * * *', '2026-01-01T00:00:00Z', ['2026-01-01T00:30Z'], 'America/New_York'],
    // Clocks go forward from 1:00 to 2:00 UTC+1, and back from 3:00 to 2:00.
    ['30 2 * * *', '2026-03-28T12:00:00Z', ['2026-03-30T00:30Z'], 'Europe/Berlin'],
    ['30 2 * * *', '2026-10-24T12:00:00Z', ['2026-10-25T00:30Z', '2026-10-25T01:30Z', '2026-10-26T01:30Z'], 'Europe/Berlin'],
    ['0 0 * * *', '2026-03-28T12:00:00Z', ['2026-03-28T23:00Z', '2026-03-29T22:00Z'], 'Europe/Berlin'],
    // Midnight of this day does not exist in Beirut.
    ['0 5 * * *', '2026-03-28T12:00:00Z', ['2026-03-29T02:00Z'], 'Asia/Beirut'],
  ]
  for (const [text, after, expected, zone] of rows) {
    it(`${text} after ${after}${zone ? ` in ${zone}` : ''}`, () => {
      assert.deepEqual(times(text, after, Math.max(expected.length, 1), zone), expected)
    })
  }

  it('is due later than asked, at a whole minute, and nowhere between', () => {
    const minute = fc.integer({ min: 0, max: 59 })
    const hour = fc.integer({ min: 0, max: 23 })
    const after = fc.integer({ min: 1_600_000_000_000, max: 1_900_000_000_000 })
    fc.assert(
      fc.property(minute, hour, after, (m, h, from) => {
        const next = nextTime(scheduleOf(`${m} ${h} * * *`), from)
        assert.ok(next !== undefined && next > from && next <= from + 24 * 3_600_000)
        assert.deepEqual([new Date(next).getUTCMinutes(), new Date(next).getUTCHours(), next % 60_000], [m, h, 0])
      }),
    )
  })
})

describe('a text that is no schedule', () => {
  const rows: Readonly<Record<string, string>> = {
    '': 'empty spec string',
    error: 'expected exactly 5 fields, found 1: [error]',
    '* * * * * *': 'expected exactly 5 fields, found 6: [* * * * * *]',
    '60 * * * *': 'end of range (60) above maximum (59): 60',
    '* * 0 * *': 'beginning of range (0) below minimum (1): 0',
    '* * * * 7': 'end of range (7) above maximum (6): 7',
    '5-1 * * * *': 'beginning of range (5) beyond end of range (1): 5-1',
    '1-2-3 * * * *': 'too many hyphens: 1-2-3',
    '*/2/3 * * * *': 'too many slashes: */2/3',
    '*/0 * * * *': 'step of range should be a positive number: */0',
    'x * * * *': 'failed to parse int from x: strconv.Atoi: parsing "x": invalid syntax',
    '- * * * *': 'failed to parse int from : strconv.Atoi: parsing "": invalid syntax',
    '@often': 'unrecognized descriptor: @often',
    '@every soon': 'failed to parse duration @every soon: time: invalid duration "soon"',
    'TZ=0': 'invalid schedule format: runtime error: slice bounds out of range [:-1]',
    'TZ=Mars/Base 0 0 * * *': 'provided bad location Mars/Base: unknown time zone Mars/Base',
  }
  for (const [text, error] of Object.entries(rows)) {
    it(JSON.stringify(text), () => assert.deepEqual(parseCron(text), { ok: false, error }))
  }
})

describe('a time zone', () => {
  for (const name of ['UTC', 'Europe/Berlin', 'America/Port-au-Prince', 'Etc/GMT+1', 'Asia/Calcutta']) {
    it(name, () => assert.equal(isTimeZone(name), true))
  }
  for (const name of ['', 'Mars/Base', 'europe/berlin', 'EUROPE/BERLIN', '+01:00', '+01']) {
    it(`is not ${name}`, () => assert.equal(isTimeZone(name), false))
  }
})
