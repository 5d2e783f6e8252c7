// A cluster's entry in its user's kubeconfig.
import { chownSync, existsSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { kubeconfigPaths } from '../client/kubeconfig.ts'
import { addToKubeconfig, removeFromKubeconfig } from '../client/kubeconfig-files.ts'
import { contextName, kubeconfigEntry } from '../cluster/admin-client.ts'
import type { ClusterPlan } from '../cluster/plan.ts'
import type { Cli } from './command.ts'
import { Failure } from './failure.ts'

/** Adds the entry and makes its context the current one. Answers the file. */
export async function writeEntry(cli: Cli, plan: ClusterPlan, file: string | undefined): Promise<string> {
  const paths = pathsOf(cli, file)
  const newDirs = paths.map(dirname).filter(dir => !existsSync(dir))
  const path = await explained('write', () => addToKubeconfig(paths, kubeconfigEntry(cli.roots, plan)))
  for (const each of [...newDirs, path]) giveToUser(cli, each)
  return path
}

export async function removeEntry(cli: Cli, cluster: string, file: string | undefined): Promise<void> {
  const paths = pathsOf(cli, file)
  await explained('change', () => removeFromKubeconfig(paths, contextName(cluster)))
  for (const path of paths) giveToUser(cli, path)
}

async function explained<T>(verb: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new Failure(`cannot ${verb} the kubeconfig: ${why}`, 'mend that, or name another file with --kubeconfig FILE')
  }
}

function pathsOf(cli: Cli, file: string | undefined): readonly string[] {
  return file === undefined ? kubeconfigPaths(cli.env, cli.user.home) : [file]
}

/** A file written by root for someone else would be closed to them. */
function giveToUser({ user }: Cli, path: string): void {
  if (user.owner === undefined || !existsSync(path) || statSync(path).uid !== 0) return
  chownSync(path, user.owner.uid, user.owner.gid)
}
