import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { VirtualClock } from '../../base/virtual-clock.ts'
import { WatchTurns } from './watch-turns.ts'

function setup() {
  const clock = new VirtualClock()
  let costMs = 0
  const turns = new WatchTurns(clock, () => clock.now() + costMs)
  const written: Buffer[] = []
  const watcher = (...pieces: Buffer[]) => turns.ask(join => written.push(join(pieces)))
  /** A watcher whose write takes time. */
  const slow = (ms: number) => turns.ask(() => (costMs += ms))
  return { clock, written, watcher, slow }
}

test('a cheap turn is followed by the next at once', async () => {
  const { written, watcher } = setup()
  watcher(Buffer.from('a'))
  await setImmediate()
  watcher(Buffer.from('b'))
  await setImmediate()
  assert.deepEqual(written.map(String), ['a', 'b'])
})

test('after a turn that took long, changes wait and go together; but not for ever', async () => {
  const { clock, written, watcher, slow } = setup()
  for (const [costMs, pauseMs] of [
    [2, 8],
    [1000, 20],
  ] as const) {
    slow(costMs)
    await setImmediate()
    watcher(Buffer.from('b'))
    watcher(Buffer.from('c'))
    await clock.advance(pauseMs - 1)
    assert.equal(written.length, 0)
    await clock.advance(1)
    assert.deepEqual(written.splice(0).map(String), ['b', 'c'])
  }
})

test('who asks twice writes once', async () => {
  const { clock } = setup()
  const turns = new WatchTurns(clock, () => clock.now())
  let writes = 0
  const write = () => void writes++
  turns.ask(write)
  turns.ask(write)
  await setImmediate()
  assert.equal(writes, 1)
})

test('watches with the same pieces share one buffer, others do not', async () => {
  const { written, watcher } = setup()
  const [a, b, c] = ['a', 'b', 'c'].map(text => Buffer.from(text)) as [Buffer, Buffer, Buffer]
  watcher(a, b)
  watcher(a, b)
  watcher(a, c)
  watcher(a)
  await setImmediate()
  assert.deepEqual(written.map(String), ['ab', 'ab', 'ac', 'a'])
  assert.equal(written[0], written[1])
  assert.equal(written[3], a)
})
