// A node from its parts: network, namespaces, containerd with its images. The node agent is started by the caller with what `startNodes`
// returns. All of it can be repeated: what runs is left alone, what is missing is added.
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { startContainerd, stopContainerd } from './containerd.ts'
import { completeStore, plantSeed, prepareSeed, type Seed } from './images/seed.ts'
import { systemImageArchive } from './images/system-images.ts'
import { type ClusterLayout, clusterLayout, nodeLayout, type Roots } from './layout.ts'
import { createNetwork, deleteNetwork, deleteNodeNetwork } from './network.ts'
import { createNamespaceDir, createSandbox, deleteNamespaceDir, deleteSandbox, type Enter } from './node-sandbox.ts'
import type { ClusterPlan, NodePlan } from './plan.ts'

export interface StartedNode {
  readonly node: NodePlan
  /** Words in front of a command that make it run in the node. */
  readonly enter: Enter
  /** On the host. */
  readonly containerdSocket: string
}

export interface StartOptions {
  /** Told of each step as it ends. */
  readonly onStep?: (step: string, node: NodePlan | undefined, tookMs: number) => void
  /** The bridge and the nodes' links are up: from here on their addresses can be listened on. */
  readonly onNetwork?: () => void
  /** This node is complete, while others may not be yet. The start waits for the answer, and fails with it. */
  readonly onNode?: (node: StartedNode) => Promise<void>
}

/** Starts these nodes side by side. Fails with the first failure after all attempts have ended; what was begun stays for a second try. */
export async function startNodes(
  roots: Roots,
  plan: ClusterPlan,
  nodes: readonly NodePlan[] = plan.nodes,
  options: StartOptions = {},
): Promise<StartedNode[]> {
  const cluster = clusterLayout(roots, plan.name)
  const step = async <T>(name: string, node: NodePlan | undefined, work: Promise<T>): Promise<T> => {
    const begin = performance.now()
    const result = await work
    options.onStep?.(name, node, performance.now() - begin)
    return result
  }
  const [seed] = await Promise.all([
    step('system images', undefined, systemSeed(roots)),
    step('network', undefined, Promise.all([createNetwork(plan, nodes), createNamespaceDir(cluster)])).then(() => options.onNetwork?.()),
  ])
  const attempts = await Promise.allSettled(
    nodes.map(async (node): Promise<StartedNode> => {
      const layout = nodeLayout(cluster, node)
      const [enter] = await Promise.all([
        step('namespaces', node, createSandbox(layout, node.extraMounts)),
        step('image store', node, plantSeed(seed, layout.containerdStore, layout.imageMarker)),
      ])
      await step('containerd', node, startContainerd(plan, node, layout, enter))
      await step('images', node, completeStore(seed, layout.containerdSocket, layout.imageMarker))
      const started = { node, enter, containerdSocket: layout.containerdSocket }
      await options.onNode?.(started)
      return started
    }),
  )
  return attempts.map(attempt => {
    if (attempt.status === 'rejected') throw attempt.reason
    return attempt.value
  })
}

/** Made ready ahead of the first node, such as while something else is being waited for. */
export async function systemSeed(roots: Roots): Promise<Seed> {
  const cacheDir = join(roots.home, 'cache')
  return prepareSeed(cacheDir, roots.run, await systemImageArchive(cacheDir))
}

export async function startNode(roots: Roots, plan: ClusterPlan, node: NodePlan, options: StartOptions = {}): Promise<StartedNode> {
  const [started] = await startNodes(roots, plan, [node], options)
  if (started === undefined) throw new Error(`${node.name} is no node of ${plan.name}`)
  return started
}

/** As pulling the plug: every process of the node ends, its network goes; its disk stays for `startNode`. */
export async function stopNode(roots: Roots, plan: ClusterPlan, node: NodePlan): Promise<void> {
  const layout = nodeLayout(clusterLayout(roots, plan.name), node)
  await stopContainerd(layout)
  await deleteSandbox(layout)
  await deleteNodeNetwork(node)
  rmSync(layout.runDir, { recursive: true, force: true })
}

export async function deleteNode(roots: Roots, plan: ClusterPlan, node: NodePlan): Promise<void> {
  await stopNode(roots, plan, node)
  rmSync(nodeLayout(clusterLayout(roots, plan.name), node).dir, { recursive: true, force: true })
}

/** Takes all nodes and the network down. The cluster's directory stays. */
export async function stopNodes(roots: Roots, plan: ClusterPlan): Promise<void> {
  const cluster = clusterLayout(roots, plan.name)
  await Promise.all(plan.nodes.map(node => stopNodeProcesses(cluster, node)))
  await deleteNetwork(plan)
  await deleteNamespaceDir(cluster)
  rmSync(cluster.runDir, { recursive: true, force: true })
}

/** Takes all nodes, the network, and everything on disk away. */
export async function deleteNodes(roots: Roots, plan: ClusterPlan): Promise<void> {
  await stopNodes(roots, plan)
  rmSync(clusterLayout(roots, plan.name).dir, { recursive: true, force: true })
}

async function stopNodeProcesses(cluster: ClusterLayout, node: NodePlan): Promise<void> {
  const layout = nodeLayout(cluster, node)
  await stopContainerd(layout)
  await deleteSandbox(layout)
}
