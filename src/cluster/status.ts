// Which parts of a cluster run, by their records and the kernel: the API server need not answer for this.
import { liveDaemon } from './daemons.ts'
import { clusterLayout, nodeLayout, type Roots } from './layout.ts'
import type { ClusterPlan, NodePlan } from './plan.ts'

export type NodeState = 'running' | 'stopped' | 'degraded'
export type ClusterState = 'running' | 'stopped' | 'degraded'

export interface NodeStatus {
  readonly node: NodePlan
  readonly state: NodeState
  /** What of it does not run. */
  readonly missing: readonly string[]
}

export interface ClusterStatus {
  readonly plan: ClusterPlan
  readonly state: ClusterState
  readonly controlPlane: boolean
  readonly nodes: readonly NodeStatus[]
}

export function clusterStatus(roots: Roots, plan: ClusterPlan): ClusterStatus {
  const cluster = clusterLayout(roots, plan.name)
  const controlPlane = liveDaemon(cluster.controlPlanePid) !== undefined
  const nodes = plan.nodes.map((node): NodeStatus => {
    const layout = nodeLayout(cluster, node)
    const parts = {
      containerd: liveDaemon(layout.containerdPid) !== undefined,
      agent: liveDaemon(layout.agentPid) !== undefined,
      ...(node.role === 'control-plane' && { 'control plane': controlPlane }),
    }
    return { node, state: stateOf(Object.values(parts)), missing: Object.entries(parts).flatMap(([name, runs]) => (runs ? [] : [name])) }
  })
  return { plan, state: stateOf(nodes.map(each => each.state === 'running')), controlPlane, nodes }
}

/** Some but not all of the parts: degraded. */
export function stateOf(parts: readonly boolean[]): ClusterState {
  if (parts.every(runs => runs)) return 'running'
  return parts.some(runs => runs) ? 'degraded' : 'stopped'
}
