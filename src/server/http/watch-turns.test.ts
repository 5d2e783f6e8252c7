import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { VirtualClock } from '../../base/virtual-clock.ts'
import { WatchTurns } from './watch-turns.ts'

function setup() {
  const clock = new VirtualClock()
  const turns = new WatchTurns(clock, () => clock.now())
  const written: Buffer[] = []
  const watcher = (...pieces: Buffer[]) => turns.ask(join => written.push(join(pieces)))
  return { clock, written, watcher }
}

test('after a quiet time watches write at once, after a turn a little later and together', async () => {
  const { clock, written, watcher } = setup()
  watcher(Buffer.from('a'))
  await setImmediate()
  assert.equal(written.length, 1)
  watcher(Buffer.from('b'))
  watcher(Buffer.from('c'))
  await setImmediate()
  assert.equal(written.length, 1)
  await clock.advance(2)
  assert.deepEqual(written.map(String), ['a', 'b', 'c'])
  await clock.advance(10)
  watcher(Buffer.from('d'))
  await setImmediate()
  assert.equal(written.length, 4)
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
