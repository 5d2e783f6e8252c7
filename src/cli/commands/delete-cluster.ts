import { deleteCluster as remove, withClusterLock } from '../../cluster/lifecycle.ts'
import { checkRoot } from '../checks.ts'
import { command } from '../command.ts'
import { clusterName, kubeconfig } from '../flags.ts'
import { removeEntry } from '../kubeconfig-entry.ts'

export const deleteCluster = command({
  words: ['delete', 'cluster'],
  summary: 'delete a cluster and everything in it; half-made ones too',
  arguments: [],
  flags: { name: clusterName, kubeconfig },
  async run(cli, { name, kubeconfig }) {
    checkRoot(`cox delete cluster --name ${name}`)
    await withClusterLock(name, 'cox delete cluster', async () => {
      const existed = await remove(cli, name)
      await removeEntry(cli, name, kubeconfig)
      cli.note(existed ? `Deleted cluster "${name}".` : `There is no cluster "${name}".`)
    })
  },
})
