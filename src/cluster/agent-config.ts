// What a node agent is told: one JSON file, written by the cluster's commands. Paths are as the node sees them.
import type { Taint } from '../api/core/node.ts'

export interface AgentConfig {
  readonly cluster: string
  readonly nodeName: string
  readonly nodeIp: string
  readonly podCidr: string
  readonly role: 'control-plane' | 'worker'
  readonly labels: Readonly<Record<string, string>>
  /** Given at registration. */
  readonly taints: readonly Taint[]
  /** `https://host:port` of the API server. */
  readonly server: string
  /** Of `ensureClusterPki`: ca.crt, nodes/<name>/kubelet-client.*, kubelet-serving.*, kube-proxy.*. */
  readonly pkiDir: string
  /** unix socket path. */
  readonly containerdSocket: string
  /** `/coxswain/<cluster>/<node>`. */
  readonly cgroupRoot: string
  readonly podSubnet: string
  readonly serviceSubnet: string
  readonly runsProxy: boolean
  /** `<agent>.log` and `kube-proxy-<node>.log` are written here. */
  readonly logsDir: string
  /** On the control plane's node: the process whose components it shows as pods. */
  readonly controlPlane?: { readonly pidFile: string; readonly logsDir: string }
}
