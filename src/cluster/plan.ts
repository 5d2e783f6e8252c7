// Decides a cluster's names, addresses and ports from its configuration and from what this machine uses already. Pure: the plan is
// stored with the cluster, and every later step, teardown included, is told by it alone.
import { createHash } from 'node:crypto'
import { type Cidr, formatCidr, formatIp, overlap, parseCidr, sizeOf, subnet } from '../base/cidr.ts'
import type { ClusterConfig, ExtraMount, NodeRole, PortMapping } from './config.ts'
import type { ApiServerSettings } from './control-plane-config.ts'

export interface NodePlan {
  /** As kind names nodes: `<cluster>-control-plane`, `<cluster>-worker`, `<cluster>-worker2`. */
  readonly name: string
  readonly role: NodeRole
  readonly labels: Readonly<Record<string, string>>
  readonly address: string
  readonly podCidr: string
  /** The named network namespace. */
  readonly netns: string
  /** The host's end of the node's link. */
  readonly hostLink: string
  readonly extraMounts: readonly ExtraMount[]
  readonly extraPortMappings: readonly PortMapping[]
}

export interface ClusterPlan {
  readonly name: string
  /** The host's bridge; at most 15 characters, as every link. */
  readonly bridge: string
  /** The network of bridge and nodes, such as `172.30.0.0/24`. */
  readonly nodeSubnet: string
  /** The bridge's address on the host: the nodes' gateway. */
  readonly gateway: string
  readonly podSubnet: string
  readonly serviceSubnet: string
  readonly apiServerAddress: string
  readonly apiServerPort: number
  readonly disableDefaultCNI: boolean
  readonly kubeProxy: boolean
  readonly nodes: readonly NodePlan[]
  readonly apiServer?: ApiServerSettings
}

/** What is taken on this machine, by other clusters (also stopped ones) or by anyone else. */
export interface InUse {
  readonly subnets: readonly string[]
  readonly ports: readonly number[]
}

export type PlanResult = { readonly ok: true; readonly plan: ClusterPlan } | { readonly ok: false; readonly error: string }

const bridgeRange: Cidr = { base: 0xac1e0000, bits: 16 } // 172.30.0.0/16
const firstPodSubnet: Cidr = { base: 0x0af40000, bits: 16 } // 10.244.0.0/16, and on until 10.255.0.0/16
const podSubnetCount = 12
const firstPort = 6443
const podCidrBits = 24

export function planCluster(config: ClusterConfig, inUse: InUse): PlanResult {
  const taken = inUse.subnets.flatMap(text => parseCidr(text) ?? [])
  const serviceSubnet = parseCidr(config.networking.serviceSubnet)
  if (serviceSubnet === undefined) return refuse(`serviceSubnet ${config.networking.serviceSubnet} is not a network`)

  const nodeSubnet = firstFree(index => subnet(bridgeRange, 24, index), [...taken, serviceSubnet])
  if (nodeSubnet === undefined) return refuse(`no free network for nodes is left in ${formatCidr(bridgeRange)}`)
  if (config.nodes.length > sizeOf(nodeSubnet) - 3) return refuse(`${config.nodes.length} nodes do not fit into ${formatCidr(nodeSubnet)}`)

  const podSubnet = choosePodSubnet(config, taken, [nodeSubnet, serviceSubnet])
  if (typeof podSubnet === 'string') return refuse(podSubnet)

  const ports = new Set(inUse.ports)
  const clash = config.nodes.flatMap(node => node.extraPortMappings).find(mapping => mapping.hostPort !== 0 && ports.has(mapping.hostPort))
  if (clash !== undefined) return refuse(`hostPort ${clash.hostPort} is in use`)
  const apiServerPort = config.networking.apiServerPort
  if (ports.has(apiServerPort)) return refuse(`apiServerPort ${apiServerPort} is in use`)
  for (const { hostPort } of config.nodes.flatMap(node => node.extraPortMappings)) {
    if (hostPort !== 0 && hostPort === apiServerPort) return refuse(`hostPort ${hostPort} is the apiServerPort`)
    ports.add(hostPort)
  }
  const nextPort = (): number => {
    let port = firstPort
    while (ports.has(port)) port++
    ports.add(port)
    return port
  }
  const plan: ClusterPlan = {
    name: config.name,
    bridge: linkName('cox-', config.name),
    nodeSubnet: formatCidr(nodeSubnet),
    gateway: formatIp(nodeSubnet.base + 1),
    podSubnet: formatCidr(podSubnet),
    serviceSubnet: formatCidr(serviceSubnet),
    apiServerAddress: config.networking.apiServerAddress,
    apiServerPort: apiServerPort || nextPort(),
    disableDefaultCNI: config.networking.disableDefaultCNI,
    kubeProxy: config.networking.kubeProxy,
    ...(config.apiServer && { apiServer: config.apiServer }),
    nodes: nodeNames(config).map((name, index) => {
      const { role, labels, extraMounts, extraPortMappings } = config.nodes[index]!
      return {
        name,
        role,
        labels,
        address: formatIp(nodeSubnet.base + 2 + index),
        podCidr: formatCidr(subnet(podSubnet, podCidrBits, index)!),
        netns: `cox-${name}`,
        hostLink: linkName('cxn-', name),
        extraMounts,
        extraPortMappings: extraPortMappings.map(mapping => ({ ...mapping, hostPort: mapping.hostPort || nextPort() })),
      }
    }),
  }
  return { ok: true, plan }
}

/** What a cluster takes from the others, running or not. */
export function usedBy(plan: ClusterPlan): InUse {
  const hostPorts = plan.nodes.flatMap(node => node.extraPortMappings.map(mapping => mapping.hostPort))
  return { subnets: [plan.nodeSubnet, plan.podSubnet], ports: [plan.apiServerPort, ...hostPorts] }
}

function choosePodSubnet(config: ClusterConfig, taken: readonly Cidr[], own: readonly Cidr[]): Cidr | string {
  const { podSubnet } = config.networking
  if (podSubnet === undefined) {
    const free = firstFree(podSubnets, [...taken, ...own])
    return free ?? 'no free /16 for pods is left between 10.244.0.0 and 10.255.0.0; set networking.podSubnet'
  }
  const chosen = parseCidr(podSubnet)
  if (chosen === undefined) return `podSubnet ${podSubnet} is not a network`
  if (subnet(chosen, podCidrBits, config.nodes.length - 1) === undefined)
    return `podSubnet ${podSubnet} has no room for a /${podCidrBits} for each of ${config.nodes.length} nodes`
  const clash = [...taken, ...own].find(each => overlap(each, chosen))
  return clash === undefined ? chosen : `podSubnet ${podSubnet} overlaps ${formatCidr(clash)}, which is in use`
}

function podSubnets(index: number): Cidr | undefined {
  return index < podSubnetCount ? { ...firstPodSubnet, base: firstPodSubnet.base + index * sizeOf(firstPodSubnet) } : undefined
}

function firstFree(candidate: (index: number) => Cidr | undefined, taken: readonly Cidr[]): Cidr | undefined {
  for (let index = 0; ; index++) {
    const next = candidate(index)
    if (next === undefined || !taken.some(each => overlap(each, next))) return next
  }
}

function nodeNames(config: ClusterConfig): string[] {
  const counts = new Map<NodeRole, number>()
  return config.nodes.map(({ role }) => {
    const count = (counts.get(role) ?? 0) + 1
    counts.set(role, count)
    return `${config.name}-${role}${count === 1 ? '' : count}`
  })
}

/** A link's name may have 15 characters: the name itself where it fits, otherwise as much of it as is told apart by a digest. */
function linkName(prefix: string, name: string): string {
  if (prefix.length + name.length <= 15) return prefix + name
  return (
    prefix +
    createHash('sha256')
      .update(name)
      .digest('hex')
      .slice(0, 15 - prefix.length)
  )
}

const refuse = (error: string) => ({ ok: false, error }) as const
