import assert from 'node:assert/strict'
import { Writable } from 'node:stream'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { VirtualClock } from '../../base/virtual-clock.ts'
import type { WatchItem } from '../call.ts'
import { watchStream } from './watch-stream.ts'

const item = {} as WatchItem

/** A reader that takes what it is given only when told to. */
function slowReader() {
  const taken: string[] = []
  let take = () => {}
  const output = new Writable({
    highWaterMark: 10,
    write(chunk: Buffer, _encoding, done) {
      taken.push(chunk.toString())
      take = done
    },
  })
  return { output, taken, take: () => take() }
}

test('a reader that falls behind is cut off, but not for the size of what its watch began with', async () => {
  const { output, taken, take } = slowReader()
  const sizes = [500, 30, 30, 50]
  const sink = watchStream(
    output,
    new VirtualClock(),
    () => Buffer.alloc(sizes.shift() ?? 0, 'x'),
    () => Buffer.from('error'),
    100,
  )
  // More than may wait, at once.
  assert.equal(sink.write([item]), true)
  await setImmediate()
  assert.equal(sink.write([item]), true)
  assert.equal(sink.write([item]), true)
  take()
  await setImmediate()
  assert.deepEqual(
    taken.map(text => text.length),
    [500, 60],
  )
  assert.equal(sink.write([item]), true)
  sizes.push(500)
  assert.equal(sink.write([item]), false)
  sink.end()
  assert.ok(output.destroyed)
})

test('an end waits for what was written, and tells why', async () => {
  const { output, taken, take } = slowReader()
  const sink = watchStream(
    output,
    new VirtualClock(),
    items => Buffer.from('a'.repeat(items.length * 10)),
    () => Buffer.from('error'),
  )
  // More than the stream takes at once: the first is on its way when the watch ends.
  sink.write([item, item])
  await setImmediate()
  sink.write([item])
  sink.end(new Error('x'))
  for (let i = 0; i < 3; i++) {
    take()
    await setImmediate()
  }
  assert.deepEqual([taken.join(''), output.writableFinished], [`${'a'.repeat(30)}error`, true])
})

test('a reader that never takes the last of it is not waited for', async () => {
  const clock = new VirtualClock()
  const { output } = slowReader()
  const sink = watchStream(
    output,
    clock,
    () => Buffer.alloc(30),
    () => Buffer.from('error'),
  )
  sink.write([item])
  await setImmediate()
  sink.end()
  assert.equal(output.destroyed, false)
  await clock.advance(5_000)
  assert.equal(output.destroyed, true)
})
