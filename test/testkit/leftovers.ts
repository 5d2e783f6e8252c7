// What a cluster leaves on the machine, asked of the kernel and not of the code that takes it down.
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { hierarchies } from '../../src/cluster/cgroup.ts'
import type { Roots } from '../../src/cluster/layout.ts'
import { clusterLayout } from '../../src/cluster/layout.ts'
import { readMounts } from '../../src/cluster/mounts.ts'
import type { ClusterPlan } from '../../src/cluster/plan.ts'
import { succeed } from './command.ts'

/** A line for each thing that is left of a cluster; none after it was deleted. */
export async function leftovers(roots: Roots, plan: ClusterPlan): Promise<string[]> {
  const { dir, runDir } = clusterLayout(roots, plan.name)
  const links = [plan.bridge, ...plan.nodes.map(node => node.hostLink)].filter(link => existsSync(`/sys/class/net/${link}`))
  const netns = plan.nodes.map(node => `/run/netns/${node.netns}`).filter(existsSync)
  const mounts = readMounts().filter(mount => [dir, runDir].some(path => `${mount.mountPoint}/`.startsWith(`${path}/`)))
  const cgroup = `/coxswain/${plan.name}`
  const cgroups = hierarchies().flatMap(({ mountPoint }) => (existsSync(join(mountPoint, cgroup)) ? [join(mountPoint, cgroup)] : []))
  const tables = (await succeed('nft', ['list', 'tables'])).split('\n').filter(line => line.endsWith(`coxswain-${plan.name}`))
  const files = [dir, runDir].filter(existsSync)
  return [
    ...links.map(each => `link ${each}`),
    ...netns.map(each => `network namespace ${each}`),
    ...mounts.map(({ mountPoint }) => `mount ${mountPoint}`),
    ...processes(pid => namesAny(pid, [`${dir}/`, `${runDir}/`]) || isInCgroup(pid, cgroup)),
    ...cgroups.map(each => `cgroup ${each}`),
    ...tables,
    ...files.map(each => `directory ${each}`),
  ]
}

function processes(isOurs: (pid: string) => boolean): string[] {
  return readdirSync('/proc').flatMap(pid => {
    if (!/^\d+$/.test(pid)) return []
    try {
      return isOurs(pid) ? [`process ${pid}: ${commandLine(pid)}`] : []
    } catch {
      // Gone meanwhile.
      return []
    }
  })
}

/** By its arguments or by its working directory. */
function namesAny(pid: string, paths: readonly string[]): boolean {
  const told = [commandLine(pid), `${readlinkSync(`/proc/${pid}/cwd`)}/`]
  return paths.some(path => told.some(text => text.includes(path)))
}

function isInCgroup(pid: string, path: string): boolean {
  return readFileSync(`/proc/${pid}/cgroup`, 'utf8')
    .split('\n')
    .some(line => `${line.slice(line.indexOf('/'))}/`.startsWith(`${path}/`))
}

const commandLine = (pid: string) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim()
