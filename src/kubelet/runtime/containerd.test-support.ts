// A containerd of its own for one test file: private root, state and socket, an image made of busybox, no network plugins.
import { execFileSync, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { pack } from 'tar-stream'

const busybox = '/bin/busybox'
export const testImage = 'docker.io/library/coxswain-test:1'

/** Why there can be none here; `false` if there can. */
export function whyNoContainerd(): string | false {
  if (process.getuid?.() !== 0) return 'containerd needs root'
  for (const path of ['/usr/bin/containerd', '/usr/bin/ctr', busybox]) if (!existsSync(path)) return `${path} is not installed`
  return false
}

export interface TestContainerd {
  readonly socketPath: string
  readonly directory: string
  stop(): Promise<void>
}

export async function startContainerd(): Promise<TestContainerd> {
  const directory = await mkdtemp(join(tmpdir(), 'containerd-'))
  const socketPath = join(directory, 'run.sock')
  await writeFile(join(directory, 'config.toml'), config(directory, socketPath))
  const daemon = spawn('/usr/bin/containerd', ['--config', join(directory, 'config.toml')], { stdio: ['ignore', 'ignore', 'pipe'] })
  let log = ''
  daemon.stderr.on('data', chunk => (log = (log + chunk).slice(-20_000)))
  const exited = once(daemon, 'exit')
  const ctr = (...args: string[]) =>
    execFileSync('/usr/bin/ctr', ['--address', socketPath, '--namespace', 'k8s.io', ...args], { stdio: 'pipe' })
  for (let i = 0; ; i++) {
    if (existsSync(socketPath)) break
    if (i > 200 || daemon.exitCode !== null) throw new Error(`containerd does not come up: ${log}`)
    await sleep(50)
  }
  await writeFile(join(directory, 'image.tar'), await imageArchive())
  ctr('images', 'import', join(directory, 'image.tar'))
  return {
    socketPath,
    directory,
    async stop() {
      daemon.kill('SIGTERM')
      await exited
      await rm(directory, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

function config(directory: string, socketPath: string): string {
  return `version = 2
root = "${directory}/root"
state = "${directory}/state"
disabled_plugins = ["io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.zfs", "io.containerd.snapshotter.v1.aufs",
  "io.containerd.snapshotter.v1.devmapper", "io.containerd.tracing.processor.v1.otlp", "io.containerd.internal.v1.tracing"]
[grpc]
address = "${socketPath}"
[ttrpc]
address = "${socketPath}.ttrpc"
[plugins."io.containerd.internal.v1.opt"]
path = "${directory}/opt"
[plugins."io.containerd.grpc.v1.cri"]
sandbox_image = "${testImage}"
restrict_oom_score_adj = true
disable_apparmor = true
netns_mounts_under_state_dir = true
stream_server_address = "127.0.0.1"
stream_server_port = "0"
[plugins."io.containerd.grpc.v1.cri".cni]
bin_dir = "${directory}/cni/bin"
conf_dir = "${directory}/cni/net.d"
`
}

/** One layer with busybox and links for its applets, in the form of \`docker save\`. */
async function imageArchive(): Promise<Buffer> {
  const layer = await tar([
    ...['bin', 'etc', 'tmp', 'root'].map(name => ({ name, type: 'directory' as const })),
    { name: 'bin/busybox', mode: 0o755, body: readFileSync(busybox) },
    ...['sh', 'cat', 'sleep', 'stty', 'true', 'nc', 'echo'].map(name => ({
      name: `bin/${name}`,
      type: 'symlink' as const,
      linkname: 'busybox',
    })),
    { name: 'etc/passwd', body: Buffer.from('root:x:0:0:root:/root:/bin/sh\n') },
  ])
  const digest = createHash('sha256').update(layer).digest('hex')
  const image = {
    architecture: process.arch === 'arm64' ? 'arm64' : 'amd64',
    os: 'linux',
    config: { Env: ['PATH=/bin'], Cmd: ['/bin/sleep', '2147483647'] },
    rootfs: { type: 'layers', diff_ids: [`sha256:${digest}`] },
  }
  const manifest = [{ Config: 'config.json', RepoTags: [testImage], Layers: ['layer.tar'] }]
  return tar([
    { name: 'layer.tar', body: layer },
    { name: 'config.json', body: Buffer.from(JSON.stringify(image)) },
    { name: 'manifest.json', body: Buffer.from(JSON.stringify(manifest)) },
  ])
}

interface TarEntry {
  readonly name: string
  readonly type?: 'directory' | 'symlink'
  readonly linkname?: string
  readonly mode?: number
  readonly body?: Buffer
}

async function tar(entries: readonly TarEntry[]): Promise<Buffer> {
  const archive = pack()
  for (const { body, ...header } of entries) archive.entry({ mtime: new Date(0), ...header }, body ?? Buffer.alloc(0))
  archive.finalize()
  return buffer(archive)
}
