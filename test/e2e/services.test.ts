// Services from every side: within pods, from nodes, from the machine; and what happens while their endpoints change.
import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { connect } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { EndpointSlice } from '../../src/api/discovery/endpoint-slice.ts'
import { startCluster, type TestCluster, type TestNamespace, whyNoClusters } from '../testkit/cluster.ts'
import { curl, eventually } from '../testkit/waiting.ts'
import { isReady, pod, service, shell, workload } from './manifests.ts'

/** A web server that answers with its pod's name. */
const echo = shell('echo', 'mkdir /www; hostname > /www/index.html; trap "exit 0" TERM; httpd -f -p 8080 -h /www & wait')

describe('services', { skip: whyNoClusters(), timeout: 180_000, concurrency: 2 }, () => {
  let cluster: TestCluster
  let ns: TestNamespace
  before(async () => {
    cluster = await startCluster({ workers: 1 })
    ns = await cluster.namespace()
    const [first, second] = cluster.plan.nodes.map(node => node.name)
    await ns.apply(
      pod('client-1', [shell('main')], { nodeName: first }),
      pod('client-2', [shell('main')], { nodeName: second }),
      workload('Deployment', 'echo', [{ ...echo, readinessProbe: { tcpSocket: { port: 8080 }, periodSeconds: 1 } }], { replicas: 3 }),
    )
    await ns.kubectl('rollout status deployment/echo --timeout=40s')
    for (const name of ['client-1', 'client-2']) await ns.untilPod(name, 'it is ready', isReady)
  })
  after(() => cluster?.close())

  const address = (name: string) => ns.kubectl(`get service ${name} -o jsonpath={.spec.clusterIP}`)
  const ask = async (client: string, url: string) =>
    (await ns.kubectl(['exec', client, '--', 'timeout', '5', 'wget', '-q', '-O', '-', url])).trim()
  const slices = (name: string, what: string, condition: (addresses: readonly string[]) => boolean) =>
    ns.until(EndpointSlice, what, all =>
      condition(
        all
          .filter(each => each.metadata.labels?.['kubernetes.io/service-name'] === name)
          .flatMap(each => (each.endpoints ?? []).flatMap(e => e.addresses)),
      ),
    )

  it('a ClusterIP spreads over all pods, from every node', async () => {
    await ns.apply(service('echo', 80, 8080))
    await slices('echo', 'three endpoints', addresses => addresses.length === 3)
    const url = `http://${await address('echo')}/`
    for (const client of ['client-1', 'client-2']) {
      await eventually(`${client} gets an answer`, () => ask(client, url))
      const script = `for i in $(seq 40); do timeout 5 wget -q -O - ${url}; done`
      const names = (await ns.kubectl(['exec', client, '--', 'sh', '-c', script])).trim().split('\n')
      assert.equal(names.length, 40)
      assert.equal(new Set(names).size, 3, `answers of ${client}: ${names.join(' ')}`)
    }
  })

  it('session affinity stays with one pod', async () => {
    await ns.apply({ ...service('sticky', 80, 8080, { selector: { app: 'echo' }, sessionAffinity: 'ClientIP' }) })
    const url = `http://${await address('sticky')}/`
    await eventually('it answers', () => ask('client-1', url))
    const names = await ns.kubectl(['exec', 'client-1', '--', 'sh', '-c', `for i in $(seq 12); do timeout 5 wget -q -O - ${url}; done`])
    assert.equal(new Set(names.trim().split('\n')).size, 1)
  })

  it('a NodePort answers on every node, a headless Service has addresses alone', async () => {
    await ns.apply(service('outside', 80, 8080, { selector: { app: 'echo' }, type: 'NodePort' }))
    const port = await ns.kubectl('get service outside -o jsonpath={.spec.ports[0].nodePort}')
    for (const node of cluster.plan.nodes)
      await eventually(`${node.name} answers`, async () => assert.match((await curl(`http://${node.address}:${port}/`)).body, /^echo-/))
    await ns.apply(service('headless', 80, 8080, { selector: { app: 'echo' }, clusterIP: 'None' }))
    await slices('headless', 'it has endpoints', addresses => addresses.length === 3)
    assert.match(await ns.kubectl('get service headless'), /^headless +ClusterIP +None +<none> +80\/TCP /m)
  })

  it('UDP, to endpoints that are no pods', async () => {
    const server = createSocket('udp4')
    // As a TFTP server: any request is answered with one block of data, which is the last because it is short.
    server.on('message', (message, from) => {
      const isRequest = message.readUInt16BE(0) === 1
      if (isRequest) server.send(Buffer.concat([Buffer.from([0, 3, 0, 1]), Buffer.from('by UDP\n')]), from.port, from.address)
    })
    await new Promise<void>(resolve => server.bind(0, cluster.plan.gateway, resolve))
    try {
      const ports = [{ name: '', port: server.address().port, protocol: 'UDP' }]
      const labels = { 'kubernetes.io/service-name': 'outer' }
      await ns.apply(
        { apiVersion: 'v1', kind: 'Service', metadata: { name: 'outer' }, spec: { ports: [{ port: 69, protocol: 'UDP' }] } },
        {
          apiVersion: 'discovery.k8s.io/v1',
          kind: 'EndpointSlice',
          metadata: { name: 'outer-1', labels },
          addressType: 'IPv4',
          ports,
          endpoints: [{ addresses: [cluster.plan.gateway] }],
        },
      )
      const url = await address('outer')
      for (const client of ['client-1', 'client-2'])
        await eventually(`${client} gets the file`, async () =>
          assert.equal(
            await ns.kubectl(['exec', client, '--', 'timeout', '5', 'tftp', '-g', '-r', 'x', '-l', '/dev/stdout', url]),
            'by UDP\n',
          ),
        )
    } finally {
      server.close()
    }
  })

  it('a Service without pods refuses, and answers as soon as there is one', async () => {
    await ns.apply(service('later', 80, 8080))
    const url = `http://${await address('later')}/`
    await eventually('it refuses', async () => {
      const refused = await ns.tryKubectl(['exec', 'client-1', '--', 'timeout', '5', 'wget', '-q', '-O', '-', url])
      assert.match(refused.stderr, /Connection refused/)
    })
    await ns.apply(pod('later', [echo], {}, { labels: { app: 'later' } }))
    await ns.untilPod('later', 'it is ready', isReady)
    await eventually('it answers', async () => assert.equal(await ask('client-1', url), 'later'))
    assert.equal(await ask('client-2', url), 'later')
    // A pod reaches itself by its Service too.
    assert.equal(await ask('later', url), 'later')
  })

  it('no request is lost while a Deployment is updated and scaled', async () => {
    await ns.apply(
      workload(
        'Deployment',
        'steady',
        [
          {
            ...echo,
            readinessProbe: { tcpSocket: { port: 8080 }, periodSeconds: 1 },
            lifecycle: { preStop: { exec: { command: ['sleep', '2'] } } },
          },
        ],
        { replicas: 2, strategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } } },
      ),
      service('steady', 80, 8080, { type: 'NodePort' }),
    )
    await ns.kubectl('rollout status deployment/steady --timeout=40s')
    const port = await ns.kubectl('get service steady -o jsonpath={.spec.ports[0].nodePort}')
    const url = `http://${cluster.plan.nodes[0]?.address}:${port}/`
    await eventually('it answers', () => curl(url))
    const failures: string[] = []
    let answers = 0
    const done = new AbortController()
    const load = (async () => {
      while (!done.signal.aborted) {
        await curl(url).then(
          () => answers++,
          error => failures.push(String(error)),
        )
      }
    })()
    try {
      await ns.kubectl('set env deployment/steady VERSION=2')
      await ns.kubectl('rollout status deployment/steady --timeout=60s')
      await ns.kubectl('scale deployment/steady --replicas=1')
    } finally {
      done.abort()
      await load
    }
    assert(answers > 50, `${answers} answers`)
    assert.deepEqual(failures, [])
  })

  it('port-forward to a pod carries much data both ways', async () => {
    const script = 'trap "exit 0" TERM; (while true; do nc -l -p 7000 -e cat; done) & wait'
    await ns.apply(pod('cat', [shell('cat', script)]))
    await ns.untilPod('cat', 'it is ready', isReady)
    const forwarding = ns.kubectlBeside('port-forward pod/cat :7000')
    try {
      const [, port] = await forwarding.says(/Forwarding from 127\.0\.0\.1:(\d+) -> 7000/)
      const sent = Buffer.alloc(2_000_000, 'abcdefgh')
      const received = await new Promise<number>((resolve, reject) => {
        const socket = connect({ host: '127.0.0.1', port: Number(port) })
        let size = 0
        socket.setTimeout(20_000, () => reject(new Error(`${size} bytes came back`)))
        socket.on('data', piece => {
          size += piece.length
          if (size >= sent.length) socket.end(() => resolve(size))
        })
        socket.on('error', reject)
        socket.write(sent)
      })
      assert.equal(received, sent.length)
    } finally {
      await forwarding.stop()
    }
  })
})
