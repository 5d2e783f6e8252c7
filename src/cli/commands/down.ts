import { command } from '../command.ts'
import { deleteCluster } from './delete-cluster.ts'

export const down = command({
  words: ['down'],
  summary: 'take down what `cox up` brought up',
  arguments: [],
  flags: deleteCluster.flags,
  run: (cli, flags) => deleteCluster.run(cli, flags, []),
})
