// Reaching into pods and nodes: logs in every form, proxies, files, debugging, static pods.
import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { dirname, join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { Pod } from '../../src/api/core/pod.ts'
import { clusterLayout, nodeLayout } from '../../src/cluster/layout.ts'
import { startCluster, type TestCluster, type TestNamespace, whyNoClusters } from '../testkit/cluster.ts'
import { curl, eventually, untilObjects } from '../testkit/waiting.ts'
import { isReady, pod, service, shell, web, workload } from './manifests.ts'

describe('reaching into pods', { skip: whyNoClusters(), timeout: 120_000, concurrency: 2 }, () => {
  let cluster: TestCluster
  let ns: TestNamespace
  before(async () => {
    cluster = await startCluster()
    ns = await cluster.namespace()
  })
  after(() => cluster?.close())

  it('logs: the last lines, by time, of many pods, of an earlier life', async () => {
    const talk =
      'for i in 1 2 3 4 5; do echo line $i; done; sleep 0.2; echo trouble >&2; touch /tmp/said; trap "exit 0" TERM; sleep 1000 & wait'
    await ns.apply(workload('Deployment', 'talking', [shell('main', talk), shell('side')], { replicas: 2 }))
    await ns.kubectl('rollout status deployment/talking --timeout=40s')
    const name = await ns.kubectl('get pods -l app=talking -o jsonpath={.items[0].metadata.name}')
    await eventually('all is said', () => ns.kubectl(`exec ${name} -c main -- test -e /tmp/said`))
    const logs = (more: string) => ns.kubectl(`logs ${more}`)
    assert.equal(await logs(`${name} -c main`), 'line 1\nline 2\nline 3\nline 4\nline 5\ntrouble\n')
    assert.equal(await logs(`${name} -c main --tail=2`), 'line 5\ntrouble\n')
    assert.equal(await logs(`${name} -c main --limit-bytes=6`), 'line 1')
    assert.equal(await logs(`${name} -c main --since-time=2100-01-01T00:00:00Z`), '')
    assert.match(await logs(`${name} -c main --timestamps --tail=1`), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z trouble\n$/)
    assert.equal((await logs('-l app=talking -c main --prefix')).match(/^\[pod\/talking-\S+\/main\] line 3$/gm)?.length, 2)
    assert.match(await logs('deployment/talking --all-containers'), /line 5\n/)
    const earlier = await ns.tryKubectl(`logs ${name} -c main --previous`)
    assert.match(earlier.stderr, new RegExp(`previous terminated container "main" in pod "${name}" not found`))
    assert.match((await ns.tryKubectl(`logs ${name} -c nobody`)).stderr, /container nobody is not valid for pod/)
  })

  it('a log that goes on for long is followed without loss', async () => {
    const count = 20_000
    await ns.apply(pod('counting', [shell('main', `seq ${count}; sleep 0.2; echo end`)], { restartPolicy: 'Never' }))
    await ns.untilPod('counting', 'it has begun', each => each.status?.phase !== 'Pending')
    const text = await ns.kubectl('logs -f counting')
    assert.equal(text, `${Array.from({ length: count }, (_, i) => i + 1).join('\n')}\nend\n`)
  })

  it('by the proxies of pods, services and nodes, and by kubectl proxy', async () => {
    await ns.apply(pod('site', [web()], {}, { labels: { app: 'site' } }), service('site', 8080, 80))
    await ns.untilPod('site', 'it is ready', isReady)
    const base = `/api/v1/namespaces/${ns.name}`
    assert.match(await ns.kubectl(`get --raw ${base}/pods/site:80/proxy/`), /<title>/)
    await eventually('the service has its endpoint', async () =>
      assert.match(await ns.kubectl(`get --raw ${base}/services/site:8080/proxy/index.html`), /<title>/),
    )
    const missing = await ns.tryKubectl(`get --raw ${base}/pods/site/proxy/missing`)
    assert.match(missing.stderr, /NotFound/)
    const node = `/api/v1/nodes/${cluster.name}-control-plane/proxy`
    assert.equal(await cluster.kubectl(`get --raw ${node}/healthz`), 'ok')
    assert.match(await cluster.kubectl(`get --raw ${node}/pods`), /"kind":"PodList"/)
    const proxying = cluster.kubectlBeside('proxy --port=0')
    try {
      const [, port] = await proxying.says(/Starting to serve on 127\.0\.0\.1:(\d+)/)
      const page = await curl(`http://127.0.0.1:${port}${base}/services/http:site:/proxy/`)
      assert.equal(page.status, 200, page.body)
    } finally {
      await proxying.stop()
    }
  })

  it('by files: directories both ways', async () => {
    const from = join(cluster.dir, 'from')
    mkdirSync(join(from, 'sub'), { recursive: true })
    const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, i) => (i * 7919) % 256))
    writeFileSync(join(from, 'sub', 'bytes'), bytes)
    await ns.apply(pod('shelf', [shell('main')]))
    await ns.untilPod('shelf', 'it is ready', isReady)
    await ns.kubectl(`cp ${from} shelf:/tmp/there`)
    await ns.kubectl(`cp shelf:/tmp/there ${join(cluster.dir, 'back')}`)
    assert(bytes.equals(readFileSync(join(cluster.dir, 'back', 'sub', 'bytes'))), 'the bytes are the same')
  })

  it('many at once', async () => {
    await ns.apply(pod('busy', [shell('main')]))
    await ns.untilPod('busy', 'it is ready', isReady)
    const said = await Promise.all(
      Array.from({ length: 8 }, (_, i) => ns.kubectl(['exec', 'busy', '--', 'sh', '-c', `sleep 0.2; echo ${i}`])),
    )
    assert.deepEqual(
      said,
      Array.from({ length: 8 }, (_, i) => `${i}\n`),
    )
  })

  describe('with SPDY, as older clients do', () => {
    const env = { KUBECTL_REMOTE_COMMAND_WEBSOCKETS: 'false', KUBECTL_PORT_FORWARD_WEBSOCKETS: 'false' }
    const script = 'trap "exit 0" TERM; (while true; do nc -l -p 7000 -e cat; done) & while read line; do echo got $line; done; wait'
    before(async () => {
      await ns.apply(pod('older', [shell('main', script, { stdin: true }), web()]))
      await ns.untilPod('older', 'it is ready', isReady)
    })

    it('exec: with input, on a terminal, with exit codes', async () => {
      const asked = await ns.tryKubectl(['exec', '-v=7', 'older', '-c', 'main', '--', 'sh', '-c', 'echo out; echo err >&2; exit 3'], {
        env,
      })
      assert.match(asked.stderr, /POST https:\/\/\S+\/pods\/older\/exec\?/, 'the older protocol begins with a POST')
      assert.deepEqual([asked.code, asked.stdout], [3, 'out\n'])
      assert.match(asked.stderr, /^err$/m)
      const input = `${'0123456789abcdef'.repeat(64)}\n`.repeat(2000)
      assert.equal(await ns.kubectl('exec -i older -c main -- cat', { env, input }), input)
      const typed = await ns.kubectlTty('exec -it older -c main -- sh', { env, input: 'echo I am $(hostname)\ntty\nexit 7\n' })
      assert.match(typed.stdout, /^I am older$/m)
      assert.match(typed.stdout, /^\/dev\/pts\/\d+$/m)
      assert.equal(typed.code, 7)
    })

    it('attach: to what runs already', async () => {
      const attached = ns.kubectlBeside('attach -i older -c main -v=7', { env })
      try {
        await attached.says(/POST https:\/\/\S+\/pods\/older\/attach\?/)
        attached.type('hello\n')
        await attached.says(/^got hello$/m)
      } finally {
        await attached.stop()
      }
    })

    it('port-forward: of two ports, with much data, several connections at once', async () => {
      const forwarding = ns.kubectlBeside('port-forward pod/older :7000 :80 -v=7', { env })
      try {
        const [, echoing] = await forwarding.says(/Forwarding from 127\.0\.0\.1:(\d+) -> 7000/)
        const [, serving] = await forwarding.says(/Forwarding from 127\.0\.0\.1:(\d+) -> 80/)
        await forwarding.says(/POST https:\/\/\S+\/pods\/older\/portforward/)
        const pages = Array.from({ length: 5 }, () => curl(`http://127.0.0.1:${serving}/`))
        const [bytes, ...answers] = await Promise.all([echoed(Number(echoing), 2_000_000), ...pages])
        assert.deepEqual([bytes, ...answers.map(({ status }) => status)], [2_000_000, 200, 200, 200, 200, 200])
      } finally {
        await forwarding.stop()
      }
    })
  })

  it('a node, by a debugging pod', async () => {
    const words = [
      'debug',
      `node/${cluster.name}-control-plane`,
      '--image=busybox',
      '--image-pull-policy=IfNotPresent',
      '--profile=general',
    ]
    const made = await ns.kubectl([...words, '--', 'sh', '-c', 'hostname; test -d /host/etc && echo root'])
    const name = /pod (node-debugger-\S+) /.exec(made)?.[1] ?? ''
    await ns.untilPod(name, 'it ends', each => each.status?.phase === 'Succeeded')
    assert.equal(await ns.kubectl(`logs ${name}`), `${cluster.name}-control-plane\nroot\n`)
  })

  it('a static pod: it comes with its manifest, cannot be deleted by the API, and goes with its manifest', async () => {
    const node = cluster.plan.nodes[0]
    assert(node)
    const source = nodeLayout(clusterLayout(cluster.roots, cluster.name), node).binds.find(([inside]) => inside === '/etc/kubernetes')?.[1]
    const file = join(source ?? '', 'manifests', 'static.json')
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, JSON.stringify(pod('static', [shell('main', 'echo from a manifest; trap "exit 0" TERM; sleep 1000 & wait')])))
    const name = `static-${node.name}`
    const selection = { namespace: 'default', fieldSelector: `metadata.name=${name}` }
    const until = (what: string, condition: (pods: readonly Pod[]) => boolean) =>
      untilObjects(cluster.client, Pod, selection, what, condition, 40_000)
    const [mirror] = await until('its mirror is ready', ([each]) => each !== undefined && isReady(each))
    const id = mirror?.status?.containerStatuses?.[0]?.containerID
    assert.equal(await cluster.kubectl(`logs --namespace default ${name}`), 'from a manifest\n')
    await cluster.kubectl(`delete pod --namespace default ${name} --force`)
    const [again] = await until(
      'the mirror comes back',
      ([each]) => each !== undefined && each.metadata.uid !== mirror?.metadata.uid && isReady(each),
    )
    assert.equal(again?.status?.containerStatuses?.[0]?.containerID, id, 'its container went on')
    assert(existsSync(file))
    rmSync(file)
    await until('it goes', pods => pods.length === 0)
  })
})

/** How many bytes come back of as many that are sent. */
function echoed(port: number, bytes: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port })
    let size = 0
    socket.setTimeout(20_000, () => reject(new Error(`${size} bytes came back`)))
    socket.on('data', piece => {
      size += piece.length
      if (size >= bytes) socket.end(() => resolve(size))
    })
    socket.on('error', reject)
    socket.on('close', () => reject(new Error(`${size} bytes came back, then it was closed`)))
    socket.write(Buffer.alloc(bytes, 'abcdefgh'))
  })
}
