import assert from 'node:assert/strict'
import { test } from 'node:test'
import { humanDuration } from './duration.ts'
import { formatMicroTime, formatTime, parseTime } from './time.ts'

const [s, m, h, d] = [1000, 60_000, 3_600_000, 86_400_000]

test('ages are printed as kubectl prints them', () => {
  const rows: [number, string][] = [
    [-2 * s, '<invalid>'],
    [-1 * s, '0s'],
    [0, '0s'],
    [999, '0s'],
    [45 * s, '45s'],
    [119 * s, '119s'],
    [120 * s, '2m'],
    [2 * m + 30 * s, '2m30s'],
    [9 * m + 59 * s, '9m59s'],
    [10 * m + 1 * s, '10m'],
    [179 * m, '179m'],
    [3 * h, '3h'],
    [3 * h + 12 * m, '3h12m'],
    [7 * h + 59 * m, '7h59m'],
    [8 * h + 59 * m, '8h'],
    [47 * h, '47h'],
    [48 * h, '2d'],
    [3 * d + 5 * h, '3d5h'],
    [7 * d + 23 * h, '7d23h'],
    [8 * d + 5 * h, '8d'],
    [729 * d, '729d'],
    [730 * d, '2y'],
    [763 * d, '2y33d'],
    [8 * 365 * d + 40 * d, '8y'],
  ]
  for (const [ms, text] of rows) assert.equal(humanDuration(ms), text)
})

test('times are written and read', () => {
  const now = Date.UTC(2026, 0, 31, 12, 0, 0, 678)
  assert.equal(formatTime(now), '2026-01-31T12:00:00Z')
  assert.equal(formatMicroTime(now), '2026-01-31T12:00:00.678000Z')
  assert.equal(parseTime(formatMicroTime(now)), now)
})
