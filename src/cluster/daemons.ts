// The processes of a cluster that are ours: its control plane, and an agent in every node. Each gets its configuration as a file and is
// known by a record in the run directory; when that is lost, by the configuration file among its arguments.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { formatIp, parseCidr } from '../base/cidr.ts'
import { type DaemonRecord, isAlive, readProcess, startDaemon, terminate } from '../platform/process.ts'
import type { AgentConfig } from './agent-config.ts'
import type { ControlPlaneConfig } from './control-plane-config.ts'
import { type ClusterLayout, clusterLayout, containerdSocketInNode, nodeLayout, type Roots } from './layout.ts'
import type { StartedNode } from './node.ts'
import type { ClusterPlan, NodePlan } from './plan.ts'

/** What the daemons are run from. */
export interface Programs {
  /** The Node.js executable. */
  readonly node: string
  readonly controlPlane: string
  readonly agent: string
}

const anyAddress = '0.0.0.0'

/** The URL in kubeconfigs. */
export function serverUrl(plan: ClusterPlan): string {
  return `https://${plan.apiServerAddress === anyAddress ? '127.0.0.1' : plan.apiServerAddress}:${plan.apiServerPort}`
}

export function controlPlaneConfig(cluster: ClusterLayout, plan: ClusterPlan): ControlPlaneConfig {
  // One port for both: the plan chose it because nothing listens on it, on whatever address.
  const port = plan.apiServerPort
  const outside = { host: plan.apiServerAddress, port }
  const inside = { host: plan.gateway, port }
  const covered = outside.host === anyAddress || outside.host === inside.host
  return {
    cluster: plan.name,
    pkiDir: cluster.pki,
    storeDir: cluster.store,
    logsDir: cluster.logs,
    addresses: covered ? [outside] : [outside, inside],
    advertise: inside,
    serviceCidr: plan.serviceSubnet,
    issuer: 'https://kubernetes.default.svc.cluster.local',
    ...(plan.apiServer && { apiServer: plan.apiServer }),
  }
}

/** The names and addresses that the API server's certificate must have, beside those that every cluster's has. */
export function apiServerNames(plan: ClusterPlan): string[] {
  const services = parseCidr(plan.serviceSubnet)
  const firstService = services === undefined ? [] : [formatIp(services.base + 1)]
  const hosts = plan.nodes.filter(node => node.role === 'control-plane').flatMap(node => [node.name, node.address])
  return [plan.gateway, plan.apiServerAddress, ...firstService, ...hosts]
}

export function agentConfig(roots: Roots, plan: ClusterPlan, node: NodePlan): AgentConfig {
  const cluster = clusterLayout(roots, plan.name)
  return {
    cluster: plan.name,
    nodeName: node.name,
    nodeIp: node.address,
    podCidr: node.podCidr,
    role: node.role,
    // Those of the configuration are set by the administrator: a node may not give itself all of them.
    labels: {},
    taints: isReserved(plan, node) ? [{ key: 'node-role.kubernetes.io/control-plane', effect: 'NoSchedule' }] : [],
    server: `https://${plan.gateway}:${plan.apiServerPort}`,
    pkiDir: cluster.pki,
    containerdSocket: containerdSocketInNode,
    cgroupRoot: nodeLayout(cluster, node).cgroup,
    podSubnet: plan.podSubnet,
    serviceSubnet: plan.serviceSubnet,
    runsProxy: plan.kubeProxy,
    logsDir: cluster.logs,
    ...(node.role === 'control-plane' && { controlPlane: { pidFile: cluster.controlPlanePid, logsDir: cluster.logs } }),
  }
}

/** As with kind, ordinary pods keep off the control plane's node where there are others. */
function isReserved(plan: ClusterPlan, node: NodePlan): boolean {
  return node.role === 'control-plane' && plan.nodes.some(other => other.role === 'worker')
}

/** Starts the control plane, or leaves the running one. */
export function startControlPlane(roots: Roots, plan: ClusterPlan, programs: Programs): Promise<DaemonRecord> {
  const cluster = clusterLayout(roots, plan.name)
  const words = [programs.node, ...controlPlaneFlags, programs.controlPlane]
  return start(
    roots,
    words,
    cluster.controlPlaneConfig,
    controlPlaneConfig(cluster, plan),
    cluster.controlPlanePid,
    cluster.controlPlaneLog,
  )
}

/** Starts the node's agent, or leaves the running one. */
export function startAgent(roots: Roots, plan: ClusterPlan, { node, enter }: StartedNode, programs: Programs): Promise<DaemonRecord> {
  const layout = nodeLayout(clusterLayout(roots, plan.name), node)
  const words = [...enter, programs.node, ...agentFlags, programs.agent]
  return start(roots, words, layout.agentConfig, agentConfig(roots, plan, node), layout.agentPid, layout.agentLog)
}

/** Ends the control plane: in order, or, when its store is not wanted any more, at once. */
export async function stopControlPlane(cluster: ClusterLayout, graceMs: number): Promise<void> {
  const recorded = liveDaemon(cluster.controlPlanePid)
  const found = recorded === undefined ? processesWithArgument(cluster.controlPlaneConfig) : [recorded]
  await Promise.all(found.map(record => terminate(record, graceMs)))
  rmSync(cluster.controlPlanePid, { force: true })
}

/** The daemon of a record file, if it runs. */
export function liveDaemon(pidFile: string): DaemonRecord | undefined {
  try {
    const record = JSON.parse(readFileSync(pidFile, 'utf8')) as DaemonRecord
    return isAlive(record) ? record : undefined
  } catch (error) {
    if (error instanceof SyntaxError || (error instanceof Error && 'code' in error && error.code === 'ENOENT')) return undefined
    throw error
  }
}

async function start(roots: Roots, words: readonly string[], file: string, config: object, pidFile: string, logFile: string) {
  const running = liveDaemon(pidFile)
  if (running !== undefined) return running
  for (const dir of [dirname(file), dirname(pidFile)]) mkdirSync(dir, { recursive: true })
  writeFileSync(file, `${JSON.stringify(config, null, 2)}\n`, { mode: 0o600 })
  const [cmd = '', ...args] = [...words, '--config', file]
  const record = await startDaemon({ cmd, args, logFile, env: daemonEnv(process.env, join(roots.home, 'cache', 'compiled')) })
  writeFileSync(pidFile, JSON.stringify(record))
  return record
}

/** Room for the garbage of many requests a second; at rest it costs a few megabytes. */
const controlPlaneFlags = ['--max-semi-space-size=16', '--disable-warning=ExperimentalWarning']
/** An agent has little to do and should be small: about 74 MiB instead of 82. */
const agentFlags = ['--max-semi-space-size=1', '--optimize-for-size', '--max-old-space-size=256', '--disable-warning=ExperimentalWarning']

/** Without what is meant for the command that starts them. */
export function daemonEnv(env: NodeJS.ProcessEnv, cacheDir: string): NodeJS.ProcessEnv {
  const { NODE_OPTIONS, NODE_TEST_CONTEXT, NODE_V8_COVERAGE, KUBECONFIG, ...rest } = env
  // One arena: glibc otherwise keeps free memory apart for every thread. And what is large has pages of its own, which go back when it is
  // freed: among the bytes of stored objects it would leave holes (a tenth of a busy server's memory).
  return { ...rest, NODE_COMPILE_CACHE: cacheDir, MALLOC_ARENA_MAX: '1', MALLOC_MMAP_THRESHOLD_: String(4 << 20) }
}

function processesWithArgument(argument: string): DaemonRecord[] {
  return readdirSync('/proc').flatMap(name => {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) return []
    try {
      if (!readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0').includes(argument)) return []
    } catch {
      return []
    }
    return readProcess(Number(name)) ?? []
  })
}
