import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { seededRandom } from '../base/virtual-clock.ts'
import { Cache } from './cache.ts'
import { enoughNodes, findNode } from './cycle.ts'
import { defaultProfile } from './plugins/all.ts'
import { sampleNode, samplePod } from './samples.ts'

const profile = defaultProfile()

test('the search ends when enough nodes fit', () => {
  const rows: [number, number | undefined, number][] = [
    [50, undefined, 50],
    [99, 10, 99],
    [100, undefined, 100],
    [1000, undefined, 420],
    [5000, undefined, 500],
    [6000, undefined, 300],
    [1000, 50, 500],
    [1000, 100, 1000],
  ]
  for (const [count, percentage, expected] of rows) assert.equal(enoughNodes(count, percentage), expected, `${count} ${percentage}`)
})

test('the next search starts where the last one ended', () => {
  const cache = new Cache()
  for (let i = 0; i < 300; i++) cache.setNode(sampleNode(`n${i}`))
  const rotation = { next: 0 }
  const snapshot = cache.snapshot()
  const starts = [1, 2, 3].map(() => {
    findNode(samplePod('p'), snapshot, profile, rotation, seededRandom(1))
    return rotation.next
  })
  // 47 % of 300.
  assert.deepEqual(starts, [141, 282, 123])
})

test('equal nodes have equal chances', () => {
  const cache = new Cache()
  for (const name of ['a', 'b', 'c']) cache.setNode(sampleNode(name))
  const random = seededRandom(7)
  const counts: Record<string, number> = {}
  for (let i = 0; i < 900; i++) {
    const outcome = findNode(samplePod('p'), cache.snapshot(), profile, { next: i }, random)
    if (outcome.kind === 'placed') counts[outcome.node] = (counts[outcome.node] ?? 0) + 1
  }
  for (const name of ['a', 'b', 'c']) assert.ok(Math.abs((counts[name] ?? 0) - 300) < 60, JSON.stringify(counts))
})

test('no node is ever given more than it has, and nothing is turned down that fits', () => {
  const demand = fc.record({ cpu: fc.integer({ min: 0, max: 3000 }), memory: fc.integer({ min: 0, max: 8 }), leaves: fc.boolean() })
  const nodes = fc.array(
    fc.record({ cpu: fc.integer({ min: 1, max: 8 }), memory: fc.integer({ min: 1, max: 16 }), pods: fc.integer({ min: 1, max: 5 }) }),
    { minLength: 1, maxLength: 5 },
  )
  fc.assert(
    fc.property(nodes, fc.array(demand, { maxLength: 40 }), fc.integer(), (sizes, demands, seed) => {
      const cache = new Cache()
      const random = seededRandom(seed)
      for (const [i, { cpu, memory, pods }] of sizes.entries()) {
        cache.setNode(sampleNode(`n${i}`, { allocatable: { cpu: `${cpu}`, memory: `${memory}Gi`, pods: `${pods}` } }))
      }
      const free = sizes.map(({ cpu, memory, pods }) => ({ cpu: cpu * 1000, memory, pods }))
      const rotation = { next: 0 }
      for (const [i, { cpu, memory, leaves }] of demands.entries()) {
        const pod = samplePod(`p${i}`, {}, { cpu: `${cpu}m`, memory: `${memory}Gi` })
        const outcome = findNode(pod, cache.snapshot(), profile, rotation, random)
        if (outcome.kind === 'nowhere') {
          assert.ok(free.every(f => f.cpu < cpu || f.memory < memory || f.pods < 1))
          continue
        }
        cache.assume(pod, outcome.node)
        if (leaves) {
          cache.forget(pod)
          continue
        }
        const left = free[Number(outcome.node.slice(1))]!
        left.cpu -= cpu
        left.memory -= memory
        left.pods -= 1
        assert.ok(left.cpu >= 0 && left.memory >= 0 && left.pods >= 0)
      }
    }),
  )
})
