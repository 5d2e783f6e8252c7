// A containerd store that holds the system images already. It is filled once by a containerd that runs for nothing else; a new node's
// store is a copy of it. An import waits for the disk some dozen times (0.2 s, and longer for several nodes at once), a copy does not.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { isAlive, run, startDaemon, terminate } from '../../platform/process.ts'
import { askGrpc } from '../grpc-probe.ts'
import { importOwnArchive } from './import.ts'

export interface Seed {
  /** The archive that went into it. */
  readonly archive: string
  readonly store: string
}

/** Finds the seed in `cacheDir`, or makes it. `runDir` takes the sockets of the containerd that does. */
export async function prepareSeed(cacheDir: string, runDir: string, archive: string): Promise<Seed> {
  const store = join(cacheDir, `store-${basename(archive, '.tar')}-${containerdIdentity()}`)
  if (existsSync(store)) return { archive, store }
  mkdirSync(cacheDir, { recursive: true })
  mkdirSync(runDir, { recursive: true })
  const work = mkdtempSync(join(cacheDir, 'making-'))
  const sockets = mkdtempSync(join(runDir, 'seed-'))
  try {
    await fill(work, sockets, archive)
    // Each containerd makes an identity of its own.
    rmSync(join(work, 'root', 'io.containerd.grpc.v1.introspection'), { recursive: true, force: true })
    // Someone else may have been faster: theirs is as good.
    if (!existsSync(store)) renameSync(join(work, 'root'), store)
  } finally {
    for (const dir of [work, sockets]) rmSync(dir, { recursive: true, force: true })
  }
  return { archive, store }
}

/** Fills a node's store that does not exist yet. The marker says which archive a store holds. */
export async function plantSeed(seed: Seed, store: string, markerFile: string): Promise<void> {
  if (existsSync(join(store, 'io.containerd.metadata.v1.bolt'))) return
  mkdirSync(store, { recursive: true })
  await run('cp', ['--archive', '--reflink=auto', `${seed.store}/.`, store])
  writeFileSync(markerFile, basename(seed.archive))
}

/** For a store of an earlier version: imports the archive when the marker names another one. */
export async function completeStore(seed: Seed, socket: string, markerFile: string): Promise<void> {
  const name = basename(seed.archive)
  if (existsSync(markerFile) && readFileSync(markerFile, 'utf8') === name) return
  await importOwnArchive(socket, seed.archive)
  writeFileSync(markerFile, name)
}

async function fill(work: string, sockets: string, archive: string): Promise<void> {
  const socket = join(sockets, 'containerd.sock')
  const config = join(work, 'containerd.toml')
  writeFileSync(
    config,
    `version = 2
root = "${join(work, 'root')}"
state = "${join(work, 'state')}"
disabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.internal.v1.opt", "io.containerd.snapshotter.v1.aufs",
  "io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.zfs"]
[grpc]
  address = "${socket}"
[ttrpc]
  address = "${socket}.ttrpc"
`,
  )
  const logFile = join(work, 'log')
  // Unpacking mounts; in a namespace of its own nothing of that can stay behind.
  const args = ['--mount', '--propagation', 'private', 'containerd', '--config', config]
  const daemon = await startDaemon({ cmd: 'unshare', args, logFile })
  try {
    for (
      const end = Date.now() + 30_000;
      !(existsSync(socket) && (await askGrpc(socket, '/containerd.services.version.v1.Version/Version', 2_000)));
    ) {
      if (!isAlive(daemon) || Date.now() > end) throw new Error(`containerd does not start: ${readFileSync(logFile, 'utf8').trim()}`)
      await delay(5)
    }
    await importOwnArchive(socket, archive)
  } finally {
    await terminate(daemon, 5_000)
  }
}

/** Changes with the program: another version may lay its store out in another way. */
function containerdIdentity(): string {
  const file = (process.env['PATH'] ?? '')
    .split(':')
    .map(dir => join(dir, 'containerd'))
    .find(existsSync)
  if (file === undefined) throw new Error('containerd is not installed')
  const { size, mtimeMs } = statSync(realpathSync(file))
  return `${size.toString(36)}-${Math.floor(mtimeMs).toString(36)}`
}
