import { mergeEntry } from '../../client/kubeconfig.ts'
import { kubeconfigEntry } from '../../cluster/admin-client.ts'
import { existingPlan } from '../../cluster/lifecycle.ts'
import { checkRoot } from '../checks.ts'
import { command } from '../command.ts'
import { clusterName } from '../flags.ts'

export const getKubeconfig = command({
  words: ['get', 'kubeconfig'],
  summary: "print a cluster's kubeconfig",
  arguments: [],
  flags: { name: clusterName },
  async run(cli, { name }) {
    // The administrator's key is root's.
    checkRoot(`cox get kubeconfig --name ${name}`)
    cli.out(mergeEntry(undefined, kubeconfigEntry(cli.roots, existingPlan(cli.roots, name))).trimEnd())
  },
})
