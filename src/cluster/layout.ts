// Where a cluster's things are on disk. Names only: nothing here touches the disk.
import { join } from 'node:path'
import type { NodePlan } from './plan.ts'

/** `home` keeps what survives a reboot, `run` what does not. */
export interface Roots {
  readonly home: string
  readonly run: string
}

export function rootsFromEnv(env: NodeJS.ProcessEnv): Roots {
  return { home: env['COXSWAIN_HOME'] || '/var/lib/coxswain', run: env['COXSWAIN_RUN'] || '/run/coxswain' }
}

export interface ClusterLayout {
  readonly name: string
  readonly dir: string
  /** The stored plan. */
  readonly planFile: string
  readonly pki: string
  readonly store: string
  readonly logs: string
  /** What the control plane's process is told, what it is known by, and what it says outside its components' logs. */
  readonly controlPlaneConfig: string
  readonly controlPlanePid: string
  readonly controlPlaneLog: string
  /** `certs.d`-style folders with a `hosts.toml` each, for all nodes: how registries are reached. */
  readonly registry: string
  readonly runDir: string
  /** Holds the nodes' namespaces as files. A mount of its own, because a mount namespace can only be kept on a private one. */
  readonly nsDir: string
}

export function clusterLayout(roots: Roots, name: string): ClusterLayout {
  const dir = join(roots.home, 'clusters', name)
  const runDir = join(roots.run, name)
  return {
    name,
    dir,
    planFile: join(dir, 'cluster.json'),
    pki: join(dir, 'pki'),
    store: join(dir, 'store'),
    logs: join(dir, 'logs'),
    controlPlaneConfig: join(dir, 'control-plane.json'),
    controlPlanePid: join(runDir, 'control-plane.pid'),
    controlPlaneLog: join(dir, 'logs', 'control-plane.log'),
    registry: join(dir, 'registry'),
    runDir,
    nsDir: join(runDir, 'ns'),
  }
}

export interface NodeLayout {
  readonly name: string
  readonly dir: string
  readonly runDir: string
  readonly netns: string
  readonly mountNs: string
  readonly utsNs: string
  /** The mounts of the mount namespace: the node's directories, and those its configuration asks for. */
  readonly fstab: string
  readonly extraFstab: string
  /** Runs its arguments in the node. */
  readonly enterScript: string
  /** Exists when the mount namespace is complete. */
  readonly readyFile: string
  readonly cniConfDir: string
  readonly containerdConfig: string
  readonly containerdStore: string
  /** Names the archive of system images that the store holds. */
  readonly imageMarker: string
  readonly containerdPid: string
  readonly containerdLog: string
  readonly agentConfig: string
  readonly agentPid: string
  readonly agentLog: string
  /** As seen from the host; inside the node it is containerd's usual address too. */
  readonly containerdSocket: string
  /** Under every cgroup hierarchy: the node's `system` processes and `kubepods`. */
  readonly cgroup: string
  /** What the node sees at standard places: `[in the node, on the host]`. */
  readonly binds: readonly (readonly [inside: string, source: string])[]
}

/** Where kind's nodes have it too. */
export const registryDirInNode = '/etc/containerd/certs.d'
export const containerdSocketInNode = '/run/containerd/containerd.sock'

export function nodeLayout(cluster: ClusterLayout, node: Pick<NodePlan, 'name' | 'netns'>): NodeLayout {
  const dir = join(cluster.dir, 'nodes', node.name)
  const runDir = join(cluster.runDir, node.name)
  const cniConfDir = join(dir, 'cni', 'net.d')
  return {
    name: node.name,
    dir,
    runDir,
    netns: join('/run/netns', node.netns),
    mountNs: join(cluster.nsDir, `${node.name}.mnt`),
    utsNs: join(cluster.nsDir, `${node.name}.uts`),
    fstab: join(runDir, 'fstab'),
    extraFstab: join(runDir, 'fstab.extra'),
    enterScript: join(runDir, 'enter'),
    readyFile: join(runDir, 'sandbox.ready'),
    cniConfDir,
    containerdConfig: join(dir, 'containerd.toml'),
    containerdStore: join(dir, 'containerd'),
    imageMarker: join(dir, 'system-images'),
    containerdPid: join(runDir, 'containerd.pid'),
    containerdLog: join(cluster.logs, `${node.name}-containerd.log`),
    agentConfig: join(dir, 'agent.json'),
    agentPid: join(runDir, 'agent.pid'),
    agentLog: join(cluster.logs, `${node.name}-agent.log`),
    containerdSocket: join(runDir, 'containerd', 'containerd.sock'),
    cgroup: `/coxswain/${cluster.name}/${node.name}`,
    binds: [
      ['/etc/cni/net.d', cniConfDir],
      [registryDirInNode, cluster.registry],
      ['/etc/kubernetes', join(dir, 'kubernetes')],
      ['/run/containerd', join(runDir, 'containerd')],
      ['/var/lib/cni', join(dir, 'cni', 'state')],
      ['/var/lib/containerd', join(dir, 'containerd')],
      ['/var/lib/kubelet', join(dir, 'kubelet')],
      ['/var/log/containers', join(dir, 'log', 'containers')],
      ['/var/log/pods', join(dir, 'log', 'pods')],
    ],
  }
}
