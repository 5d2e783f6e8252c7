// How many pods a second the scheduler's pure cycle places on 1,000 and 5,000 nodes: snapshot, filter, score, assume.
import { seededRandom } from '../src/base/virtual-clock.ts'
import { Cache } from '../src/scheduler/cache.ts'
import { findNode } from '../src/scheduler/cycle.ts'
import { defaultProfile } from '../src/scheduler/plugins/all.ts'
import { sampleNode, samplePod } from '../src/scheduler/samples.ts'

const random = seededRandom(1)
for (const [nodes, count] of [
  [1000, 10_000],
  [5000, 10_000],
] as const) {
  const cache = new Cache()
  const profile = defaultProfile()
  for (let i = 0; i < nodes; i++) cache.setNode(sampleNode(`node-${i}`, { labels: { 'topology.kubernetes.io/zone': `zone-${i % 3}` } }))
  const pods = Array.from({ length: count }, (_, i) => samplePod(`pod-${i}`, {}, { cpu: '100m', memory: '128Mi' }))
  const rotation = { next: 0 }
  const used = new Set<string>()
  const slowest: number[] = []
  const start = performance.now()
  for (const pod of pods) {
    const begin = performance.now()
    const outcome = findNode(pod, cache.snapshot(), profile, rotation, random)
    if (outcome.kind !== 'placed') throw new Error('a pod found no node')
    cache.assume(pod, outcome.node)
    used.add(outcome.node)
    slowest.push(performance.now() - begin)
  }
  const seconds = (performance.now() - start) / 1000
  slowest.sort((a, b) => a - b)
  const at = (share: number) => slowest[Math.floor(share * (slowest.length - 1))]!.toFixed(2)
  console.log(`${nodes} nodes: ${Math.round(count / seconds)} pods/s, a cycle ${at(0.5)} ms (p99 ${at(0.99)} ms), ${used.size} nodes used`)
}
