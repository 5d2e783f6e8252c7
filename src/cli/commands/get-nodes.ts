import { existingPlan } from '../../cluster/lifecycle.ts'
import type { ClusterPlan } from '../../cluster/plan.ts'
import { clusterStatus } from '../../cluster/status.ts'
import { command } from '../command.ts'
import { clusterName, onOff } from '../flags.ts'
import { table } from '../table.ts'

export const getNodes = command({
  words: ['get', 'nodes'],
  summary: 'list the nodes of a cluster by name; with --wide also what runs, and where',
  arguments: [],
  flags: { name: clusterName, wide: onOff('show role, state and address') },
  async run(cli, { name, wide }) {
    const plan: ClusterPlan = existingPlan(cli.roots, name)
    if (!wide) {
      for (const node of plan.nodes) cli.out(node.name)
      return
    }
    const rows = clusterStatus(cli.roots, plan).nodes.map(({ node, state, missing }) => [
      node.name,
      node.role,
      state === 'degraded' ? `degraded (${missing.join(', ')} not running)` : state,
      node.address,
    ])
    for (const line of table(['NAME', 'ROLE', 'STATE', 'ADDRESS'], rows)) cli.out(line)
  },
})
