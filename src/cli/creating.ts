// How clusters come up, for the commands that create and start them. What fails or is interrupted half-way is taken away again, unless
// it is to be kept for a look; what then remains, `cox delete cluster` finds.
import { existsSync, rmSync } from 'node:fs'
import type { HttpClient } from '../client/http.ts'
import { readPlan } from '../cluster/clusters.ts'
import type { ClusterConfig } from '../cluster/config.ts'
import { clusterLayout } from '../cluster/layout.ts'
import { bringUp, ClusterError, deleteCluster, expectations, reserveCluster, waitUntilReady } from '../cluster/lifecycle.ts'
import { Phases } from '../cluster/phases.ts'
import type { ClusterPlan, NodePlan } from '../cluster/plan.ts'
import type { Expectation } from '../cluster/readiness.ts'
import type { Cli } from './command.ts'
import { Interrupted } from './failure.ts'
import { removeEntry, writeEntry } from './kubeconfig-entry.ts'

export interface CreateOptions {
  /** How long to wait for Ready nodes; 0 for not at all. */
  readonly waitMs: number
  readonly retain: boolean
  readonly kubeconfig: string | undefined
}

export interface Running {
  readonly plan: ClusterPlan
  /** The caller closes it. */
  readonly client: HttpClient
}

/** The caller holds the cluster's lock. */
export async function createCluster(cli: Cli, config: ClusterConfig, options: CreateOptions): Promise<Running> {
  const { name } = config
  if (readPlan(cli.roots, name) !== undefined)
    throw new ClusterError(
      `there is a cluster "${name}" already`,
      `start it with: cox start --name ${name}, or delete it with: cox delete cluster --name ${name}`,
    )
  const cluster = clusterLayout(cli.roots, name)
  if (existsSync(cluster.dir)) rmSync(cluster.dir, { recursive: true })
  const reserved = await reserveCluster(cli.roots, config)
  const expected = expectations(cli.roots, reserved.plan, reserved.plan.nodes, Date.now())
  let client: HttpClient | undefined
  try {
    client = await bringUp(cli, reserved.plan)
    await writeEntry(cli, reserved.plan, options.kubeconfig)
  } catch (error) {
    client?.close()
    await cleanUp(cli, name, options)
    throw error
  } finally {
    reserved.release()
  }
  const { disableDefaultCNI } = reserved.plan
  if (disableDefaultCNI) cli.note('notice: the nodes become Ready when a pod network is installed, since disableDefaultCNI is set')
  return waited(cli, { plan: reserved.plan, client }, expected, disableDefaultCNI ? 0 : options.waitMs)
}

/** Starts what does not run of a cluster that exists. The caller holds the cluster's lock. */
export async function startCluster(cli: Cli, plan: ClusterPlan, nodes: readonly NodePlan[], waitMs: number): Promise<Running> {
  const expected = expectations(cli.roots, plan, nodes, Date.now())
  const client = await bringUp(cli, plan, nodes)
  return waited(cli, { plan, client }, expected, waitMs)
}

async function waited(cli: Cli, running: Running, expected: readonly Expectation[], waitMs: number): Promise<Running> {
  if (waitMs === 0) return running
  try {
    await waitUntilReady(cli, running.plan, running.client, expected, waitMs)
    return running
  } catch (error) {
    running.client.close()
    if (cli.signal.aborted)
      throw new Interrupted(`the cluster goes on starting; delete it with: cox delete cluster --name ${running.plan.name}`)
    throw error
  }
}

async function cleanUp(cli: Cli, name: string, options: CreateOptions): Promise<void> {
  const deletion = `cox delete cluster --name ${name}`
  if (options.retain) {
    if (cli.signal.aborted) throw new Interrupted(`what was made is kept; take it away with: ${deletion}`)
    cli.note(`What was made is kept; take it away with: ${deletion}`)
    return
  }
  await cli.phases.settled()
  const phases = new Phases(cli.progress, new AbortController().signal)
  try {
    await deleteCluster({ ...cli, phases }, name)
    await removeEntry(cli, name, options.kubeconfig)
  } catch (failure) {
    const why = failure instanceof Error ? failure.message : String(failure)
    cli.note(`notice: taking away what was made failed too (${why}); try: ${deletion}`)
    return
  }
  if (cli.signal.aborted) throw new Interrupted('nothing was left behind')
}
