import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { defaultProfile } from './plugins/all.ts'
import { type Entry, SchedulingQueue } from './queue.ts'
import { sampleInfo, samplePod } from './samples.ts'

const profile = defaultProfile()
const newQueue = () => new SchedulingQueue([profile], () => profile)
const fit = new Set(['NodeResourcesFit'])

test('a pod that was turned down waits for an event that may help it', () => {
  const queue = newQueue()
  queue.set(samplePod('p', {}, { cpu: '3' }), 0)
  queue.fail(queue.pop(0)!, fit, 0)
  assert.equal(queue.pop(100_000), undefined)
  queue.observe({ kind: 'Node', actions: ['labels'], node: sampleInfo('n') }, 5000)
  queue.observe({ kind: 'Node', actions: ['add'], node: sampleInfo('n', { allocatable: { cpu: '2' } }) }, 5000)
  assert.equal(queue.counts.unschedulable, 1)
  queue.observe({ kind: 'Node', actions: ['add'], node: sampleInfo('n') }, 5000)
  assert.equal(queue.pop(5000)?.attempts, 2)
})

test('backoff doubles from 1 s to 10 s; an error sits it out, an event cuts it short when nobody else waits', () => {
  const queue = newQueue()
  queue.set(samplePod('p'), 0)
  let now = 0
  for (const backoffMs of [1000, 2000, 4000, 8000, 10_000, 10_000]) {
    queue.fail(queue.pop(now)!, new Set(), now)
    assert.equal(queue.nextDueMs, now + backoffMs)
    assert.equal(queue.pop(now + backoffMs - 1), undefined)
    now += backoffMs
  }
  queue.fail(queue.pop(now)!, fit, now)
  queue.observe({ kind: 'Pod/assigned', actions: ['delete'], pod: samplePod('o') }, now)
  assert.equal(queue.counts.backoff, 1)
  queue.set(samplePod('new'), now)
  assert.equal(queue.pop(now)?.pod.metadata.name, 'new')
  assert.equal(queue.pop(now)?.pod.metadata.name, 'p')
})

test('after five minutes a pod is tried again in any case', () => {
  const queue = newQueue()
  queue.set(samplePod('p'), 0)
  queue.fail(queue.pop(0)!, fit, 0)
  queue.flush(299_999)
  assert.equal(queue.counts.active, 0)
  queue.flush(300_000)
  assert.equal(queue.counts.active, 1)
})

test('a changed pod is tried again, a changed status is no change, a gated pod waits for its gates', () => {
  const queue = newQueue()
  const pod = samplePod('p', {}, { cpu: '3' })
  queue.set(pod, 0)
  queue.fail(queue.pop(0)!, fit, 0)
  queue.set({ ...pod, status: { ...pod.status, reason: 'x' } }, 2000)
  assert.equal(queue.counts.unschedulable, 1)
  queue.set(samplePod('p', {}, { cpu: '1' }), 2000)
  assert.equal(queue.counts.active, 1)
  queue.set(samplePod('g', { schedulingGates: [{ name: 'a' }] }), 0)
  assert.equal(queue.counts.gated, 1)
  queue.set(samplePod('g'), 1)
  assert.deepEqual([queue.counts.gated, queue.counts.active], [0, 2])
})

test('every pod is in one place, and none is lost', () => {
  const step = fc.record({
    verb: fc.constantFrom('set', 'set', 'pop', 'fail', 'error', 'bind', 'delete', 'event', 'flush', 'wait'),
    p: fc.nat(4),
    gated: fc.boolean(),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), steps => {
      const queue = newQueue()
      const wanted = new Set<string>()
      const out: Entry[] = []
      let now = 0
      for (const { verb, p, gated } of steps) {
        const pod = samplePod(`p${p}`, gated ? { schedulingGates: [{ name: 'a' }] } : {})
        const { uid } = pod.metadata
        if (verb === 'set') {
          queue.set(pod, now)
          wanted.add(uid)
        } else if (verb === 'pop') {
          const entry = queue.pop(now)
          if (entry) out.push(entry)
        } else if (verb === 'fail' || verb === 'error') {
          const entry = out.shift()
          if (entry) queue.fail(entry, verb === 'fail' ? fit : new Set(), now)
        } else if (verb === 'bind') {
          const entry = out.shift()
          if (entry) {
            queue.delete(entry.pod.metadata.uid)
            wanted.delete(entry.pod.metadata.uid)
          }
        } else if (verb === 'delete') {
          queue.delete(uid)
          wanted.delete(uid)
        } else if (verb === 'event') queue.observe({ kind: 'Pod/assigned', actions: ['delete'], pod }, now)
        else if (verb === 'flush') queue.flush(now)
        else now += 3000
        const total = Object.values(queue.counts).reduce((a, b) => a + b, 0)
        assert.equal(total, wanted.size)
        for (const one of wanted) assert.ok(queue.has(one))
      }
      // Whatever is neither gated nor out comes up in the end.
      queue.flush(now + 300_000)
      const { active, backoff } = queue.counts
      let popped = 0
      while (queue.pop(now + 600_000)) popped++
      assert.equal(popped, active + backoff)
      assert.equal(queue.counts.unschedulable, 0)
    }),
  )
})
