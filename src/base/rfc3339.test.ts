import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { formatMicros, formatSeconds, isCanonicalTime, type Precision, parseRfc3339 } from './rfc3339.ts'

const asSeconds = '"2006-01-02T15:04:05Z07:00"'
const asMicros = '"2006-01-02T15:04:05.000000Z07:00"'

test('times are read and written in UTC', () => {
  const rows: [string, Precision, string][] = [
    ['2024-01-01T00:00:00Z', 'seconds', '2024-01-01T00:00:00Z'],
    ['2024-01-01T00:30:00+01:00', 'seconds', '2023-12-31T23:30:00Z'],
    ['2024-01-01T00:00:00-02:30', 'seconds', '2024-01-01T02:30:00Z'],
    ['2024-01-01T00:00:00.5Z', 'seconds', '2024-01-01T00:00:00Z'],
    ['2024-01-01T00:00:00,5Z', 'seconds', '2024-01-01T00:00:00Z'],
    ['2024-01-01T0:00:00Z', 'seconds', '2024-01-01T00:00:00Z'],
    ['2024-02-29T00:00:00Z', 'seconds', '2024-02-29T00:00:00Z'],
    ['0001-01-01T00:00:00Z', 'seconds', '0001-01-01T00:00:00Z'],
    ['2024-01-01T00:00:00.000001Z', 'micros', '2024-01-01T00:00:00.000001Z'],
    ['1969-12-31T23:59:59.999999Z', 'micros', '1969-12-31T23:59:59.999999Z'],
  ]
  for (const [text, precision, expected] of rows) {
    const parsed = parseRfc3339(text, precision)
    assert.equal(parsed.ok && parsed.text, expected, text)
  }
})

test('malformed times are refused in the words of Go', () => {
  const rows: [string, Precision, string][] = [
    ['x', 'seconds', `parsing time "x" as ${asSeconds}: cannot parse "x" as "2006"`],
    ['', 'seconds', `parsing time "" as ${asSeconds}: cannot parse "" as "2006"`],
    ['2024-13-01T00:00:00Z', 'seconds', 'parsing time "2024-13-01T00:00:00Z": month out of range'],
    ['2024-01-01', 'seconds', `parsing time "2024-01-01" as ${asSeconds}: cannot parse "" as "T"`],
    ['2024-01-01T00:00:00', 'seconds', `parsing time "2024-01-01T00:00:00" as ${asSeconds}: cannot parse "" as "Z07:00"`],
    ['2024-01-01T25:00:00Z', 'seconds', 'parsing time "2024-01-01T25:00:00Z": hour out of range'],
    ['2024-02-30T00:00:00Z', 'seconds', 'parsing time "2024-02-30T00:00:00Z": day out of range'],
    ['2024-01-01T00:00:00+25:00', 'seconds', 'parsing time "2024-01-01T00:00:00+25:00": time zone offset hour out of range'],
    ['2024-01-01T00:00:00ZZ', 'seconds', 'parsing time "2024-01-01T00:00:00ZZ": extra text: "Z"'],
    ['2024-1-01T00:00:00Z', 'seconds', `parsing time "2024-1-01T00:00:00Z" as ${asSeconds}: cannot parse "1-01T00:00:00Z" as "01"`],
    ['2024-01-01t00:00:00z', 'seconds', `parsing time "2024-01-01t00:00:00z" as ${asSeconds}: cannot parse "t00:00:00z" as "T"`],
    ['2024-01-01T00:00:00.Z', 'seconds', `parsing time "2024-01-01T00:00:00.Z" as ${asSeconds}: cannot parse ".Z" as "Z07:00"`],
    ['2024-01-01T00:00:00Z', 'micros', `parsing time "2024-01-01T00:00:00Z" as ${asMicros}: cannot parse "Z" as ".000000"`],
    ['2024-01-01T00:00:00.5Z', 'micros', `parsing time "2024-01-01T00:00:00.5Z" as ${asMicros}: cannot parse ".5Z" as ".000000"`],
  ]
  for (const [text, precision, error] of rows) assert.deepEqual(parseRfc3339(text, precision), { ok: false, error })
})

test('what is written can be read, and is canonical', () => {
  fc.assert(
    fc.property(fc.integer({ min: Date.UTC(1, 0, 1), max: Date.UTC(9999, 11, 31) }), ms => {
      const parsed = parseRfc3339(formatSeconds(ms))
      assert.equal(parsed.ok && parsed.text, formatSeconds(ms))
      const micros = BigInt(ms) * 1000n
      const fine = parseRfc3339(formatMicros(micros), 'micros')
      assert.equal(fine.ok && fine.epochMicros, micros)
      if (isCanonicalTime(formatSeconds(ms), 'seconds')) assert.ok(parsed.ok)
    }),
  )
})
