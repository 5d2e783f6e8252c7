import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import * as files from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { it } from 'node:test'
import { Cgroups } from './cgroups.ts'

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
