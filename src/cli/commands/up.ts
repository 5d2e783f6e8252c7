import { contextName } from '../../cluster/admin-client.ts'
import { readPlan } from '../../cluster/clusters.ts'
import type { ClusterConfig, NodeConfig } from '../../cluster/config.ts'
import { deployDemo, untilAnswering } from '../../cluster/demo.ts'
import { withClusterLock } from '../../cluster/lifecycle.ts'
import type { ClusterPlan } from '../../cluster/plan.ts'
import { clusterStatus } from '../../cluster/status.ts'
import { checkDisk, checkRoot } from '../checks.ts'
import { type Cli, command } from '../command.ts'
import { createCluster, type Running, startCluster } from '../creating.ts'
import { clusterName, defaultCluster, duration, kubeconfig, onOff } from '../flags.ts'
import { writeEntry } from '../kubeconfig-entry.ts'
import { seconds } from '../progress.ts'
import { readConfig } from './create-cluster.ts'
import { ensurePackages } from './install-packages.ts'

export const up = command({
  words: ['up'],
  summary: 'bring up a cluster of three nodes with a demo on it; what is there already stays',
  arguments: [],
  flags: {
    name: clusterName,
    wait: duration('how long to wait until all nodes are Ready', 120_000),
    kubeconfig,
    withoutDemo: onOff('deploy no demo'),
  },
  async run(cli, { name, wait, kubeconfig, withoutDemo }) {
    const begin = performance.now()
    await ensurePackages(cli)
    checkRoot('cox up')
    checkDisk(cli)
    await withClusterLock(name, 'cox up', async () => {
      const { plan, client } = await ensureCluster(cli, name, wait, kubeconfig)
      try {
        const url = withoutDemo ? undefined : await ensureDemo(cli, plan, client)
        cli.note(`Done in ${seconds(performance.now() - begin)}.\n`)
        if (url !== undefined) cli.out(`The demo answers at ${url}, and by this port on every node.`)
        cli.out(whatNext(plan, !withoutDemo))
      } finally {
        client.close()
      }
    })
  },
})

async function ensureCluster(cli: Cli, name: string, waitMs: number, kubeconfig: string | undefined): Promise<Running> {
  const plan = readPlan(cli.roots, name)
  if (plan === undefined) {
    cli.note(`Creating cluster "${name}": one control-plane and two workers ...`)
    return createCluster(cli, threeNodes(cli, name), { waitMs, retain: false, kubeconfig })
  }
  const { state } = clusterStatus(cli.roots, plan)
  cli.note(
    state === 'running'
      ? `Cluster "${name}" is there already, and runs.`
      : `Cluster "${name}" is there already; starting what does not run ...`,
  )
  const running = await startCluster(cli, plan, plan.nodes, waitMs)
  await writeEntry(cli, plan, kubeconfig)
  return running
}

async function ensureDemo(cli: Cli, plan: ClusterPlan, client: Running['client']): Promise<string> {
  const addresses = plan.nodes.map(node => node.address)
  const fix = 'look at it: kubectl describe deployment demo; kubectl get pods; kubectl get events'
  return cli.phases.run({ name: 'demo', deadlineMs: 60_000, fix }, async signal => {
    const { nodePort } = await deployDemo(client)
    await untilAnswering(addresses, nodePort, signal)
    return `http://${addresses[0]}:${nodePort}/`
  })
}

function threeNodes(cli: Cli, name: string): ClusterConfig {
  const node = (role: NodeConfig['role']): NodeConfig => ({ role, labels: {}, extraMounts: [], extraPortMappings: [] })
  return { ...readConfig(cli, undefined, name), nodes: [node('control-plane'), node('worker'), node('worker')] }
}

function whatNext(plan: ClusterPlan, hasDemo: boolean): string {
  const suggestions = [
    'kubectl get nodes',
    'kubectl get pods --all-namespaces',
    ...(hasDemo ? ['kubectl scale deployment demo --replicas=4'] : []),
  ]
  const down = plan.name === defaultCluster ? 'npm stop, or cox down' : `cox down --name ${plan.name}`
  return `Next:
${suggestions.map(each => `  ${each}`).join('\n')}
kubectl uses the context "${contextName(plan.name)}". To take the cluster down: ${down}`
}
