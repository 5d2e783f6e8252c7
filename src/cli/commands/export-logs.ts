import { cpSync, existsSync, mkdirSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { clusterLayout, nodeLayout } from '../../cluster/layout.ts'
import { existingPlan } from '../../cluster/lifecycle.ts'
import { checkRoot } from '../checks.ts'
import { command } from '../command.ts'
import { clusterName } from '../flags.ts'

export const exportLogs = command({
  words: ['export', 'logs'],
  summary: 'copy the logs of components, nodes and pods into a directory, and print its path',
  arguments: [{ name: 'dir', help: 'where to; a new directory for temporary files where left out', required: false }],
  flags: { name: clusterName },
  async run(cli, { name }, [dir]) {
    checkRoot(`cox export logs --name ${name}`)
    const plan = existingPlan(cli.roots, name)
    const cluster = clusterLayout(cli.roots, name)
    const target = dir === undefined ? mkdtempSync(join(tmpdir(), 'cox-logs-')) : resolve(dir)
    mkdirSync(target, { recursive: true })
    cpSync(cluster.planFile, join(target, 'cluster.json'))
    copy(cluster.logs, join(target, 'components'))
    for (const node of plan.nodes) {
      const { binds } = nodeLayout(cluster, node)
      const source = binds.find(([inside]) => inside === '/var/log/pods')?.[1]
      if (source !== undefined) copy(source, join(target, node.name, 'pods'))
    }
    cli.out(target)
  },
})

function copy(from: string, to: string): void {
  if (existsSync(from)) cpSync(from, to, { recursive: true })
}
