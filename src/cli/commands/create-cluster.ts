import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { contextName } from '../../cluster/admin-client.ts'
import { type ClusterConfig, defaultConfig, parseConfig } from '../../cluster/config.ts'
import { formatIssue } from '../../cluster/config-reader.ts'
import type { ApiServerSettings } from '../../cluster/control-plane-config.ts'
import { withClusterLock } from '../../cluster/lifecycle.ts'
import { checkDisk, checkPackages, checkRoot } from '../checks.ts'
import { type Cli, command, type Flag } from '../command.ts'
import { createCluster as create } from '../creating.ts'
import { Failure } from '../failure.ts'
import { clusterName, defaultCluster, duration, kubeconfig, onOff, optionalText } from '../flags.ts'

const name: Flag<string | undefined> = { ...clusterName, default: undefined, defaultText: `the configuration's, or ${defaultCluster}` }

export const createCluster = command({
  words: ['create', 'cluster'],
  summary: 'create a cluster, and make its kubeconfig context the current one',
  arguments: [],
  flags: {
    name,
    config: optionalText("configuration file in kind's format, or - for the standard input", 'FILE'),
    wait: duration('how long to wait until all nodes are Ready; 0s for not at all', 60_000),
    kubeconfig,
    retain: onOff('keep what was made when the creation fails'),
  },
  async run(cli, flags) {
    checkRoot('cox create cluster')
    checkPackages()
    checkDisk(cli)
    const config = readConfig(cli, flags.config, flags.name)
    await withClusterLock(config.name, 'cox create cluster', async () => {
      cli.note(`Creating cluster "${config.name}" ...`)
      const running = await create(cli, config, { waitMs: flags.wait, retain: flags.retain, kubeconfig: flags.kubeconfig })
      running.client.close()
      cli.note(
        `Set kubectl context to "${contextName(config.name)}". Have a look:\n\nkubectl cluster-info --context ${contextName(config.name)}`,
      )
    })
  },
})

/** The file's configuration, or the default one. A name given on the command line counts more than the file's. */
export function readConfig(cli: Cli, file: string | undefined, given: string | undefined): ClusterConfig {
  if (file === undefined) return defaultConfig(given ?? defaultCluster)
  const result = parseConfig(readText(file), file === '-' ? 'standard input' : file)
  if (!result.ok)
    throw new Failure(
      result.errors.map(formatIssue).join('\nerror: '),
      "correct it; the format is kind's: https://kind.sigs.k8s.io/docs/user/configuration/",
    )
  for (const notice of result.notices) cli.note(`notice: ${formatIssue(notice)}`)
  const nodes = result.config.nodes.map(node => ({
    ...node,
    extraMounts: node.extraMounts.map(mount => ({ ...mount, hostPath: resolve(mount.hostPath) })),
  }))
  const { apiServer } = result.config
  return { ...result.config, name: given ?? result.config.name, nodes, ...(apiServer && { apiServer: withAbsolutePaths(apiServer) }) }
}

/** Relative to where the command runs, as the nodes' mounts are. The control plane has no such place. */
function withAbsolutePaths(settings: ApiServerSettings): ApiServerSettings {
  const { auditPolicyFile, encryptionConfigFile, auditLog } = settings
  for (const file of [auditPolicyFile, encryptionConfigFile]) if (file !== undefined) readText(file)
  return {
    ...settings,
    ...(auditPolicyFile !== undefined && { auditPolicyFile: resolve(auditPolicyFile) }),
    ...(encryptionConfigFile !== undefined && { encryptionConfigFile: resolve(encryptionConfigFile) }),
    ...(auditLog?.file !== undefined && { auditLog: { ...auditLog, file: resolve(auditLog.file) } }),
  }
}

function readText(file: string): string {
  try {
    return readFileSync(file === '-' ? 0 : file, 'utf8')
  } catch (error) {
    throw new Failure(
      `cannot read the configuration: ${error instanceof Error ? error.message : error}`,
      'give the path of a readable file',
    )
  }
}
