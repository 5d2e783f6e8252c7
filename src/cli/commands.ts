// Every command, in the order of help. A command is added by a line here.
import type { Command } from './command.ts'
import { completion } from './commands/completion.ts'
import { createCluster } from './commands/create-cluster.ts'
import { deleteCluster } from './commands/delete-cluster.ts'
import { down } from './commands/down.ts'
import { exportKubeconfig } from './commands/export-kubeconfig.ts'
import { exportLogs } from './commands/export-logs.ts'
import { getClusters } from './commands/get-clusters.ts'
import { getKubeconfig } from './commands/get-kubeconfig.ts'
import { getNodes } from './commands/get-nodes.ts'
import { installMissing } from './commands/install-packages.ts'
import { loadImage } from './commands/load-image.ts'
import { start } from './commands/start.ts'
import { stop } from './commands/stop.ts'
import { up } from './commands/up.ts'
import { version } from './commands/version.ts'

export const commands: readonly Command[] = [
  up,
  down,
  createCluster,
  deleteCluster,
  getClusters,
  getNodes,
  getKubeconfig,
  exportKubeconfig,
  exportLogs,
  loadImage,
  start,
  stop,
  installMissing,
  version,
]

export const allCommands: readonly Command[] = [...commands, completion(commands)]
