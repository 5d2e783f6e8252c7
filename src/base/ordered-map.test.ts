import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { OrderedMap } from './ordered-map.ts'
import { seededRandom } from './virtual-clock.ts'

/** What an ordered map must be: a sorted list of entries. */
class Model {
  entries: [string, number][] = []

  set(key: string, value: number): number | undefined {
    const found = this.entries.find(([k]) => k === key)
    const previous = found?.[1]
    if (found) found[1] = value
    else this.entries.push([key, value])
    this.entries.sort(([a], [b]) => (a < b ? -1 : 1))
    return previous
  }

  delete(key: string): number | undefined {
    const at = this.entries.findIndex(([k]) => k === key)
    return at < 0 ? undefined : this.entries.splice(at, 1)[0]![1]
  }

  within(start: string, end: string): [string, number][] {
    return this.entries.filter(([k]) => k >= start && k < end)
  }
}

function assertSame(map: OrderedMap<number>, model: Model, start: string, end: string, limit: number): void {
  const expected = model.within(start, end)
  const values = expected.map(([, value]) => value)
  assert.equal(map.size, model.entries.length)
  assert.deepEqual([...map.entries(start, end)], expected)
  assert.deepEqual(map.slice(start, end), values)
  assert.deepEqual(map.slice(start, end, limit), values.slice(0, limit))
  assert.equal(map.count(start, end), expected.length)
  assert.equal(map.get(start), model.entries.find(([k]) => k === start)?.[1])
  assert.equal(map.floor(start), model.entries.filter(([k]) => k <= start).at(-1)?.[1])
}

describe('an ordered map', () => {
  it('behaves as a sorted list under any operations', () => {
    const key = fc.string({ maxLength: 3 })
    const operation = fc.record({ remove: fc.boolean(), key, value: fc.nat() })
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 200 }), key, key, fc.nat({ max: 20 }), (operations, a, b, limit) => {
        const map = new OrderedMap<number>()
        const model = new Model()
        for (const { remove, key, value } of operations) {
          if (remove) assert.equal(map.delete(key), model.delete(key))
          else assert.equal(map.set(key, value), model.set(key, value))
        }
        assertSame(map, model, a, b, limit)
      }),
    )
  })

  it('splits and joins its chunks without losing order', () => {
    const random = seededRandom(7)
    const map = new OrderedMap<number>()
    const model = new Map<string, number>()
    const key = () => `/registry/pods/default/pod-${Math.floor(random() * 20_000)}`
    for (const shareOfDeletes of [0.1, 0.9, 0.5]) {
      for (let i = 0; i < 30_000; i++) {
        const k = key()
        if (random() < shareOfDeletes) {
          assert.equal(map.delete(k), model.get(k))
          model.delete(k)
        } else {
          assert.equal(map.set(k, i), model.get(k))
          model.set(k, i)
        }
      }
      const sorted = [...model].sort(([a], [b]) => (a < b ? -1 : 1))
      assert.deepEqual([...map.entries('', '\uffff')], sorted)
      const [start, end] = [key(), key()].sort() as [string, string]
      const within = sorted.filter(([k]) => k >= start && k < end).map(([, v]) => v)
      assert.equal(map.count(start, end), within.length)
      assert.deepEqual(map.slice(start, end), within)
      assert.deepEqual(map.slice(start, end, 700), within.slice(0, 700))
    }
    for (const k of model.keys()) map.delete(k)
    assert.equal(map.size, 0)
    assert.deepEqual(map.slice('', '\uffff'), [])
  })

  it('finds nothing in an empty or inverted range', () => {
    const map = new OrderedMap<number>()
    assert.equal(map.count('a', 'b'), 0)
    map.set('a', 1)
    assert.equal(map.count('b', 'a'), 0)
    assert.deepEqual(map.slice('b', 'a'), [])
    assert.deepEqual(map.slice('a', 'a'), [])
  })
})
