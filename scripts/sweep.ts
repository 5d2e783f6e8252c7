// Removes everything that test runs left behind which have ended: clusters, processes, mounts and files below DIR/ct-PID directories.
// node scripts/sweep.ts DIR; its exit code is 1 when clusters or processes were left.
import { existsSync, globSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { Roots } from '../src/cluster/layout.ts'
import { deleteCluster } from '../src/cluster/lifecycle.ts'
import { readMounts } from '../src/cluster/mounts.ts'
import { Phases, silentProgress } from '../src/cluster/phases.ts'
import { readProcess, run, terminate } from '../src/platform/process.ts'

const dir = process.argv[2]
if (dir === undefined) {
  console.error('usage: node scripts/sweep.ts DIR')
  process.exit(2)
}
for (const name of readdirSync(dir)) {
  const pid = Number(/^ct-(\d+)$/.exec(name)?.[1])
  // A run that still goes on sweeps after itself. Ours has ended: its process is our parent.
  if (pid > 0 && (pid === process.ppid || readProcess(pid) === undefined)) await sweep(join(dir, name))
}

function report(what: string): void {
  console.error(`notice: the tests left ${what} behind; it is removed`)
  process.exitCode = 1
}

async function sweep(root: string): Promise<void> {
  const plans = globSync(join(root, '{,*/}home/clusters/*/cluster.json'))
  for (const file of plans) {
    const cluster = dirname(file)
    const home = dirname(dirname(cluster))
    const roots: Roots = { home, run: join(dirname(home), 'run') }
    report(`the cluster ${basename(cluster)}`)
    await deleteCluster({ roots, phases: new Phases(silentProgress, new AbortController().signal) }, basename(cluster))
  }
  for (const { pid, startTime } of processesNaming(root)) {
    report(`the process ${pid}`)
    await terminate({ pid, startTime }, 1_000)
  }
  const mounts = readMounts().filter(mount => mount.mountPoint.startsWith(`${root}/`))
  for (const { mountPoint } of mounts.reverse()) await run('umount', ['--lazy', mountPoint])
  rmSync(root, { recursive: true, force: true, maxRetries: 3 })
  if (existsSync(root)) throw new Error(`${root} cannot be removed`)
}

function processesNaming(path: string) {
  return readdirSync('/proc').flatMap(name => {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) return []
    try {
      return readFileSync(`/proc/${name}/cmdline`, 'utf8').includes(`${path}/`) ? (readProcess(Number(name)) ?? []) : []
    } catch {
      return []
    }
  })
}
