import assert from 'node:assert/strict'
import { test } from 'node:test'
import { VirtualClock } from '../../base/virtual-clock.ts'
import { Deadlines, timeoutOf } from './deadlines.ts'

test('what does not end in time is told once, and what ends is not', async () => {
  const clock = new VirtualClock()
  const deadlines = new Deadlines(clock, () => clock.now())
  const over: string[] = []
  const start = (name: string, ms: number) => deadlines.start(ms, () => over.push(name))
  const slow = start('slow', 60_000)
  start('ends', 60_000).end()
  const short = start('short', 500)
  start('short that ends', 500).end()
  await clock.advance(499)
  assert.deepEqual(over, [])
  await clock.advance(1)
  assert.deepEqual([over, short.isOver], [['short'], true])
  await clock.advance(30_000)
  start('later', 60_000)
  await clock.advance(31_000)
  assert.deepEqual([over, slow.isOver], [['short', 'slow'], true])
  await clock.advance(31_000)
  assert.deepEqual(over, ['short', 'slow', 'later'])
})

for (const [text, expected] of [
  ['', 60_000],
  ['timeout=', 60_000],
  ['timeout=5s', 5_000],
  ['timeout=0s', 60_000],
  ['timeout=-3s', 60_000],
  ['timeout=10m', 60_000],
] as const)
  test(`"${text}" gives a request ${expected} ms`, () => {
    assert.equal(timeoutOf(new URLSearchParams(text)), expected)
  })

test('a timeout that is no duration is refused', () => {
  assert.throws(
    () => timeoutOf(new URLSearchParams('timeout=soon')),
    /invalid timeout specified in the request URL - time: invalid duration "soon"/,
  )
})
