// What happens when parts die: nodes, the control plane, agents, runtimes. Nothing acknowledged is lost, and what runs goes on running.
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { ConfigMap } from '../../src/api/core/config-map.ts'
import { Node } from '../../src/api/core/node.ts'
import { Pod } from '../../src/api/core/pod.ts'
import { liveDaemon } from '../../src/cluster/daemons.ts'
import { clusterLayout, type NodeLayout, nodeLayout } from '../../src/cluster/layout.ts'
import type { NodePlan } from '../../src/cluster/plan.ts'
import { isAlive } from '../../src/platform/process.ts'
import { startCluster, type TestCluster, type TestNamespace, whyNoClusters } from '../testkit/cluster.ts'
import { curl, eventually, untilObjects, watchObjects } from '../testkit/waiting.ts'
import { isLeaving, isReady, pod, service, shell, workload } from './manifests.ts'

const echo = shell('echo', 'mkdir /www; hostname > /www/index.html; trap "exit 0" TERM; httpd -f -p 8080 -h /www & wait')

describe('faults', { skip: whyNoClusters(), timeout: 300_000 }, () => {
  let cluster: TestCluster
  let ns: TestNamespace
  let control: NodePlan
  let worker: NodePlan
  let other: NodePlan
  before(async () => {
    cluster = await startCluster({ workers: 2 })
    ns = await cluster.namespace()
    const [first, second, third] = cluster.plan.nodes
    assert(first && second && third)
    ;[control, worker, other] = [first, second, third]
    // One on each node; they tell when something of theirs was restarted.
    for (const { name } of cluster.plan.nodes) await ns.apply(pod(`witness-${name}`, [shell('main')], { nodeName: name }))
    await ns.until(Pod, 'all witnesses are ready', pods => pods.length === 3 && pods.every(isReady))
  })
  after(() => cluster?.close())

  const layout = () => clusterLayout(cluster.roots, cluster.name)
  const kill = async (pidFile: string) => {
    const daemon = liveDaemon(pidFile)
    assert(daemon, `${pidFile} names a process`)
    process.kill(daemon.pid, 'SIGKILL')
    await eventually('it is dead', () => assert(!isAlive(daemon)))
  }
  const start = async (node?: NodePlan) => {
    const { code, stderr } = await cluster.cox(['start', ...(node ? [node.name] : []), '--name', cluster.name])
    assert.equal(code, 0, `cox start: ${stderr}`)
  }
  const untilNode = (name: string, what: string, condition: (node: Node) => boolean, timeoutMs?: number) =>
    untilObjects(
      cluster.client,
      Node,
      { fieldSelector: `metadata.name=${name}` },
      what,
      ([node]) => node !== undefined && condition(node),
      timeoutMs,
    )
  const statusOf = (node: Node) => node.status?.conditions?.find(each => each.type === 'Ready')?.status
  /** Container and restart count of every pod that was ready before. */
  const containers = async () => {
    const pods = await ns.until(Pod, 'the pods are listed', () => true)
    return Object.fromEntries(
      pods
        .filter(each => each.metadata.name.startsWith('witness-'))
        .map(each => [each.metadata.name, each.status?.containerStatuses?.map(c => `${c.containerID} ${c.restartCount} ${c.ready}`)]),
    )
  }
  const canRun = async (name: string, node: string) => {
    await ns.apply(pod(name, [shell('main')], { nodeName: node }))
    await ns.untilPod(name, `a new pod runs on ${node}`, isReady)
    assert.equal(await ns.kubectl(['exec', name, '--', 'echo', 'hello']), 'hello\n')
    await ns.kubectl(['delete', 'pod', name, '--grace-period=1'])
  }

  it('the control plane killed under a write load loses nothing that it acknowledged, and disturbs no container', async () => {
    const before = await containers()
    const acknowledged: string[] = []
    const watch = watchObjects(cluster.client, ConfigMap, { namespace: ns.name })
    try {
      for (let round = 0; round < 3; round++) {
        let isOver = false
        const write = async (writer: number) => {
          for (let i = 0; i < 5_000 && !isOver; i++) {
            const name = `write-${round}-${writer}-${i}`
            try {
              await cluster.client.create(ConfigMap, { metadata: { namespace: ns.name, name }, data: { name } })
              acknowledged.push(name)
            } catch {
              return
            }
          }
        }
        const enough = acknowledged.length + 200
        const writers = Array.from({ length: 8 }, (_, writer) => write(writer))
        await eventually('the load is on', () => assert(acknowledged.length >= enough, `${acknowledged.length} writes are acknowledged`))
        await kill(layout().controlPlanePid)
        isOver = true
        await Promise.all(writers)
        await start()
      }
      const { items } = await cluster.client.list(ConfigMap, { namespace: ns.name })
      const stored = new Map(items.map(each => [each.metadata.name, each.data?.['name']]))
      const lost = acknowledged.filter(name => stored.get(name) !== name)
      assert(acknowledged.length >= 600)
      assert.deepEqual(lost, [])
      // A watch that has lived through it all has seen the same.
      await eventually('the watch has caught up', () =>
        assert.deepEqual(new Set(watch.informer.list().map(each => each.metadata.name)), new Set(stored.keys())),
      )
    } finally {
      await watch.stop()
    }
    assert.deepEqual(await containers(), before)
    for (const node of cluster.plan.nodes) await untilNode(node.name, `${node.name} is ready`, each => statusOf(each) === 'True')
    await ns.apply(workload('Deployment', 'afterwards', [shell('main')], { replicas: 2 }))
    await ns.kubectl('rollout status deployment/afterwards --timeout=30s')
    await ns.kubectl('delete deployment afterwards')
  })

  describe('of a node', () => {
    const parts: readonly (readonly [string, (layout: NodeLayout) => string])[] = [
      ['agent', node => node.agentPid],
      ['containerd', node => node.containerdPid],
    ]
    for (const [part, pidFile] of parts)
      it(`${part} killed and started again: containers go on, and new ones come`, async () => {
        const before = await containers()
        await kill(pidFile(nodeLayout(layout(), worker)))
        // What is wanted meanwhile comes afterwards; what ends meanwhile is noticed.
        await ns.apply(pod(`meanwhile-${part}`, [shell('main')], { nodeName: worker.name }))
        await start(worker)
        await ns.untilPod(`meanwhile-${part}`, 'what was wanted meanwhile runs', isReady)
        await canRun(`after-${part}`, worker.name)
        assert.equal(await ns.kubectl(['exec', `witness-${worker.name}`, '--', 'echo', 'still here']), 'still here\n')
        assert.deepEqual(await containers(), before)
        await ns.kubectl(`delete pod meanwhile-${part}`)
      })

    it('container killed on the machine: it is restarted', async () => {
      const name = `witness-${control.name}`
      // The command itself may go down with its container; what becomes of the container is what counts.
      await ns.kubectl(['exec', name, '--', 'sh', '-c', 'kill -KILL -1; kill -TERM 1']).catch(() => {})
      await ns.untilPod(name, 'it is restarted', each => isReady(each) && each.status?.containerStatuses?.[0]?.restartCount === 1)
    })
  })

  it('a node stopped: its pods run elsewhere after their toleration time; started again, it is Ready', async () => {
    const tolerations = ['not-ready', 'unreachable'].map(key => ({
      key: `node.kubernetes.io/${key}`,
      operator: 'Exists',
      effect: 'NoExecute',
      tolerationSeconds: 2,
    }))
    await ns.apply(
      workload(
        'Deployment',
        'moving',
        [{ ...echo, readinessProbe: { tcpSocket: { port: 8080 }, periodSeconds: 1 } }],
        { replicas: 3 },
        { tolerations },
      ),
      service('moving', 80, 8080, { type: 'NodePort' }),
    )
    await ns.kubectl('rollout status deployment/moving --timeout=40s')
    const port = await ns.kubectl('get service moving -o jsonpath={.spec.ports[0].nodePort}')
    const url = `http://${control.address}:${port}/`
    await eventually('it answers', () => curl(url))

    const stopped = await cluster.cox(['stop', other.name, '--name', cluster.name])
    assert.equal(stopped.code, 0, stopped.stderr)
    assert.match(
      (await cluster.cox(['get', 'nodes', '--wide', '--name', cluster.name])).stdout,
      new RegExp(`${other.name} +worker +stopped`),
    )
    // The node monitor's grace is 40 s.
    await untilNode(other.name, 'the node is given up', each => statusOf(each) === 'Unknown', 75_000)
    assert.match(await cluster.kubectl(`get node ${other.name}`), /NotReady/)
    await ns.until(
      Pod,
      'all run on the other worker',
      pods => {
        const present = pods.filter(each => each.metadata.labels?.['app'] === 'moving' && !isLeaving(each))
        return present.length === 3 && present.every(each => isReady(each) && each.spec?.nodeName === worker.name)
      },
      40_000,
    )
    await eventually('the service answers again and again', async () => {
      for (let i = 0; i < 20; i++) assert.equal((await curl(url, 1_000)).status, 200)
    })

    await start(other)
    await untilNode(other.name, 'the node is ready', each => statusOf(each) === 'True' && (each.spec?.taints ?? []).length === 0)
    await ns.until(
      Pod,
      'the moved pods are gone from it',
      pods => pods.filter(each => each.metadata.labels?.['app'] === 'moving').length === 3,
    )
    await canRun('returned', other.name)
    await eventually(`${other.name} answers`, async () => assert.equal((await curl(`http://${other.address}:${port}/`)).status, 200))
  })

  it('everything killed at once, in the middle of an update, goes on by one command', async () => {
    const version = (value: string) =>
      workload('Deployment', 'lasting', [shell('main', undefined, { env: [{ name: 'VERSION', value }] })], { replicas: 8 })
    await ns.apply(version('1'))
    await ns.kubectl('rollout status deployment/lasting --timeout=40s')
    const before = await containers()
    const files = cluster.plan.nodes.map(node => nodeLayout(layout(), node)).flatMap(each => [each.agentPid, each.containerdPid])
    for (const value of ['2', '3']) {
      await ns.apply(version(value))
      await ns.until(Pod, 'the update is under way', pods => pods.some(each => each.spec?.containers[0]?.env?.[0]?.value === value))
      await Promise.all([layout().controlPlanePid, ...files].map(kill))
      await start()
    }
    assert.match(await ns.kubectl('rollout status deployment/lasting --timeout=60s'), /successfully rolled out/)
    const pods = await ns.until(Pod, 'the old ones are gone', all => {
      const lasting = all.filter(each => each.metadata.labels?.['app'] === 'lasting')
      return lasting.length === 8 && lasting.every(each => isReady(each) && each.spec?.containers[0]?.env?.[0]?.value === '3')
    })
    const addresses = pods.map(each => each.status?.podIP)
    assert.equal(new Set(addresses).size, addresses.length, `addresses: ${addresses.join(' ')}`)
    assert.deepEqual(await containers(), before)
    for (const { name } of cluster.plan.nodes) await canRun(`back-on-${name}`, name)
  })
})
