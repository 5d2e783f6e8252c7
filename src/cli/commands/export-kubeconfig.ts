import { contextName } from '../../cluster/admin-client.ts'
import { existingPlan } from '../../cluster/lifecycle.ts'
import { checkRoot } from '../checks.ts'
import { command } from '../command.ts'
import { clusterName, kubeconfig } from '../flags.ts'
import { writeEntry } from '../kubeconfig-entry.ts'

export const exportKubeconfig = command({
  words: ['export', 'kubeconfig'],
  summary: "write a cluster's context into the kubeconfig, and make it the current one",
  arguments: [],
  flags: { name: clusterName, kubeconfig },
  async run(cli, { name, kubeconfig }) {
    checkRoot(`cox export kubeconfig --name ${name}`)
    const file = await writeEntry(cli, existingPlan(cli.roots, name), kubeconfig)
    cli.note(`Set kubectl context to "${contextName(name)}" in ${file}.`)
  },
})
