// A node's containerd: its configuration (version 2) and CNI network, its start inside the node, and the wait until CRI answers.
// Within the node everything is at containerd's usual places, so the usual tools find it there without being told.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { type DaemonRecord, isAlive, startDaemon, terminate } from '../platform/process.ts'
import { askGrpc } from './grpc-probe.ts'
import { pauseImageName } from './images/pause.ts'
import { containerdSocketInNode, type NodeLayout, registryDirInNode } from './layout.ts'
import type { Enter } from './node-sandbox.ts'
import type { ClusterPlan, NodePlan } from './plan.ts'

/** What this machine allows, as far as containerd must be told. */
export interface HostAbilities {
  /** Without CAP_SYS_RESOURCE no process can be given a lower oom_score_adj than our own. */
  readonly sysResource: boolean
  readonly appArmor: boolean
  readonly cniBinDir: string
}

export function readHostAbilities(): HostAbilities {
  const capabilities = BigInt(`0x${/^CapEff:\s*(\S+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0'}`)
  const capSysResource = 24n
  return {
    sysResource: ((capabilities >> capSysResource) & 1n) === 1n,
    appArmor: existsSync('/sys/kernel/security/apparmor/profiles'),
    cniBinDir: ['/usr/lib/cni', '/opt/cni/bin'].find(dir => existsSync(join(dir, 'bridge'))) ?? '/opt/cni/bin',
  }
}

export function containerdConfig(host: HostAbilities): string {
  return `version = 2
root = "/var/lib/containerd"
state = "/run/containerd"
oom_score = 0
disabled_plugins = [
  "io.containerd.snapshotter.v1.aufs",
  "io.containerd.snapshotter.v1.btrfs",
  "io.containerd.snapshotter.v1.devmapper",
  "io.containerd.snapshotter.v1.zfs",
  "io.containerd.tracing.processor.v1.otlp",
  "io.containerd.internal.v1.tracing",
]

[grpc]
  address = "${containerdSocketInNode}"

[ttrpc]
  address = "${containerdSocketInNode}.ttrpc"

[plugins."io.containerd.internal.v1.opt"]
  path = "/var/lib/containerd/opt"

[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${pauseImageName}"
  max_container_log_line_size = 16384
  netns_mounts_under_state_dir = true
  stream_server_address = "127.0.0.1"
  stream_server_port = "0"
  restrict_oom_score_adj = ${!host.sysResource}
  disable_apparmor = ${!host.appArmor}

  [plugins."io.containerd.grpc.v1.cri".containerd]
    default_runtime_name = "runc"
    snapshotter = "overlayfs"

    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"

      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
        SystemdCgroup = false

  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "${host.cniBinDir}"
    conf_dir = "/etc/cni/net.d"

  [plugins."io.containerd.grpc.v1.cri".registry]
    config_path = "${registryDirInNode}"
`
}

/** The pod network of a node: a bridge, addresses from the node's pod CIDR. Masquerading is the cluster's (`network.ts`), not the bridge's. */
export function cniNetwork(podCidr: string): string {
  const ipam = { type: 'host-local', ranges: [[{ subnet: podCidr }]], routes: [{ dst: '0.0.0.0/0' }] }
  const bridge = { type: 'bridge', bridge: 'cni0', isGateway: true, ipMasq: false, hairpinMode: true, ipam }
  return `${JSON.stringify({ cniVersion: '0.4.0', name: 'coxswain', plugins: [bridge, { type: 'portmap', capabilities: { portMappings: true } }] }, null, 2)}\n`
}

/** Starts containerd, or leaves the running one, and returns when CRI answers. Fails with the end of its log when it ends first. */
export async function startContainerd(
  plan: ClusterPlan,
  node: NodePlan,
  layout: NodeLayout,
  enter: Enter,
  timeoutMs = 30_000,
): Promise<DaemonRecord> {
  const running = readRecord(layout)
  if (running !== undefined) {
    await untilReady(layout, running, timeoutMs)
    return running
  }
  mkdirSync(layout.cniConfDir, { recursive: true })
  writeFileSync(layout.containerdConfig, containerdConfig(readHostAbilities()))
  const cniFile = join(layout.cniConfDir, '10-coxswain.conflist')
  if (plan.disableDefaultCNI) rmSync(cniFile, { force: true })
  else writeFileSync(cniFile, cniNetwork(node.podCidr))

  // A socket left over from a killed containerd would only be an address that nobody answers.
  rmSync(layout.containerdSocket, { force: true })
  const [cmd = 'containerd', ...words] = [...enter, 'containerd', '--config', layout.containerdConfig]
  const record = await startDaemon({ cmd, args: words, logFile: layout.containerdLog })
  mkdirSync(dirname(layout.containerdPid), { recursive: true })
  writeFileSync(layout.containerdPid, JSON.stringify(record))
  await untilReady(layout, record, timeoutMs)
  return record
}

/** Ends containerd. Its containers go on: their shims do not depend on it. */
export async function stopContainerd(layout: NodeLayout): Promise<void> {
  const record = readRecord(layout)
  if (record !== undefined) await terminate(record, 5_000)
  rmSync(layout.containerdPid, { force: true })
}

function readRecord(layout: NodeLayout): DaemonRecord | undefined {
  if (!existsSync(layout.containerdPid)) return undefined
  try {
    const record = JSON.parse(readFileSync(layout.containerdPid, 'utf8')) as DaemonRecord
    return isAlive(record) ? record : undefined
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

async function untilReady(layout: NodeLayout, record: DaemonRecord, timeoutMs: number): Promise<void> {
  const end = Date.now() + timeoutMs
  for (;;) {
    if (existsSync(layout.containerdSocket) && (await askGrpc(layout.containerdSocket, '/runtime.v1.RuntimeService/Version', 2_000))) return
    const dead = !isAlive(record)
    if (dead || Date.now() > end)
      throw new Error(
        `containerd of ${layout.name} ${dead ? 'ended' : `does not answer after ${timeoutMs} ms`}: ${logEnd(layout.containerdLog)}`,
      )
    await delay(5)
  }
}

function logEnd(file: string): string {
  return existsSync(file) ? readFileSync(file, 'utf8').trimEnd().split('\n').slice(-3).join('\n') : 'it wrote no log'
}
