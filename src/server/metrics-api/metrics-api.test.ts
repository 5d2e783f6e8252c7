import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Pod } from '../../api/core/pod.ts'
import { VirtualClock } from '../../base/virtual-clock.ts'
import { podMetrics } from './answer.ts'
import { NodeFigures } from './figures.ts'
import { type NodePoints, type Point, readPoints, useBetween } from './points.ts'

describe('what a kubelet counts', () => {
  it('is read with its labels and times', () => {
    const text = `# HELP node_cpu_usage_seconds_total Cumulative
# TYPE node_cpu_usage_seconds_total counter
node_cpu_usage_seconds_total 12.5 1700000000123
node_memory_working_set_bytes 1.048576e+06 1700000000123
container_cpu_usage_seconds_total{container="a",namespace="x",pod="p"} 2
container_memory_working_set_bytes{container="a",namespace="x",pod="p"} 4096
container_start_time_seconds{container="a",namespace="x",pod="p"} 1.6999e+09
container_cpu_usage_seconds_total{pod="q",note="a \\"b\\", c=d",namespace="x",container="half"} 2
pod_cpu_usage_seconds_total{namespace="x",pod="p"} 9
`
    const { node, pods } = readPoints(text, 42)
    assert.deepEqual(node, { timeMs: 1_700_000_000_123, cpuSeconds: 12.5, memoryBytes: 1_048_576 })
    assert.deepEqual(pods.get('x/p')?.get('a'), { timeMs: 42, cpuSeconds: 2, memoryBytes: 4096, startMs: 1_699_900_000_000 })
    assert.deepEqual([...(pods.get('x/q') ?? [])], [])
    assert.equal(readPoints('node_cpu_usage_seconds_total 1\n', 0).node, undefined)
  })

  it('tells what was used between two looks, or since a start', () => {
    const point = (timeMs: number, cpuSeconds: number, startMs?: number): Point => ({
      timeMs,
      cpuSeconds,
      memoryBytes: 7,
      ...(startMs !== undefined && { startMs }),
    })
    const cases: readonly (readonly [string, Point | undefined, Point, readonly [windowMs: number, cores: number] | undefined])[] = [
      ['two looks', point(1000, 1), point(3000, 2), [2000, 0.5]],
      ['the first, of which no start is known', undefined, point(3000, 2), undefined],
      ['the first since its start', undefined, point(3000, 2, 1000), [2000, 1]],
      ['started anew between', point(1000, 9), point(3000, 1, 2000), [1000, 1]],
      ['a counter that began anew', point(1000, 9), point(3000, 1), undefined],
      ['the same look', point(3000, 2), point(3000, 2), undefined],
      ['just started', undefined, point(3000, 0, 2900), undefined],
    ]
    for (const [what, before, after, expected] of cases) {
      const use = useBetween(before, after)
      assert.deepEqual(use && [use.windowMs, use.cpuCores, use.memoryBytes], expected && [...expected, 7], what)
    }
  })
})

describe('the figures of nodes', () => {
  const points = (timeMs: number): NodePoints => ({ node: { timeMs, cpuSeconds: 0, memoryBytes: 0 }, pods: new Map() })
  function world(isThere = () => true) {
    const clock = new VirtualClock()
    const reads: number[] = []
    const begin = clock.now()
    const figures = new NodeFigures(async () => {
      reads.push(clock.now() - begin)
      return isThere() ? points(clock.now()) : undefined
    }, clock)
    /** How far apart the looks are. */
    const ask = async () => {
      const asked = Promise.all([figures.of('n'), figures.of('n')])
      await clock.advance(1000)
      const [looks] = await asked
      return looks && (looks.after.node?.timeMs ?? 0) - (looks.before.node?.timeMs ?? 0)
    }
    return { clock, reads, ask }
  }

  it('take two looks at first, one from then on, and none while they are fresh', async () => {
    const { clock, reads, ask } = world()
    assert.equal(await ask(), 1000)
    assert.deepEqual(reads, [0, 1000])
    await clock.advance(10_000)
    assert.equal(await ask(), 1000)
    assert.equal(reads.length, 2)
    await clock.advance(5000)
    assert.equal(await ask(), 16_000)
    assert.equal(reads.length, 3)
    await clock.advance(100_000)
    assert.equal(reads.length, 3, 'nobody asks, nobody looks')
    assert.equal(await ask(), 1000)
    assert.equal(reads.length, 5)
  })
  it('are not there while the kubelet is not, which is asked again after a while', async () => {
    let isThere = false
    const { clock, reads, ask } = world(() => isThere)
    assert.equal(await ask(), undefined)
    isThere = true
    assert.equal(await ask(), undefined)
    assert.equal(reads.length, 1)
    await clock.advance(15_000)
    assert.equal(await ask(), 1000)
  })
})

it('a pod has figures when all of its containers have, of the time of the earliest', () => {
  const pod = { metadata: { namespace: 'x', name: 'p', labels: { app: 'a' } }, spec: {} } as unknown as Pod
  const look = (timeMs: number, cpuSeconds: number, ...names: readonly string[]): NodePoints => {
    const containers = names.map((name, i) => [name, { timeMs: timeMs - i * 100, cpuSeconds, memoryBytes: 1024 ** 2 }] as const)
    return { node: undefined, pods: new Map([['x/p', new Map(containers)]]) }
  }
  const metrics = podMetrics(pod, { before: look(10_000, 1, 'a', 'b'), after: look(20_000, 1.5, 'a', 'b') }, 'now')
  assert.deepEqual(metrics, {
    apiVersion: 'metrics.k8s.io/v1beta1',
    kind: 'PodMetrics',
    metadata: { name: 'p', namespace: 'x', creationTimestamp: 'now', labels: { app: 'a' } },
    timestamp: '1970-01-01T00:00:19Z',
    window: '10s',
    containers: [
      { name: 'a', usage: { cpu: '50m', memory: '1Mi' } },
      { name: 'b', usage: { cpu: '50m', memory: '1Mi' } },
    ],
  })
  assert.equal(podMetrics(pod, { before: look(10_000, 1, 'a'), after: look(20_000, 1.5, 'a', 'b') }, 'now'), undefined)
})
