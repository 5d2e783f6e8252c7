import { existingNode, existingPlan, withClusterLock } from '../../cluster/lifecycle.ts'
import { checkDisk, checkPackages, checkRoot } from '../checks.ts'
import { command } from '../command.ts'
import { startCluster } from '../creating.ts'
import { clusterName, duration } from '../flags.ts'

export const start = command({
  words: ['start'],
  summary: 'start what does not run of a cluster, or one of its nodes',
  arguments: [{ name: 'node', help: 'the whole cluster where left out', required: false }],
  flags: { name: clusterName, wait: duration('how long to wait until the nodes are Ready; 0s for not at all', 60_000) },
  async run(cli, { name, wait }, [nodeName]) {
    checkRoot('cox start')
    checkPackages()
    checkDisk(cli)
    const plan = existingPlan(cli.roots, name)
    const nodes = nodeName === undefined ? plan.nodes : [existingNode(plan, nodeName)]
    await withClusterLock(name, 'cox start', async () => {
      const { client } = await startCluster(cli, plan, nodes, wait)
      client.close()
    })
  },
})
