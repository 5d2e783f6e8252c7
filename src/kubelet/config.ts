// What a kubelet is told about its node. Everything else it learns from the API server and from the runtime.
import type { Taint } from '../api/core/node.ts'

export interface KubeletConfig {
  readonly nodeName: string
  readonly nodeIp: string
  readonly podCidr?: string
  /** Volumes, token files, etc-hosts: `/var/lib/kubelet`. */
  readonly rootDir: string
  /** `/var/log/pods`, with one folder a pod. */
  readonly podLogDir: string
  /** `/var/log/containers`, with a link for every container log. */
  readonly containerLogDir: string
  /** Where the cgroup hierarchies are mounted: `/sys/fs/cgroup`. */
  readonly cgroupMount: string
  /** The cgroup above `kubepods`, such as `/coxswain/dev/dev-worker`. */
  readonly cgroupRoot: string
  readonly clusterDns: readonly string[]
  readonly clusterDomain: string
  readonly resolvConf: string
  readonly labels: Readonly<Record<string, string>>
  readonly taints: readonly Taint[]
  readonly maxPods: number
  readonly staticPodDir?: string
  readonly server?: ServerConfig
  /** Files in Docker's config.json form, read for every pull; the first credentials that fit are used. */
  readonly dockerConfigFiles: readonly string[]
  /** What is kept back from pods, by resource name. */
  readonly reserved: Readonly<Record<string, string>>
  readonly maxParallelPulls: number
  readonly containerLogMaxBytes: number
  readonly containerLogMaxFiles: number
  /** Percent of the disk at which unused images are removed, and down to which. 100 is never: images that were loaded cannot be pulled again. */
  readonly imageGcHighPercent: number
  readonly imageGcLowPercent: number
}

export interface ServerConfig {
  readonly address: string
  readonly port: number
  readonly certFile: string
  readonly keyFile: string
  readonly clientCaFile: string
}

/** Upstream's defaults, for whatever is not given. */
export function kubeletConfig(given: Partial<KubeletConfig> & Pick<KubeletConfig, 'nodeName' | 'nodeIp' | 'cgroupRoot'>): KubeletConfig {
  return {
    rootDir: '/var/lib/kubelet',
    podLogDir: '/var/log/pods',
    containerLogDir: '/var/log/containers',
    cgroupMount: '/sys/fs/cgroup',
    clusterDns: [],
    clusterDomain: 'cluster.local',
    resolvConf: '/etc/resolv.conf',
    labels: {},
    taints: [],
    maxPods: 110,
    dockerConfigFiles: [`${given.rootDir ?? '/var/lib/kubelet'}/config.json`],
    reserved: {},
    maxParallelPulls: 5,
    containerLogMaxBytes: 10 * 1024 * 1024,
    containerLogMaxFiles: 5,
    imageGcHighPercent: 100,
    imageGcLowPercent: 80,
    ...given,
  }
}
