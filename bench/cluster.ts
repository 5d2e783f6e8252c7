// A whole cluster as users start it: time until three nodes are Ready, memory of its processes at rest, and time until a pod is Ready.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { Pod } from '../src/api/core/pod.ts'
import type { Client } from '../src/client/client.ts'
import { createHttpClient } from '../src/client/http.ts'
import { readPlan } from '../src/cluster/clusters.ts'
import { clusterLayout, nodeLayout } from '../src/cluster/layout.ts'
import { systemClock } from '../src/platform/clock.ts'
import { run } from '../src/platform/process.ts'
import { rssMiB } from './api-server.ts'
import { median, printTable, round } from './table.ts'

const rounds = 3
const config = `kind: Cluster
apiVersion: kind.x-k8s.io/v1alpha4
nodes: [{ role: control-plane }, { role: worker }, { role: worker }]
`
const cox = resolve(import.meta.dirname, '../bin/cox')

export async function benchCluster(): Promise<void> {
  if (process.getuid?.() !== 0) return console.log('cluster: skipped, nodes need root')
  const dir = mkdtempSync(join(tmpdir(), 'coxswain-bench-'))
  const roots = { home: join(dir, 'home'), run: join(dir, 'run') }
  const env = { ...process.env, COXSWAIN_HOME: roots.home, COXSWAIN_RUN: roots.run, KUBECONFIG: join(dir, 'kubeconfig') }
  const name = `bench${process.pid}`
  const create = () => run(cox, ['create', 'cluster', '--name', name, '--config', '-', '--wait', '60s'], { env, input: config })
  const remove = () => run(cox, ['delete', 'cluster', '--name', name], { env })
  try {
    // The first one also builds the system images, which stay.
    await create()
    const times: number[] = []
    for (let i = 0; i < rounds; i++) {
      await remove()
      const begin = performance.now()
      await create()
      times.push(performance.now() - begin)
    }
    const plan = readPlan(roots, name)
    if (!plan) throw new Error('the cluster left no plan')
    const cluster = clusterLayout(roots, name)
    // At rest: start-up garbage is gone after a few heartbeats.
    await new Promise(done => setTimeout(done, 15_000))
    const controlPlane = rssMiB(pidIn(cluster.controlPlanePid))
    const agents = plan.nodes.map(node => rssMiB(pidIn(nodeLayout(cluster, node).agentPid)))
    const ready = await podReady(plan.apiServerPort, cluster.pki)
    printTable('Local cluster, one control plane and two workers', [
      { what: 'created, all nodes Ready', measured: `${round(median(times))} ms`, goal: '3,000 ms', yardstick: '' },
      {
        what: 'control plane at rest',
        measured: `${round(controlPlane)} MiB`,
        goal: '200 MiB',
        yardstick: '374 MiB, API server and etcd alone',
      },
      { what: 'node agent at rest', measured: `${round(median(agents))} MiB`, goal: '90 MiB', yardstick: '97 MiB, kubelet alone' },
      { what: 'a pod, from creation to Ready', measured: ready, goal: '300 ms', yardstick: '840 ms' },
    ])
  } finally {
    await remove().catch(() => {})
    rmSync(dir, { recursive: true, force: true })
  }
}

function pidIn(file: string): number {
  return (JSON.parse(readFileSync(file, 'utf8')) as { pid: number }).pid
}

/** From the request to the news that it is Ready, of pods one after the other. */
async function podReady(port: number, pki: string): Promise<string> {
  const read = (name: string) => readFileSync(join(pki, name), 'utf8')
  const identity = { ca: read('ca.crt'), cert: read('admin.crt'), key: read('admin.key'), userAgent: 'bench', clock: systemClock }
  const client = createHttpClient({ server: `https://127.0.0.1:${port}`, ...identity })
  const times: number[] = []
  for (let i = 0; i < 7; i++) times.push(await timeToReady(client, `ready-${i}`))
  client.close()
  return `${round(median(times))} ms`
}

async function timeToReady(client: Client, name: string): Promise<number> {
  const key = { namespace: 'default', name }
  const container = { name: 'c', image: 'docker.io/library/busybox:latest', imagePullPolicy: 'Never' as const, command: ['sleep', '3600'] }
  const { resourceVersion } = await client.list(Pod, { namespace: key.namespace, limit: 1 })
  const seen = new AbortController()
  const begin = performance.now()
  let readyMs = Number.NaN
  const watching = client.watch(
    Pod,
    { namespace: key.namespace, fieldSelector: `metadata.name=${name}`, resourceVersion, signal: seen.signal },
    events => {
      const isReady = events.some(
        event => 'object' in event && event.object.status?.conditions?.some(c => c.type === 'Ready' && c.status === 'True'),
      )
      if (!isReady) return
      readyMs = performance.now() - begin
      seen.abort()
    },
  )
  await client.create(Pod, { metadata: key, spec: { terminationGracePeriodSeconds: 0, containers: [container] } })
  await watching
  await client.delete(Pod, key, { gracePeriodSeconds: 0 })
  return readyMs
}
