import { existingNode, existingPlan, stopCluster, stopClusterNode, withClusterLock } from '../../cluster/lifecycle.ts'
import { checkRoot } from '../checks.ts'
import { command } from '../command.ts'
import { clusterName } from '../flags.ts'

export const stop = command({
  words: ['stop'],
  summary: 'stop a cluster, or one of its nodes; its disks stay',
  arguments: [{ name: 'node', help: 'the whole cluster where left out', required: false }],
  flags: { name: clusterName },
  async run(cli, { name }, [nodeName]) {
    checkRoot('cox stop')
    const plan = existingPlan(cli.roots, name)
    const node = nodeName === undefined ? undefined : existingNode(plan, nodeName)
    await withClusterLock(name, 'cox stop', async () => {
      if (node === undefined) await stopCluster(cli, plan)
      else await stopClusterNode(cli, plan, node)
    })
  },
})
