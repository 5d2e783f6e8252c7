import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import * as files from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import type { Pod } from '../api/core/pod.ts'
import { Cgroups } from './cgroups.ts'
import { localPod } from './mirror/local-pod.ts'
import { type KernelAmounts, unlimited } from './pod/container-resources.ts'
import { container } from './test-kubelet.ts'

it('what still runs in the cgroup of a pod that nobody knows is killed before the cgroup goes', async () => {
  const mount = mkdtempSync(join(tmpdir(), 'cgroups-'))
  try {
    writeFileSync(join(mount, 'cgroup.controllers'), 'cpu memory')
    const pod = join(mount, 'node', 'kubepods', 'besteffort', 'pod1234')
    mkdirSync(join(pod, 'orphan'), { recursive: true })
    writeFileSync(join(pod, 'orphan', 'cgroup.procs'), '41\n42\n0\n')
    const killed: number[] = []
    const removed: string[] = []
    // The kernel takes its own files away with the folder.
    const rmdir = async (path: string) => {
      removed.push(path)
      rmSync(path, { recursive: true })
    }
    const host = { files: { ...files, rmdir: rmdir as typeof files.rmdir }, kill: (pid: number) => void killed.push(pid) }
    const cgroups = await Cgroups.open(host, mount, '/node')
    await cgroups.removeOthers(new Set(['5678']))
    assert.deepEqual(killed, [41, 42])
    assert.deepEqual(removed, [join(pod, 'orphan'), pod])
  } finally {
    rmSync(mount, { recursive: true, force: true })
  }
})

describe('what the kernel grants a container', () => {
  const pod: Pod = localPod({ metadata: { name: 'p' }, spec: { containers: [container('app')] } }, 'n', 'node', 0)
  const rows: readonly (readonly [
    string,
    readonly string[],
    Readonly<Record<string, string>>,
    Partial<KernelAmounts>,
    number | undefined,
  ])[] = [
    [
      'version 1',
      ['cpu,cpuacct', 'memory'],
      {
        'cpu,cpuacct/cpu.shares': '512\n',
        'cpu,cpuacct/cpu.cfs_quota_us': '25000\n',
        'cpu,cpuacct/cpu.cfs_period_us': '50000\n',
        'memory/memory.limit_in_bytes': '1048576\n',
        'memory/memory.usage_in_bytes': '4096\n',
      },
      { shares: 512, quotaUs: 50_000, memoryBytes: 1_048_576 },
      4096,
    ],
    [
      'version 1 without limits',
      ['cpu', 'memory'],
      {
        'cpu/cpu.shares': '2',
        'cpu/cpu.cfs_quota_us': '-1',
        'cpu/cpu.cfs_period_us': '100000',
        'memory/memory.limit_in_bytes': '9223372036854771712',
      },
      { shares: 2, quotaUs: unlimited, memoryBytes: unlimited },
      undefined,
    ],
    [
      'version 2',
      [],
      { 'cpu.max': '50000 100000\n', 'memory.max': '4096\n', 'memory.current': '1' },
      { quotaUs: 50_000, memoryBytes: 4096 },
      1,
    ],
    [
      'version 2 without limits',
      [],
      { 'cpu.max': 'max 100000\n', 'memory.max': 'max\n' },
      { quotaUs: unlimited, memoryBytes: unlimited },
      undefined,
    ],
    ['a cgroup that is not there', ['cpu', 'memory'], {}, {}, undefined],
  ]
  for (const [name, hierarchies, texts, amounts, usage] of rows)
    it(`by ${name}`, async () => {
      const mount = mkdtempSync(join(tmpdir(), 'cgroups-'))
      try {
        for (const hierarchy of hierarchies) mkdirSync(join(mount, hierarchy))
        if (hierarchies.length === 0) writeFileSync(join(mount, 'cgroup.controllers'), 'cpu memory')
        const cgroups = await Cgroups.open({ files, kill: () => {} }, mount, '/node')
        for (const [path, text] of Object.entries(texts)) {
          const [file = '', hierarchy = ''] = path.split('/').reverse()
          const folder = join(mount, hierarchy, 'node/kubepods/besteffort', `pod${pod.metadata.uid}`, 'c1')
          mkdirSync(folder, { recursive: true })
          writeFileSync(join(folder, file), text)
        }
        assert.deepEqual(await cgroups.amountsOf(pod, 'c1'), amounts)
        assert.equal(await cgroups.memoryUsage(pod, 'c1'), usage)
      } finally {
        rmSync(mount, { recursive: true, force: true })
      }
    })
})
