// What a cgroup and all below it have used, from the kernel's files: version 2 has one folder, version 1 a folder for each controller.
import { join } from 'node:path'
import { noLimitBytes } from '../cgroups.ts'
import { type Files, readTextIfThere } from '../host.ts'

export interface CgroupUsage {
  readonly cpuNanoSeconds: number
  readonly memory: CgroupMemory
}
export interface CgroupMemory {
  readonly usageBytes: number
  /** Without the files' pages that nobody has used for long: what cannot be taken back easily. */
  readonly workingSetBytes: number
  readonly rssBytes: number
  readonly pageFaults: number
  readonly majorPageFaults: number
  readonly swapBytes: number
  /** Undefined where nothing limits it. */
  readonly limitBytes: number | undefined
}

/** Undefined where there is no such cgroup. `mount` is where the hierarchies are, such as `/sys/fs/cgroup`. */
export async function cgroupUsage(files: Files, mount: string, cgroup: string): Promise<CgroupUsage | undefined> {
  const read = (controller: string, file: string) => readTextIfThere(files, join(mount, controller, cgroup, file))
  return (await readVersion2(file => read('', file))) ?? readVersion1(read)
}

async function readVersion2(read: (file: string) => Promise<string | undefined>): Promise<CgroupUsage | undefined> {
  const cpu = await read('cpu.stat')
  const current = await read('memory.current')
  if (cpu === undefined || current === undefined) return undefined
  const [stat, limit, swap] = await Promise.all([read('memory.stat'), read('memory.max'), read('memory.swap.current')])
  const memory = figures(stat)
  return {
    cpuNanoSeconds: (figures(cpu).get('usage_usec') ?? 0) * 1000,
    memory: memoryOf(memory, Number(current), limit, {
      inactive: 'inactive_file',
      rss: 'anon',
      faults: 'pgfault',
      majorFaults: 'pgmajfault',
      swapBytes: Number(swap ?? 0),
    }),
  }
}

async function readVersion1(read: (controller: string, file: string) => Promise<string | undefined>): Promise<CgroupUsage | undefined> {
  const usage = (await read('cpuacct', 'cpuacct.usage')) ?? (await read('cpu,cpuacct', 'cpuacct.usage'))
  const current = await read('memory', 'memory.usage_in_bytes')
  if (usage === undefined || current === undefined) return undefined
  const memory = figures(await read('memory', 'memory.stat'))
  return {
    cpuNanoSeconds: Number(usage),
    memory: memoryOf(memory, Number(current), await read('memory', 'memory.limit_in_bytes'), {
      inactive: 'total_inactive_file',
      rss: 'total_rss',
      faults: 'total_pgfault',
      majorFaults: 'total_pgmajfault',
      swapBytes: memory.get('total_swap') ?? 0,
    }),
  }
}

interface Names {
  readonly inactive: string
  readonly rss: string
  readonly faults: string
  readonly majorFaults: string
  readonly swapBytes: number
}

function memoryOf(stat: ReadonlyMap<string, number>, usageBytes: number, limit: string | undefined, names: Names): CgroupMemory {
  const limitBytes = limit === undefined || limit.trim() === 'max' ? undefined : Number(limit)
  return {
    usageBytes,
    workingSetBytes: Math.max(0, usageBytes - (stat.get(names.inactive) ?? 0)),
    rssBytes: stat.get(names.rss) ?? 0,
    pageFaults: stat.get(names.faults) ?? 0,
    majorPageFaults: stat.get(names.majorFaults) ?? 0,
    swapBytes: names.swapBytes,
    limitBytes: limitBytes !== undefined && limitBytes < noLimitBytes ? limitBytes : undefined,
  }
}

/** Lines of a name and a number. */
function figures(text: string | undefined): ReadonlyMap<string, number> {
  const lines = (text ?? '').split('\n').map(line => line.split(' '))
  return new Map(lines.flatMap(([name, value]) => (name && value !== undefined ? [[name, Number(value)] as const] : [])))
}
