import { readPlans } from '../../cluster/clusters.ts'
import { command } from '../command.ts'

export const getClusters = command({
  words: ['get', 'clusters'],
  summary: 'list the clusters, running or not',
  arguments: [],
  flags: {},
  async run(cli) {
    const plans = readPlans(cli.roots)
    if (plans.length === 0) cli.note('There are no clusters.')
    for (const plan of plans) cli.out(plan.name)
  },
})
