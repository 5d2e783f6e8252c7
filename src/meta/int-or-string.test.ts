import assert from 'node:assert/strict'
import { test } from 'node:test'
import { percentOf, scaledValue } from './int-or-string.ts'

test('percentages are scaled and rounded as asked', () => {
  const rows: [number | string, number, 'up' | 'down', number][] = [
    [3, 10, 'up', 3],
    ['25%', 10, 'up', 3],
    ['25%', 10, 'down', 2],
    ['0%', 10, 'up', 0],
    ['100%', 7, 'down', 7],
    ['150%', 2, 'up', 3],
    ['10%', 0, 'up', 0],
    ['7%', 100, 'down', 7],
    ['http', 10, 'up', Number.NaN],
  ]
  for (const [value, total, round, expected] of rows) assert.equal(scaledValue(value, total, round), expected)
  assert.deepEqual([percentOf('25%'), percentOf('25'), percentOf(25), percentOf('-5%')], [25, undefined, undefined, undefined])
})
