import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import * as files from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, describe, it } from 'node:test'
import type { Pod } from '../../api/core/pod.ts'
import { VirtualClock } from '../../base/virtual-clock.ts'
import { kubeletConfig } from '../config.ts'
import { localPod } from '../mirror/local-pod.ts'
import { podLabels } from '../pod/names.ts'
import type { ContainerStats } from '../runtime/cri-observed.ts'
import { FakeRuntime } from '../runtime/fake-runtime.ts'
import type { Runtime } from '../runtime/runtime.ts'
import type { ServedPods } from '../served-pods.ts'
import { container } from '../test-kubelet.ts'
import { cgroupUsage } from './cgroup-usage.ts'
import { parseNetworkDevices } from './filesystems.ts'
import { Rates } from './rates.ts'
import { resourceMetrics } from './resource-metrics.ts'
import { Summaries } from './summary.ts'
import { usageNow } from './usage.ts'

const dir = mkdtempSync(join(tmpdir(), 'kubelet-stats-test-'))
after(() => rmSync(dir, { recursive: true, force: true }))

function put(base: string, contents: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(contents)) {
    mkdirSync(dirname(join(base, path)), { recursive: true })
    writeFileSync(join(base, path), text)
  }
}

const memoryStat =
  'cache 1\ninactive_file 11\ntotal_inactive_file 3000\ntotal_rss 4000\ntotal_pgfault 7\ntotal_pgmajfault 2\ntotal_swap 5\n'
const version1 = (cgroup: string, cpu = 'cpuacct', nanoSeconds = 2_500_000_000) => ({
  [`${cpu}${cgroup}/cpuacct.usage`]: `${nanoSeconds}\n`,
  [`memory${cgroup}/memory.usage_in_bytes`]: '10000\n',
  [`memory${cgroup}/memory.limit_in_bytes`]: '9223372036854771712\n',
  [`memory${cgroup}/memory.stat`]: memoryStat,
})

describe('the use of a cgroup', () => {
  const memory = { usageBytes: 10_000, workingSetBytes: 7000, rssBytes: 4000, pageFaults: 7, majorPageFaults: 2, swapBytes: 5 }
  it('by version 2', async () => {
    const mount = join(dir, 'v2')
    put(mount, {
      'a/cpu.stat': 'usage_usec 2500000\nuser_usec 1\n',
      'a/memory.current': '10000\n',
      'a/memory.max': '20000\n',
      'a/memory.swap.current': '5\n',
      'a/memory.stat': 'anon 4000\ninactive_file 3000\npgfault 7\npgmajfault 2\n',
    })
    assert.deepEqual(await cgroupUsage(files, mount, '/a'), { cpuNanoSeconds: 2_500_000_000, memory: { ...memory, limitBytes: 20_000 } })
    writeFileSync(join(mount, 'a/memory.max'), 'max\n')
    assert.equal((await cgroupUsage(files, mount, '/a'))?.memory.limitBytes, undefined)
    assert.equal(await cgroupUsage(files, mount, '/none'), undefined)
  })
  it('by version 1, whatever the folder of its controller is called', async () => {
    for (const cpu of ['cpuacct', 'cpu,cpuacct']) {
      const mount = join(dir, `v1-${cpu}`)
      put(mount, version1('/a', cpu))
      assert.deepEqual(await cgroupUsage(files, mount, '/a'), {
        cpuNanoSeconds: 2_500_000_000,
        memory: { ...memory, limitBytes: undefined },
      })
    }
  })
})

it('a rate needs two looks a while apart, and begins anew with its counter', () => {
  const rates = new Rates()
  const look = (timeMs: number, nanoSeconds: number) => rates.renew(new Map([['a', { timeMs, nanoSeconds }]])).get('a')
  assert.equal(look(0, 100), undefined)
  assert.equal(look(500, 200), undefined)
  assert.equal(look(2000, 2100), 1000)
  assert.equal(look(2500, 9999), 1000)
  assert.equal(look(4000, 2100), 0)
  assert.equal(look(6000, 50), undefined)
  rates.renew(new Map())
  assert.equal(look(9000, 5000), undefined)
})

it('devices of the network are told without the one that leads nowhere', () => {
  const text =
    'Inter-|   Receive\n face |bytes packets\n    lo: 1 2 3 0 0 0 0 0 1 2 3 0 0 0 0 0\n  eth0:10 2 3 0 0 0 0 0 40 5 6 0 0 0 0 0\n'
  assert.deepEqual(parseNetworkDevices(text), [{ name: 'eth0', rxBytes: 10, rxErrors: 3, txBytes: 40, txErrors: 6 }])
})

describe('what a kubelet tells of use', () => {
  const clock = new VirtualClock(Date.UTC(2026, 0, 1))
  const startedAt = '2025-12-31T23:59:00Z'
  const bare: Pod = localPod({ metadata: { name: 'web' }, spec: { containers: [container('app')] } }, 'n', 'node', 0)
  const { uid, namespace, name } = bare.metadata
  const containerStatus = { name: 'app', containerID: 'containerd://c1', state: { running: { startedAt } } }
  const pod = { ...bare, status: { ...bare.status, startTime: startedAt, containerStatuses: [containerStatus] } } as unknown as Pod
  const labels = { ...podLabels({ uid, namespace, name }), 'io.kubernetes.container.name': 'app' }
  let used = 1e9

  const value = (n: number) => ({ value: n })
  const at = () => ({ timestampMs: clock.now() })
  const counted = (id: string): ContainerStats => ({
    attributes: { id, metadata: { name: 'app', attempt: 0 }, labels, annotations: {} },
    cpu: { ...at(), usageCoreNanoSeconds: value(used) },
    memory: { ...at(), workingSetBytes: value(4096) },
    writableLayer: { ...at(), usedBytes: value(300), inodesUsed: value(3) },
  })
  const eth0 = { name: 'eth0', rxBytes: value(1), rxErrors: value(2), txBytes: value(3), txErrors: value(4) }
  const attributes = { id: 's', metadata: { name, namespace, uid, attempt: 0 }, labels, annotations: {} }
  const linux = {
    network: { ...at(), defaultInterface: eth0, interfaces: [] },
    process: { ...at(), processCount: value(5) },
    containers: [],
  }
  const counting: Pick<Runtime, 'listContainerStats' | 'listPodSandboxStats'> = {
    listContainerStats: async () => [counted('c1'), counted('dead')],
    listPodSandboxStats: async () => [{ attributes, linux }],
  }
  const mount = join(dir, 'node')
  put(mount, version1('/node'))
  put(mount, version1(`/node/kubepods/besteffort/pod${uid}`, 'cpuacct', 1_500_000_000))
  put(join(dir, 'logs'), { [`${namespace}_${name}_${uid}/app/0.log`]: 'said\n' })
  const pods: Pick<ServedPods, 'list'> = { list: () => [pod] }
  const config = kubeletConfig({
    nodeName: 'n',
    nodeIp: '127.0.0.1',
    cgroupRoot: '/node',
    cgroupMount: mount,
    rootDir: dir,
    podLogDir: join(dir, 'logs'),
  })
  const source = { runtime: Object.assign(new FakeRuntime({ clock }), counting) as Runtime, pods: pods as ServedPods, files, clock, config }

  it('as metrics of resources', async () => {
    const text = resourceMetrics(await usageNow(source))
    const lines = text.split('\n').filter(line => line !== '' && !line.startsWith('#'))
    const at = clock.now()
    assert.deepEqual(lines, [
      `container_cpu_usage_seconds_total{container="app",namespace="default",pod="${name}"} 1 ${at}`,
      `container_memory_working_set_bytes{container="app",namespace="default",pod="${name}"} 4096 ${at}`,
      `container_start_time_seconds{container="app",namespace="default",pod="${name}"} ${Date.parse(startedAt) / 1000}`,
      `node_cpu_usage_seconds_total 2.5 ${at}`,
      `node_memory_working_set_bytes 7000 ${at}`,
      `node_swap_usage_bytes 5 ${at}`,
      `pod_cpu_usage_seconds_total{namespace="default",pod="${name}"} 1.5 ${at}`,
      `pod_memory_working_set_bytes{namespace="default",pod="${name}"} 7000 ${at}`,
      `pod_swap_usage_bytes{namespace="default",pod="${name}"} 5 ${at}`,
      'resource_scrape_error 0',
    ])
  })

  it('as a summary, with rates from the second on', async () => {
    const summaries = new Summaries(source, 1_000_000)
    await summaries.summary()
    await clock.advance(10_000)
    used += 5e9
    // biome-ignore lint/suspicious/noExplicitAny: the test looks into JSON.
    const summary = (await summaries.summary()) as any
    assert.deepEqual(summary.node.cpu, { time: '2026-01-01T00:00:10Z', usageNanoCores: 0, usageCoreNanoSeconds: 2_500_000_000 })
    assert.deepEqual([summary.node.nodeName, summary.node.memory.availableBytes, summary.node.memory.workingSetBytes], ['n', 993_000, 7000])
    assert.ok(summary.node.fs.capacityBytes > summary.node.fs.availableBytes)
    const [told] = summary.pods
    assert.deepEqual(told.podRef, { name, namespace, uid })
    assert.deepEqual(told.network.interfaces, [{ name: 'eth0', rxBytes: 1, rxErrors: 2, txBytes: 3, txErrors: 4 }])
    assert.deepEqual(told.process_stats, { process_count: 5 })
    const [app, ...others] = told.containers
    assert.deepEqual([app.name, app.startTime, others], ['app', startedAt, []])
    assert.deepEqual([app.cpu.usageNanoCores, app.cpu.usageCoreNanoSeconds], [500_000_000, 6_000_000_000])
    assert.deepEqual([app.rootfs.usedBytes, app.logs.inodesUsed], [300, 1])
    assert.ok(told['ephemeral-storage'].usedBytes > 300)
  })
})
