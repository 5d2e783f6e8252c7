import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatGoDuration, parseGoDuration } from './go-duration.ts'

test('durations are read', () => {
  const rows: [string, number][] = [
    ['1h', 3_600_000],
    ['1.5h', 5_400_000],
    ['-3m', -180_000],
    ['1h2m3s', 3_723_000],
    ['250ms', 250],
    ['10us', 0.01],
    ['0', 0],
    ['.5s', 500],
  ]
  for (const [text, ms] of rows) assert.deepEqual(parseGoDuration(text), { ok: true, ms })
})

test('malformed durations are refused in the words of Go', () => {
  const rows: [string, string][] = [
    ['x', 'time: invalid duration "x"'],
    ['', 'time: invalid duration ""'],
    ['1', 'time: missing unit in duration "1"'],
    ['1h2', 'time: missing unit in duration "1h2"'],
    ['3d', 'time: unknown unit "d" in duration "3d"'],
  ]
  for (const [text, error] of rows) assert.deepEqual(parseGoDuration(text), { ok: false, error })
})

test('durations are written', () => {
  const rows: [number, string][] = [
    [0, '0s'],
    [250, '250ms'],
    [1500, '1.5s'],
    [60_000, '1m0s'],
    [5_400_000, '1h30m0s'],
    [-180_000, '-3m0s'],
    [0.01, '10µs'],
  ]
  for (const [ms, text] of rows) assert.equal(formatGoDuration(ms), text)
})
