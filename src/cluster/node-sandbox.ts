// A node as its processes see it: a mount and a host-name namespace, kept by files in the run directory, beside the network namespace.
// At the standard places (/var/lib/kubelet, /run/containerd, ...) the node has directories of its own; the rest is the machine's.
// Teardown needs names only: it finds processes by cgroup, by namespace and by descent, so it also works when all of ours were killed.
import { existsSync, mkdirSync, readdirSync, readlinkSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { type ProcessStat, readProcess, run } from '../platform/process.ts'
import { cgroupProcesses, createCgroups, removeCgroups } from './cgroup.ts'
import type { ExtraMount } from './config.ts'
import type { ClusterLayout, NodeLayout } from './layout.ts'
import { fstabLine, readMounts } from './mounts.ts'
import { resolvConfSource } from './resolv-conf.ts'

/** Runs a command inside a node: put it in front of the command's own words. The process keeps the pid it was started with. */
export type Enter = readonly string[]

/** Makes the cluster's place for namespaces: a mount of its own that is private, as the kernel demands for keeping mount namespaces. */
export async function createNamespaceDir(cluster: ClusterLayout): Promise<void> {
  mkdirSync(cluster.nsDir, { recursive: true })
  if (readMounts().some(mount => mount.mountPoint === cluster.nsDir)) return
  await run('sh', ['-c', 'mount --bind "$1" "$1" && mount --make-private "$1"', 'sh', cluster.nsDir])
}

export async function deleteNamespaceDir(cluster: ClusterLayout): Promise<void> {
  await unmount([cluster.nsDir])
  rmSync(cluster.nsDir, { recursive: true, force: true })
}

/** Builds the namespaces, or leaves them when they stand. The network namespace must exist. */
export async function createSandbox(node: NodeLayout, extraMounts: readonly ExtraMount[]): Promise<Enter> {
  const joinFiles = createCgroups(node.cgroup)
  const stands = readMounts().some(mount => mount.mountPoint === node.mountNs && mount.type === 'nsfs')
  if (!stands || !existsSync(node.readyFile)) {
    await dropNamespaces(node)
    prepareDirectories(node, extraMounts)
    for (const file of [node.mountNs, node.utsNs]) writeFileSync(file, '')
    const args = [
      `--mount=${node.mountNs}`,
      `--uts=${node.utsNs}`,
      '--propagation',
      'slave',
      'sh',
      '-c',
      script,
      'sh',
      node.name,
      node.fstab,
      node.extraFstab,
    ]
    writeFileSync(node.fstab, ownMounts(node))
    writeFileSync(node.extraFstab, extraMountLines(extraMounts))
    await run('unshare', args)
    writeFileSync(node.enterScript, enterScript(node, joinFiles))
    writeFileSync(node.readyFile, '')
  }
  return enter(node)
}

/** Needs the sandbox to stand. The run directory may be on a file system that executes nothing, so a shell reads the script. */
export function enter(node: NodeLayout): Enter {
  return ['sh', node.enterScript]
}

/** Kills whatever runs in the node and takes its namespaces and cgroups away. Its directories stay. */
export async function deleteSandbox(node: NodeLayout): Promise<void> {
  rmSync(node.readyFile, { force: true })
  await killNodeProcesses(node)
  await dropNamespaces(node)
  const emptied = () => {
    // A process that was only on its way in when we looked has joined by now.
    for (const pid of cgroupProcesses(node.cgroup)) kill(pid)
    return removeCgroups(node.cgroup)
  }
  await until(emptied, `the cgroup ${node.cgroup} does not get empty`)
}

/**
 * Mounts made in the node are its own: its containers see them, the machine does not, while the machine's later mounts come in. The node's
 * directories are bound before that, so that a mount below one does not show up a second time below its source.
 * crun refuses hybrid machines while it sees the second version's hierarchy; nothing in a node needs it there.
 */
const script = `set -e
hostname "$1"
if mountpoint -q /sys/fs/cgroup/unified; then umount /sys/fs/cgroup/unified; fi
mount --all --fstab "$2"
mount --make-rshared /
if [ -s "$3" ]; then mount --all --fstab "$3"; fi
`

function ownMounts(node: NodeLayout): string {
  const resolvConf = resolvConfSource()
  const binds = resolvConf === undefined ? node.binds : [...node.binds, ['/etc/resolv.conf', resolvConf] as const]
  return binds.map(([inside, source]) => fstabLine(source, inside, ['bind'])).join('')
}

function extraMountLines(mounts: readonly ExtraMount[]): string {
  const propagation = { None: 'rprivate', HostToContainer: 'rslave', Bidirectional: 'rshared' } as const
  const options = (mount: ExtraMount) => ['rbind', ...(mount.readOnly ? ['ro'] : []), propagation[mount.propagation]]
  return mounts.map(mount => fstabLine(mount.hostPath, mount.containerPath, options(mount))).join('')
}

/** Mount points are directories of the machine: they are made where missing, and stay, since other clusters may be using them by now. */
function prepareDirectories(node: NodeLayout, extraMounts: readonly ExtraMount[]): void {
  mkdirSync(node.runDir, { recursive: true })
  for (const path of node.binds.flat()) mkdirSync(path, { recursive: true })
  for (const { hostPath, containerPath } of extraMounts) {
    if (!existsSync(hostPath)) mkdirSync(hostPath, { recursive: true })
    if (existsSync(containerPath)) continue
    if (statSync(hostPath).isDirectory()) mkdirSync(containerPath, { recursive: true })
    else {
      mkdirSync(dirname(containerPath), { recursive: true })
      writeFileSync(containerPath, '')
    }
  }
}

/** Joining the cgroup comes first, so that no process of the node is ever outside. */
function enterScript(node: NodeLayout, joinFiles: readonly string[]): string {
  const joins = joinFiles.map(file => `echo $$ >${file}\n`).join('')
  return `set -e\n${joins}exec nsenter --net=${node.netns} --mount=${node.mountNs} --uts=${node.utsNs} -- "$@"\n`
}

async function dropNamespaces(node: NodeLayout): Promise<void> {
  await unmount([node.mountNs, node.utsNs])
  for (const file of [node.mountNs, node.utsNs]) rmSync(file, { force: true })
}

async function unmount(paths: readonly string[]): Promise<void> {
  const mounted = readMounts().flatMap(mount => (paths.includes(mount.mountPoint) ? [mount.mountPoint] : []))
  if (mounted.length > 0) await run('umount', ['--lazy', ...mounted])
}

async function killNodeProcesses(node: NodeLayout): Promise<void> {
  const namespaces = new Set([node.netns, node.mountNs].flatMap(inode))
  const killAll = () => {
    const inCgroup = cgroupProcesses(node.cgroup)
    const doomed = nodeProcesses(processTable(), pid => inCgroup.has(pid) || isWithin(pid, namespaces))
    for (const { pid } of doomed) kill(pid)
    return doomed.length === 0
  }
  await until(killAll, `processes of ${node.name} do not end`)
}

/** Those that are the node's and all that descend from them, without ourselves and without zombies, which are gone but for their parents. */
export function nodeProcesses(table: readonly ProcessStat[], isOwn: (pid: number) => boolean, self = process.pid): ProcessStat[] {
  const byPid = new Map(table.map(each => [each.pid, each]))
  const verdicts = new Map<number, boolean>()
  const belongs = (pid: number): boolean => {
    const known = verdicts.get(pid)
    if (known !== undefined) return known
    const found = byPid.get(pid)
    verdicts.set(pid, false)
    const verdict = found !== undefined && pid !== self && (isOwn(pid) || belongs(found.parent))
    verdicts.set(pid, verdict)
    return verdict
  }
  return table.filter(each => each.state !== 'Z' && belongs(each.pid))
}

function processTable(): ProcessStat[] {
  return readdirSync('/proc').flatMap(name => (/^\d+$/.test(name) ? (readProcess(Number(name)) ?? []) : []))
}

function isWithin(pid: number, namespaces: ReadonlySet<string>): boolean {
  return ['net', 'mnt'].some(kind => {
    try {
      return namespaces.has(readlinkSync(`/proc/${pid}/ns/${kind}`).replace(/^\w+:\[(\d+)\]$/, '$1'))
    } catch {
      return false
    }
  })
}

/** The inode by which a namespace is known; none where nothing is mounted on the file. */
function inode(file: string): string[] {
  const mounted = readMounts().some(mount => mount.type === 'nsfs' && mount.mountPoint === file)
  return mounted ? [String(statSync(file).ino)] : []
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
  }
}

async function until(done: () => boolean, problem: string): Promise<void> {
  for (const end = Date.now() + 10_000; !done(); await delay(5)) if (Date.now() > end) throw new Error(problem)
}
