import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { VirtualClock } from '../base/virtual-clock.ts'
import { WorkQueue } from './work-queue.ts'

const make = () => {
  const clock = new VirtualClock()
  return { clock, queue: new WorkQueue({ clock }) }
}

describe('WorkQueue', () => {
  it('holds a key once, in order of arrival', async () => {
    const { queue } = make()
    for (const key of ['a', 'b', 'a']) queue.add(key)
    assert.deepEqual([await queue.take(), await queue.take(), queue.length], ['a', 'b', 0])
  })

  it('does not give out a key that is being worked on, but once more after it', async () => {
    const { queue } = make()
    queue.add('a')
    await queue.take()
    queue.add('a')
    queue.add('a')
    assert.equal(queue.length, 0)
    queue.done('a')
    assert.equal(await queue.take(), 'a')
    queue.done('a')
    assert.ok(queue.isIdle)
  })

  it('serves who waited first', async () => {
    const { queue } = make()
    const [first, second] = [queue.take(), queue.take()]
    queue.add('a')
    queue.add('b')
    assert.deepEqual(await Promise.all([first, second]), ['a', 'b'])
  })

  it('adds later, by the earliest of several times', async () => {
    const { clock, queue } = make()
    queue.addAfter('a', 1000)
    queue.addAfter('a', 100)
    queue.addAfter('a', 500)
    await clock.advance(99)
    assert.equal(queue.length, 0)
    await clock.advance(1)
    assert.equal(await queue.take(), 'a')
    queue.done('a')
    await clock.advance(5000)
    assert.equal(queue.length, 0)
  })

  it('doubles the delay with every failure up to the most', () => {
    const { queue } = make()
    const delays = Array.from({ length: 20 }, () => queue.retry('a'))
    assert.deepEqual(delays.slice(0, 4), [5, 10, 20, 40])
    assert.equal(delays.at(-1), 1_000_000)
    queue.forget('a')
    assert.equal(queue.retry('a'), 5)
  })

  it('sends takers home when closed', async () => {
    const { queue } = make()
    const taken = queue.take()
    queue.addAfter('a', 10)
    queue.close()
    assert.equal(await taken, undefined)
    assert.ok(queue.isIdle)
  })
})
