// The life of a cluster: created, stopped, started, deleted. The plan is stored before anything of it is made, and every step can be
// repeated, so that a start completes what an interrupted one left and a delete finds all of it by name.
import { existsSync, rmSync } from 'node:fs'
import { isDeepStrictEqual } from 'node:util'
import type { HttpClient } from '../client/http.ts'
import { claim } from '../platform/claim.ts'
import { ensureClusterPki } from '../platform/pki.ts'
import type { DaemonRecord } from '../platform/process.ts'
import { adminClient, untilServing } from './admin-client.ts'
import { inUse, readPlan, readPlans, writePlan } from './clusters.ts'
import type { ClusterConfig } from './config.ts'
import { apiServerNames, type Programs, startAgent, startControlPlane, stopControlPlane } from './daemons.ts'
import { type ClusterLayout, clusterLayout, nodeLayout, type Roots } from './layout.ts'
import { readNetworkState } from './network.ts'
import { deleteNodes, startNodes, stopNode, stopNodes } from './node.ts'
import type { Phases } from './phases.ts'
import { type ClusterPlan, type InUse, type NodePlan, planCluster, usedBy } from './plan.ts'
import { type Expectation, untilReady } from './readiness.ts'
import { untilRegistered } from './registration.ts'
import { clusterStatus } from './status.ts'

/** What every command on clusters is given. */
export interface Context {
  readonly roots: Roots
  readonly programs: Programs
  readonly phases: Phases
}

/** A command that cannot do what it is asked, through no fault of the machine's. */
export class ClusterError extends Error {
  override readonly name = 'ClusterError'
  readonly fix: string

  constructor(message: string, fix: string) {
    super(message)
    this.fix = fix
  }
}

const stopGraceMs = 10_000

/** Stores a new cluster's plan. What was chosen stays claimed until the answer's `release`, when it shows in the kernel's tables. */
export async function reserveCluster(roots: Roots, config: ClusterConfig): Promise<{ plan: ClusterPlan; release(): void }> {
  const taken: { subnets: string[]; ports: number[] } = { subnets: [], ports: [] }
  const plan = (): ClusterPlan => {
    const used = inUse(roots)
    const planned = planCluster(config, { subnets: [...used.subnets, ...taken.subnets], ports: [...used.ports, ...taken.ports] })
    if (!planned.ok) throw new ClusterError(planned.error, 'change it in the configuration, or free it')
    return planned.plan
  }
  for (;;) {
    const chosen = plan()
    refuseForeignCluster(chosen)
    const claims = await claimAll(usedBy(chosen), `creating cluster ${chosen.name}`)
    // Between our look and our claims someone else may have finished: only what is chosen again is really free.
    if (claims.taken === undefined && isDeepStrictEqual(plan(), chosen)) {
      writePlan(roots, chosen)
      return { plan: chosen, release: claims.release }
    }
    claims.release()
    taken.subnets.push(...(claims.taken?.subnets ?? []))
    taken.ports.push(...(claims.taken?.ports ?? []))
  }
}

/** Names of bridges and namespaces are the machine's: a cluster of the same name that another home knows must not be mixed with ours. */
function refuseForeignCluster(plan: ClusterPlan): void {
  const { links, netns } = readNetworkState()
  if (!links.has(plan.bridge) && !plan.nodes.some(node => netns.has(node.netns))) return
  const message = `a cluster "${plan.name}" runs on this machine, made with another COXSWAIN_HOME`
  throw new ClusterError(message, 'choose another name, or delete that one with the COXSWAIN_HOME it was made with')
}

/** Makes everything of a plan that is not there, or that does not run. Answers when the API server answers and all nodes have registered. */
export async function bringUp(
  { roots, programs, phases }: Context,
  plan: ClusterPlan,
  nodes: readonly NodePlan[] = plan.nodes,
): Promise<HttpClient> {
  const cluster = clusterLayout(roots, plan.name)
  const network = Promise.withResolvers<void>()
  const pki = Promise.withResolvers<void>()
  const controlPlane = async (): Promise<HttpClient> => {
    let daemon: DaemonRecord | undefined
    return phases.run(controlPlanePhase(cluster, plan), async signal => {
      await Promise.all([network.promise, pki.promise])
      signal.throwIfAborted()
      daemon = await startControlPlane(roots, plan, programs)
      const client = adminClient(roots, plan)
      try {
        await untilServing(client, daemon, signal)
        return client
      } catch (error) {
        client.close()
        throw error
      }
    })
  }
  const starting = phases.run(nodesPhase(nodes), signal =>
    startNodes(roots, plan, nodes, {
      onNetwork: network.resolve,
      onNode: async node => {
        await pki.promise
        if (!signal.aborted) await startAgent(roots, plan, node, programs)
      },
    }),
  )
  starting.catch(network.reject)
  const serving = controlPlane()
  // The children of the others are at work meanwhile.
  try {
    makePki(cluster, plan)
    pki.resolve()
  } catch (error) {
    pki.reject(error)
  }
  const [nodesResult, servingResult] = await Promise.allSettled([starting, serving])
  if (servingResult.status === 'fulfilled' && nodesResult.status === 'rejected') servingResult.value.close()
  if (nodesResult.status === 'rejected') throw nodesResult.reason
  if (servingResult.status === 'rejected') throw servingResult.reason
  const client = servingResult.value
  try {
    await phases.run(registrationPhase(cluster, nodes), signal => untilRegistered(client, nodes, signal))
    return client
  } catch (error) {
    client.close()
    throw error
  }
}

/** Waits until these nodes are Ready and their system pods run. */
export function waitUntilReady(
  { phases }: Context,
  plan: ClusterPlan,
  client: HttpClient,
  expected: readonly Expectation[],
  deadlineMs: number,
): Promise<void> {
  const phase = {
    name: expected.length === 1 ? `${expected[0]?.node} ready` : `${expected.length} nodes ready`,
    deadlineMs,
    fix: `look at the nodes' logs: cox export logs --name ${plan.name}`,
  }
  return phases.run(phase, signal => untilReady(client, expected, signal))
}

/** Ends the cluster's processes and takes its network down. Its disks stay for the next start. */
export async function stopCluster({ roots, phases }: Context, plan: ClusterPlan): Promise<void> {
  const cluster = clusterLayout(roots, plan.name)
  await phases.run({ name: 'control plane stopped', deadlineMs: 2 * stopGraceMs, logFile: cluster.controlPlaneLog }, () =>
    stopControlPlane(cluster, stopGraceMs),
  )
  await phases.run({ name: 'nodes stopped', deadlineMs: 60_000 }, () => stopNodes(roots, plan))
}

/** Stops one node as if its plug were pulled. The control plane runs on its node, and stops with it. */
export async function stopClusterNode({ roots, phases }: Context, plan: ClusterPlan, node: NodePlan): Promise<void> {
  const cluster = clusterLayout(roots, plan.name)
  await phases.run({ name: `${node.name} stopped`, deadlineMs: 60_000 }, async () => {
    if (node.role === 'control-plane') await stopControlPlane(cluster, stopGraceMs)
    await stopNode(roots, plan, node)
  })
}

/** Takes away whatever there is of a cluster, whole or half-made, running or killed. False when there is nothing. */
export async function deleteCluster({ roots, phases }: Pick<Context, 'roots' | 'phases'>, name: string): Promise<boolean> {
  const cluster = clusterLayout(roots, name)
  const plan = readPlan(roots, name)
  if (plan === undefined && !existsSync(cluster.dir)) return false
  await phases.run({ name: 'cluster deleted', deadlineMs: 90_000, fix: 'try it again: cox delete cluster' }, async () => {
    await stopControlPlane(cluster, 0)
    if (plan !== undefined) await deleteNodes(roots, plan)
    // Without its plan, an earlier delete has come as far as the disk.
    for (const dir of [cluster.dir, cluster.runDir]) rmSync(dir, { recursive: true, force: true })
  })
  return true
}

/** The plan of a cluster that must exist. */
export function existingPlan(roots: Roots, name: string): ClusterPlan {
  const plan = readPlan(roots, name)
  if (plan !== undefined) return plan
  const names = readPlans(roots).map(each => each.name)
  const fix = names.length === 0 ? `create it: cox create cluster --name ${name}` : `choose one of: ${names.join(', ')}`
  throw new ClusterError(`there is no cluster "${name}"`, fix)
}

export function existingNode(plan: ClusterPlan, name: string): NodePlan {
  const node = plan.nodes.find(each => each.name === name)
  if (node !== undefined) return node
  throw new ClusterError(`cluster "${plan.name}" has no node "${name}"`, `choose one of: ${plan.nodes.map(each => each.name).join(', ')}`)
}

/** Runs a command that changes a cluster; only one at a time may on this machine. */
export async function withClusterLock<T>(name: string, purpose: string, work: () => Promise<T>): Promise<T> {
  const lock = await claim(`cluster ${name}`, purpose)
  if (!lock.ok) throw new ClusterError(`cluster "${name}" is being changed by: ${lock.heldBy}`, 'wait until that has ended, then try again')
  try {
    return await work()
  } finally {
    lock.release()
  }
}

/** The control plane's components, which its node shows as pods. */
const components = ['store', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler']

/** What makes these nodes ready. To be asked before they are started: one whose agent goes on owes no new heartbeat, it tells changes. */
export function expectations(roots: Roots, plan: ClusterPlan, nodes: readonly NodePlan[], nowMs: number): Expectation[] {
  const stopped = clusterStatus(roots, plan).nodes.filter(each => each.missing.includes('agent'))
  const runs = (node: NodePlan) => !stopped.some(each => each.node.name === node.name)
  return nodes.map(node => {
    const names = [...(node.role === 'control-plane' ? components : []), ...(plan.kubeProxy ? ['kube-proxy'] : [])]
    return { node: node.name, sinceMs: runs(node) ? 0 : nowMs, pods: names.map(name => `${name}-${node.name}`) }
  })
}

function makePki(cluster: ClusterLayout, plan: ClusterPlan): void {
  const nodes = plan.nodes.map(node => ({ name: node.name, addresses: [node.address] }))
  ensureClusterPki(cluster.pki, { apiServerNames: apiServerNames(plan), nodes }, Date.now())
}

function controlPlanePhase(cluster: ClusterLayout, plan: ClusterPlan) {
  return {
    name: 'control plane',
    deadlineMs: 60_000,
    logFile: cluster.controlPlaneLog,
    fix: `see that nothing else uses port ${plan.apiServerPort} and that the disk has room, then try again`,
  }
}

function nodesPhase(nodes: readonly NodePlan[]) {
  return {
    name: nodes.length === 1 ? `node ${nodes[0]?.name}` : `${nodes.length} nodes`,
    deadlineMs: 90_000,
    fix: 'try again; if it fails at the same place, create it with --retain and look at the logs',
  }
}

function registrationPhase(cluster: ClusterLayout, nodes: readonly NodePlan[]) {
  const [node] = nodes
  return {
    name: 'nodes registered',
    deadlineMs: 60_000,
    ...(node !== undefined && { logFile: nodeLayout(cluster, node).agentLog }),
    fix: 'create the cluster with --retain, and look at the logs of its nodes: cox export logs',
  }
}

interface Claims {
  /** What someone else holds. */
  readonly taken: InUse | undefined
  release(): void
}

async function claimAll(wanted: InUse, purpose: string): Promise<Claims> {
  const held: { release(): void }[] = []
  const taken: { subnets: string[]; ports: number[] } = { subnets: [], ports: [] }
  for (const subnet of wanted.subnets) {
    const result = await claim(`subnet ${subnet}`, purpose)
    if (result.ok) held.push(result)
    else taken.subnets.push(subnet)
  }
  for (const port of wanted.ports) {
    const result = await claim(`port ${port}`, purpose)
    if (result.ok) held.push(result)
    else taken.ports.push(port)
  }
  const release = () => {
    for (const each of held) each.release()
  }
  return { taken: taken.subnets.length + taken.ports.length > 0 ? taken : undefined, release }
}
