// What nodes and pods use: `kubectl top`, and what kubelets tell to whoever may ask.
import assert from 'node:assert/strict'
import { get } from 'node:https'
import { text } from 'node:stream/consumers'
import { after, before, describe, it } from 'node:test'
import { startCluster, type TestCluster, type TestNamespace, whyNoClusters } from '../testkit/cluster.ts'
import { eventually } from '../testkit/waiting.ts'
import { isReady, pod, shell, web } from './manifests.ts'

interface Amounts {
  readonly cpu: { readonly usageNanoCores?: number; readonly usageCoreNanoSeconds: number }
  readonly memory: { readonly workingSetBytes: number }
}
interface Summary {
  readonly node: Amounts & { readonly nodeName: string; readonly fs: { readonly capacityBytes: number }; readonly network: object }
  readonly pods: readonly (Amounts & {
    readonly podRef: { readonly name: string }
    readonly network?: { readonly name: string; readonly rxBytes: number }
    readonly containers: readonly (Amounts & { readonly name: string; readonly rootfs: { readonly usedBytes: number } })[]
  })[]
}

describe('what is used', { skip: whyNoClusters(), timeout: 120_000 }, () => {
  let cluster: TestCluster
  let ns: TestNamespace
  let node: string
  before(async () => {
    cluster = await startCluster({ name: `metrics-${process.pid}` })
    node = `${cluster.name}-control-plane`
    ns = await cluster.namespace()
    const busy = shell('busy', 'trap "exit 0" TERM; (while :; do :; done) & wait', {
      resources: { limits: { cpu: '200m', memory: '64Mi' } },
    })
    await ns.apply(pod('works', [busy, shell('idle')], {}, { labels: { app: 'works' } }), pod('site', [web()]))
    await Promise.all(['works', 'site'].map(name => ns.untilPod(name, 'it is ready', isReady)))
  })
  after(() => cluster?.close())

  it('by nodes', async () => {
    const [, cpu, cpuShare, memory, memoryShare] =
      new RegExp(`^${node} +(\\d+)m +(\\d+)% +(\\d+)Mi +(\\d+)%`, 'm').exec(await cluster.kubectl('top nodes')) ?? []
    assert.ok(Number(cpu) >= 100 && Number(memory) > 20, `${cpu}m ${memory}Mi`)
    assert.ok(Number(cpuShare) > 0 && Number(memoryShare) <= 100)
  })

  it('by pods and containers, sorted and chosen', async () => {
    await eventually('the busy one has a figure', async () => {
      const [, cpu] = /^works +(\d+)m +\d+Mi/m.exec(await ns.kubectl('top pods --sort-by=cpu')) ?? []
      assert.ok(Number(cpu) >= 100 && Number(cpu) <= 300, `${cpu}m`)
    })
    assert.match(await ns.kubectl('top pods --sort-by=cpu --no-headers'), /^works .*\nsite .*\n$/)
    const containers = await ns.kubectl('top pod works --containers')
    assert.match(containers, /^works +busy +[12]\d\dm +\d+Mi/m)
    assert.match(containers, /^works +idle +\d{1,2}m +\d+Mi/m)
    assert.doesNotMatch(await ns.kubectl('top pods -l app=works'), /site/)
    assert.match((await ns.tryKubectl('top pod nobody')).stderr, /pods "nobody" not found/)
    assert.match(await ns.kubectl('get podmetrics'), /^NAME +CPU +MEMORY +WINDOW\n/)
  })

  it('as kubelets summarise it', async () => {
    const path = `/api/v1/nodes/${node}/proxy/stats/summary`
    await eventually('there are rates', async () => {
      const summary = JSON.parse(await cluster.kubectl(`get --raw ${path}`)) as Summary
      assert.equal(summary.node.nodeName, node)
      assert.ok(summary.node.memory.workingSetBytes > 0 && summary.node.fs.capacityBytes > 0 && summary.node.network)
      const works = summary.pods.find(({ podRef }) => podRef.name === 'works')
      const busy = works?.containers.find(({ name }) => name === 'busy')
      assert.ok(works && busy)
      const cores = (busy.cpu.usageNanoCores ?? 0) / 1e9
      assert.ok(cores > 0.1 && cores < 0.3, `${cores}`)
      assert.ok(works.cpu.usageCoreNanoSeconds >= busy.cpu.usageCoreNanoSeconds / 2)
      assert.equal(works.network?.name, 'eth0')
    })
  })

  it('to a program with a token, if its roles allow it', async () => {
    await ns.kubectl('create serviceaccount scraper')
    const token = (await ns.kubectl('create token scraper')).trim()
    const kubelet = `https://${cluster.plan.nodes[0]?.address}:10250`
    assert.equal((await ask(`${kubelet}/metrics/resource`, 'nobody')).status, 401)
    assert.equal((await ask(`${kubelet}/metrics/resource`, token)).status, 403)
    await cluster.kubectl('create clusterrole scraper --verb=get --resource=nodes/stats')
    await cluster.kubectl(`create clusterrolebinding scraper --clusterrole=scraper --serviceaccount=${ns.name}:scraper`)
    const { status, body } = await ask(`${kubelet}/stats/summary`, token)
    assert.equal(status, 200)
    assert.equal((JSON.parse(body) as Summary).node.nodeName, node)
    assert.equal((await ask(`${kubelet}/metrics/resource`, token)).status, 403)
  })
})

/** As whoever the token is of; the kubelet's certificate is not the matter here. */
function ask(url: string, token: string): Promise<{ readonly status: number; readonly body: string }> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${token}` }
    get(url, { headers, rejectUnauthorized: false, agent: false, signal: AbortSignal.timeout(5000) }, answer => {
      text(answer).then(body => resolve({ status: answer.statusCode ?? 0, body }), reject)
    }).once('error', reject)
  })
}
