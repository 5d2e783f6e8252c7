// The node's part of the cgroup tree, `/coxswain/<cluster>/<node>`, under every hierarchy that is mounted: version 1 has one for each
// controller, version 2 a single one, hybrid machines both. It is how a node's processes are found again when all else is lost.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type MountEntry, readMounts } from './mounts.ts'

export interface Hierarchy {
  readonly mountPoint: string
  readonly version: 1 | 2
  readonly cpuset: boolean
}

export function hierarchies(mounts: readonly MountEntry[] = readMounts()): readonly Hierarchy[] {
  return mounts.flatMap(({ mountPoint, type, superOptions }): Hierarchy[] => {
    if (type === 'cgroup2') return [{ mountPoint, version: 2, cpuset: false }]
    return type === 'cgroup' ? [{ mountPoint, version: 1, cpuset: superOptions.includes('cpuset') }] : []
  })
}

/** Makes `<path>` for children and `<path>/system` for the node's own processes, and answers the files a process joins by. */
export function createCgroups(path: string): string[] {
  return hierarchies().map(hierarchy => {
    const dir = join(hierarchy.mountPoint, path)
    const system = join(dir, 'system')
    mkdirSync(system, { recursive: true })
    const levels = ancestors(system, hierarchy.mountPoint)
    if (hierarchy.version === 2) for (const level of levels.slice(0, -1)) delegateControllers(level)
    if (hierarchy.cpuset) for (const level of levels.slice(1)) inheritCpuset(level)
    return join(system, 'cgroup.procs')
  })
}

/** All processes below the path, in any hierarchy. */
export function cgroupProcesses(path: string): Set<number> {
  const found = new Set<number>()
  for (const dir of cgroupDirs(path))
    for (const line of readOr(join(dir, 'cgroup.procs')).split('\n')) if (line !== '' && line !== '0') found.add(Number(line))
  return found
}

/** Removes the tree below the path, leaves first, and then parents that became empty. True when nothing is left; false while processes hold it. */
export function removeCgroups(path: string): boolean {
  for (const dir of cgroupDirs(path)) if (!tryRmdir(dir)) return false
  for (const { mountPoint } of hierarchies()) {
    for (let up = dirname(path); up !== '/'; up = dirname(up)) if (!tryRmdir(join(mountPoint, up))) break
  }
  return true
}

/** Deepest first. */
function cgroupDirs(path: string): string[] {
  const walk = (dir: string): string[] => [...childDirs(dir).flatMap(walk), dir]
  return hierarchies()
    .map(({ mountPoint }) => join(mountPoint, path))
    .filter(existsSync)
    .flatMap(walk)
}

function childDirs(dir: string): string[] {
  try {
    return readdirSync(dir, { withFileTypes: true }).flatMap(entry => (entry.isDirectory() ? [join(dir, entry.name)] : []))
  } catch {
    return []
  }
}

/** From the hierarchy's root down to `dir`. */
function ancestors(dir: string, root: string): string[] {
  return dir === root ? [root] : [...ancestors(dirname(dir), root), dir]
}

function delegateControllers(dir: string): void {
  const enabled = new Set(readOr(join(dir, 'cgroup.subtree_control')).trim().split(' '))
  const missing = readOr(join(dir, 'cgroup.controllers')).trim().split(' ')
  for (const controller of missing)
    if (controller !== '' && !enabled.has(controller)) writeFileSync(join(dir, 'cgroup.subtree_control'), `+${controller}`)
}

/** A new cpuset of version 1 is empty and takes no process until it has processors and memory. */
function inheritCpuset(dir: string): void {
  for (const name of ['cpuset.cpus', 'cpuset.mems']) {
    const file = join(dir, name)
    if (readOr(file).trim() === '') writeFileSync(file, readOr(join(dirname(dir), name)))
  }
}

function readOr(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}

function tryRmdir(dir: string): boolean {
  try {
    rmdirSync(dir)
    return true
  } catch {
    return !existsSync(dir)
  }
}
