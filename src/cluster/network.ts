// A cluster's network on this machine: one bridge, a network namespace and a link for each node, plain routes between their pods, and an
// nft table for what leaves the cluster or comes in by a mapped port. Everything has a name from the plan, so that set-up over leftovers
// and teardown of what is not there both work. What to do is computed as text; a handful of child processes carry it out.
import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseIp } from '../base/cidr.ts'
import { CommandError, run } from '../platform/process.ts'
import { readMounts } from './mounts.ts'
import type { ClusterPlan, NodePlan } from './plan.ts'

const netnsDir = '/run/netns'

/** What the kernel has already. */
export interface NetworkState {
  readonly links: ReadonlySet<string>
  readonly netns: ReadonlySet<string>
}

/** Brings up the bridge, the host's rules and these nodes. What exists is left as it is: running nodes are not disturbed. */
export async function createNetwork(plan: ClusterPlan, nodes: readonly NodePlan[] = plan.nodes): Promise<void> {
  const state = readNetworkState()
  for (const node of nodes) if (!state.netns.has(node.netns)) rmSync(join(netnsDir, node.netns), { force: true })
  writeFileSync('/proc/sys/net/ipv4/ip_forward', '1')
  await Promise.all([
    run('ip', ['-batch', '-'], { input: hostBatch(plan, nodes, state) }),
    run('nft', ['-f', '-'], { input: hostRules(plan) }),
  ])
  // Mapped ports are reached on the loopback address too, whose packets the kernel otherwise refuses to send out by a link.
  writeFileSync(`/proc/sys/net/ipv4/conf/${plan.bridge}/route_localnet`, '1')
  await Promise.all(
    nodes.map(node => run('nsenter', [`--net=${join(netnsDir, node.netns)}`, 'sh', '-c', nodeScript], { input: nodeBatch(plan, node) })),
  )
}

/** Takes a node's link and namespace away. Other nodes and the bridge stay. */
export async function deleteNodeNetwork(node: NodePlan): Promise<void> {
  await deleteLinks([node], [])
}

export async function deleteNetwork(plan: ClusterPlan): Promise<void> {
  await deleteLinks(plan.nodes, [plan.bridge])
  // Declared first, so that deleting is no error when it is not there.
  const table = `table ip ${tableName(plan)}`
  await run('nft', ['-f', '-'], { input: `${table} {}\ndelete ${table}\n` })
}

async function deleteLinks(nodes: readonly NodePlan[], bridges: readonly string[]): Promise<void> {
  const state = readNetworkState()
  const links = [...nodes.map(node => node.hostLink), ...bridges].filter(link => state.links.has(link))
  const spaces = nodes.map(node => node.netns)
  const batch = [
    ...links.map(link => `link delete ${link}`),
    ...spaces.filter(name => state.netns.has(name)).map(name => `netns delete ${name}`),
  ]
  // The kernel drops a link together with its peer's namespace: one that goes between our look and our command is no failure.
  if (batch.length > 0)
    await run('ip', ['-force', '-batch', '-'], { input: lines(batch) }).catch(error => {
      const left = readNetworkState()
      if (!(error instanceof CommandError) || links.some(link => left.links.has(link)) || spaces.some(name => left.netns.has(name)))
        throw error
    })
  for (const name of spaces) rmSync(join(netnsDir, name), { force: true })
}

export function readNetworkState(): NetworkState {
  const mounted = new Set(readMounts().flatMap(mount => (mount.type === 'nsfs' ? [mount.mountPoint] : [])))
  const named = existsSync(netnsDir) ? readdirSync(netnsDir) : []
  return {
    links: new Set(readdirSync('/sys/class/net')),
    netns: new Set(named.filter(name => mounted.has(join(netnsDir, name)) || mounted.has(join('/var/run/netns', name)))),
  }
}

/** For `ip -batch` on the host. */
export function hostBatch(plan: ClusterPlan, nodes: readonly NodePlan[], state: NetworkState): string {
  const { bridge } = plan
  const batch: string[] = []
  if (!state.links.has(bridge)) batch.push(`link add ${bridge} address ${mac(plan.gateway)} type bridge`)
  batch.push(`address replace ${plan.gateway}/${prefixLength(plan.nodeSubnet)} dev ${bridge}`, `link set ${bridge} up`)
  for (const node of nodes) {
    const hasSpace = state.netns.has(node.netns)
    const hasLink = state.links.has(node.hostLink)
    // A link without its namespace, or the other way round, is half of an earlier attempt.
    if (hasLink && !hasSpace) batch.push(`link delete ${node.hostLink}`)
    if (!hasSpace) batch.push(`netns add ${node.netns}`)
    if (!hasLink || !hasSpace)
      batch.push(`link add ${node.hostLink} type veth peer name eth0 address ${mac(node.address)} netns ${node.netns}`)
    batch.push(`link set ${node.hostLink} master ${bridge} up`, `route replace ${node.podCidr} via ${node.address} dev ${bridge}`)
  }
  return lines(batch)
}

const nodeScript = `
echo 1 >/proc/sys/net/ipv4/ip_forward
if [ -e /proc/sys/net/bridge/bridge-nf-call-iptables ]; then echo 1 >/proc/sys/net/bridge/bridge-nf-call-iptables; fi
exec ip -batch -
`

/** For `ip -batch` within the node's namespace. */
export function nodeBatch(plan: ClusterPlan, node: NodePlan): string {
  const others = plan.nodes.filter(other => other.name !== node.name)
  return lines([
    'link set lo up',
    `address replace ${node.address}/${prefixLength(plan.nodeSubnet)} dev eth0`,
    'link set eth0 up',
    `route replace default via ${plan.gateway} dev eth0`,
    ...others.map(other => `route replace ${other.podCidr} via ${other.address} dev eth0`),
  ])
}

/** For `nft -f`: replaces the cluster's table as a whole, in one transaction. */
export function hostRules(plan: ClusterPlan): string {
  const table = `table ip ${tableName(plan)}`
  const inside = `{ ${plan.nodeSubnet}, ${plan.podSubnet} }`
  const mappings = plan.nodes.flatMap(node =>
    node.extraPortMappings.map(({ listenAddress, protocol, hostPort, containerPort }) => {
      const local = listenAddress === '0.0.0.0' ? 'fib daddr type local' : `ip daddr ${listenAddress}`
      return `${local} ${protocol.toLowerCase()} dport ${hostPort} dnat to ${node.address}:${containerPort}`
    }),
  )
  return lines([
    `${table} {}`,
    `delete ${table}`,
    `${table} {`,
    'chain ports {',
    ...mappings,
    '}',
    'chain prerouting { type nat hook prerouting priority dstnat; jump ports; }',
    'chain output { type nat hook output priority -100; jump ports; }',
    'chain postrouting {',
    'type nat hook postrouting priority srcnat;',
    `oifname "${plan.bridge}" ip saddr 127.0.0.0/8 masquerade`,
    `oifname != "${plan.bridge}" ip saddr ${inside} ip daddr != ${inside} masquerade`,
    '}',
    '}',
  ])
}

const tableName = (plan: ClusterPlan) => `coxswain-${plan.name}`
const prefixLength = (cidr: string) => cidr.slice(cidr.indexOf('/') + 1)
const lines = (each: readonly string[]) => `${each.join('\n')}\n`

/** A locally administered address made of the IPv4 one: it stays the same when links come and go, so no neighbour entry turns stale. */
function mac(address: string): string {
  const digits = (parseIp(address) ?? 0).toString(16).padStart(8, '0')
  return `02:c0:${digits.match(/../g)?.join(':')}`
}
