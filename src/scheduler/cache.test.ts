import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Cache } from './cache.ts'
import { nodeInfoOf } from './node-info.ts'
import { sampleNode, samplePod } from './samples.ts'

test('snapshots stay as they were, and share what has not changed', () => {
  const cache = new Cache()
  for (const name of ['a', 'b']) cache.setNode(sampleNode(name))
  const before = cache.snapshot()
  assert.equal(cache.snapshot(), before)
  cache.assume(samplePod('p', {}, { cpu: '1' }), 'a')
  const after = cache.snapshot()
  assert.equal(before.get('a')?.requested.cpu, 0)
  assert.equal(after.get('a')?.requested.cpu, 1000)
  assert.equal(after.get('b'), before.get('b'))
})

test('nodes of different zones take turns', () => {
  const cache = new Cache()
  for (const [name, zone] of [
    ['a1', 'a'],
    ['a2', 'a'],
    ['a3', 'a'],
    ['b1', 'b'],
  ])
    cache.setNode(sampleNode(name!, { labels: { 'topology.kubernetes.io/zone': zone! } }))
  assert.deepEqual(
    cache.snapshot().nodes.map(node => node.name),
    ['a1', 'b1', 'a2', 'a3'],
  )
})

test('an assumed pod counts until it is seen, forgotten or late', () => {
  const cache = new Cache()
  cache.setNode(sampleNode('a'))
  const [seen, late, failed] = ['seen', 'late', 'failed'].map(name => samplePod(name, {}, { cpu: '1' }))
  for (const pod of [seen!, late!, failed!]) cache.assume(pod, 'a')
  cache.forget(failed!)
  cache.expectUntil(seen!, 10)
  cache.expectUntil(late!, 10)
  cache.setPod({ ...seen!, spec: { ...seen!.spec, nodeName: 'a' } })
  assert.equal(cache.isAssumed(seen!), false)
  assert.deepEqual(cache.expire(9), [])
  assert.deepEqual(cache.expire(10), [late])
  assert.equal(cache.snapshot().get('a')?.requested.cpu, 1000)
})

test('a pod that is to shrink counts with what it has until its node says that it has less', () => {
  const cache = new Cache()
  cache.setNode(sampleNode('a'))
  const pod = samplePod('p', { nodeName: 'a' }, { cpu: '1' })
  const [name = ''] = pod.spec.containers.map(c => c.name)
  const requested = (cpu: string) => {
    const containerStatuses = [{ name, image: 'i', imageID: '', ready: true, restartCount: 0, resources: { requests: { cpu } } }]
    cache.setPod({ ...pod, status: { ...pod.status, containerStatuses } })
    return cache.snapshot().get('a')?.requested.cpu
  }
  assert.deepEqual(['3', '2', '1'].map(requested), [3000, 2000, 1000])
})

test('the picture is that of all pods and nodes, in whatever order they came and went', () => {
  const step = fc.record({ verb: fc.constantFrom('node', 'gone', 'pod', 'pod', 'remove', 'snapshot'), n: fc.nat(2), p: fc.nat(5) })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), steps => {
      const cache = new Cache()
      const nodes = new Set<string>()
      const pods = new Map<string, ReturnType<typeof samplePod>>()
      for (const { verb, n, p } of steps) {
        const bound = samplePod(`p${p}`, { nodeName: `n${n}` }, { cpu: `${p}`, 'x.io/y': '1' })
        if (verb === 'node') {
          cache.setNode(sampleNode(`n${n}`))
          nodes.add(`n${n}`)
        } else if (verb === 'gone') {
          cache.removeNode(`n${n}`)
          nodes.delete(`n${n}`)
        } else if (verb === 'pod') {
          cache.setPod(bound)
          pods.set(bound.metadata.uid, bound)
        } else if (verb === 'remove') {
          cache.removePod(bound.metadata.uid)
          pods.delete(bound.metadata.uid)
        } else cache.snapshot()
      }
      const snapshot = cache.snapshot()
      assert.deepEqual(new Set(snapshot.nodes.map(node => node.name)), nodes)
      for (const name of nodes) {
        const expected = nodeInfoOf(
          sampleNode(name),
          [...pods.values()].filter(pod => pod.spec.nodeName === name),
        )
        const { requested, pods: found } = snapshot.get(name)!
        assert.equal(requested.cpu, expected.requested.cpu)
        assert.equal(requested.others.get('x.io/y') ?? 0, expected.requested.others.get('x.io/y') ?? 0)
        assert.deepEqual(new Set(found.map(pod => pod.metadata.name)), new Set(expected.pods.map(pod => pod.metadata.name)))
      }
    }),
  )
})
