import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { allot, borrowedLimits, nominalShares, smoothed } from './concurrency.ts'
import type { LevelSpec } from './configuration.ts'

const limited = (nominalConcurrencyShares: number, lendablePercent: number, borrowingLimitPercent?: number): LevelSpec => ({
  type: 'Limited',
  limited: { nominalConcurrencyShares, lendablePercent, borrowingLimitPercent, limitResponse: { type: 'Reject' } },
})
/** Upstream's suggested and mandatory levels. */
const suggested = [limited(30, 33), limited(40, 25), limited(10, 0), limited(40, 50), limited(100, 90), limited(20, 50), limited(5, 0)]

test('levels have their part of the seats by their shares', () => {
  const shares = nominalShares(600, suggested)
  assert.deepEqual(
    shares.map(s => s.nominal),
    [74, 98, 25, 98, 245, 49, 13],
  )
  assert.deepEqual(
    shares.map(s => s.least),
    [50, 73, 25, 49, 24, 24, 13],
  )
})

test('what one level does not need goes to the one that does, as far as it is lent', () => {
  const shares = nominalShares(100, [limited(50, 50), limited(50, 50)])
  const claims = shares.map((share, i) => ({ share, isExempt: false, highest: i === 0 ? 1000 : 0, smooth: i === 0 ? 1000 : 0 }))
  assert.deepEqual(borrowedLimits(claims), [75, 25])
  const [level] = nominalShares(100, [limited(50, 0, 20)])
  assert.equal(level?.most, 120)
})

test('what exempt requests take is missing elsewhere, down to what is never lent', () => {
  const [a, b] = nominalShares(100, [limited(50, 50), limited(50, 50)])
  const exempt = { share: { nominal: 0, least: 0, most: Number.POSITIVE_INFINITY }, isExempt: true, highest: 500, smooth: 500 }
  const claims = [a!, b!].map(share => ({ share, isExempt: false, highest: 100, smooth: 100 }))
  assert.deepEqual(borrowedLimits([...claims, exempt]), [25, 25, Number.POSITIVE_INFINITY])
})

test('the allotment is what was asked, within bounds, with one fraction for all that meet none', () => {
  const want = fc
    .tuple(fc.integer({ min: 0, max: 50 }), fc.integer({ min: 0, max: 50 }), fc.integer({ min: 0, max: 100 }))
    .map(([low, more, extra]) => ({ low, target: low + more, high: low + extra }))
  fc.assert(
    fc.property(fc.array(want, { minLength: 1, maxLength: 8 }), fc.integer({ min: 0, max: 400 }), (wants, sum) => {
      const given = allot(sum, wants)
      const total = given.reduce((a, b) => a + b, 0)
      const lows = wants.reduce((a, w) => a + w.low, 0)
      const highs = wants.reduce((a, w) => a + w.high, 0)
      assert.ok(Math.abs(total - Math.max(lows, Math.min(highs, sum))) < 1e-6, `${total} of ${sum}`)
      const fractions: number[] = []
      for (const [i, w] of wants.entries()) {
        assert.ok(given[i]! >= w.low - 1e-9 && given[i]! <= w.high + 1e-9)
        if (given[i]! > w.low + 1e-6 && given[i]! < w.high - 1e-6) fractions.push(given[i]! / Math.max(w.target, 0.001))
      }
      for (const fraction of fractions) assert.ok(Math.abs(fraction - fractions[0]!) < 1e-6 * Math.max(1, fraction))
    }),
  )
})

test('demand is believed at once when it rises, and slowly when it falls', () => {
  const quiet = { average: 0, deviation: 0, highest: 0 }
  assert.equal(smoothed(0, { average: 10, deviation: 2, highest: 20 }), 12)
  assert.ok(smoothed(12, quiet) > 11.5)
})
