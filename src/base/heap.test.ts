import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Heap } from './heap.ts'

test('entries come out in order, whatever was pushed, replaced and removed', () => {
  const step = fc.record({
    key: fc.integer({ min: 0, max: 15 }),
    rank: fc.integer({ min: 0, max: 9 }),
    verb: fc.constantFrom('push', 'push', 'remove', 'pop'),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), steps => {
      const heap = new Heap<{ key: string; rank: number }>(
        e => e.key,
        (a, b) => a.rank - b.rank,
      )
      const model = new Map<string, number>()
      for (const { key, rank, verb } of steps) {
        if (verb === 'push') {
          heap.push({ key: `${key}`, rank })
          model.set(`${key}`, rank)
        } else if (verb === 'remove') {
          assert.equal(heap.remove(`${key}`)?.rank, model.get(`${key}`))
          model.delete(`${key}`)
        } else {
          const popped = heap.pop()
          assert.equal(popped?.rank, model.size === 0 ? undefined : Math.min(...model.values()))
          if (popped) assert.ok(model.delete(popped.key))
        }
        assert.equal(heap.size, model.size)
      }
    }),
  )
})
