// metrics.k8s.io at the rim, over kubelets that say what the test says: the figures, in every form, and who takes over.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { after, before, describe, it } from 'node:test'
import type { TLSSocket } from 'node:tls'
import { issue } from '../../src/platform/certificate.ts'
import { type Json, type Requests, requestsOver } from '../testkit/api-requests.ts'
import { startTestServer, type TestServer } from '../testkit/api-server.ts'

const root = '/apis/metrics.k8s.io/v1beta1'
const life = { notBefore: Date.now() - 60_000, notAfter: Date.now() + 3_600_000 }

/** Half a processor is busy all the time in `web`, a quarter in its helper. */
function exposition(): string {
  const at = Date.now()
  const seconds = at / 1000
  const container = (name: string, cpu: number, bytes: number) =>
    `container_cpu_usage_seconds_total{container="${name}",namespace="default",pod="web"} ${cpu} ${at}
container_memory_working_set_bytes{container="${name}",namespace="default",pod="web"} ${bytes} ${at}
`
  return `node_cpu_usage_seconds_total ${seconds * 2} ${at}
node_memory_working_set_bytes 1073741824 ${at}
${container('app', seconds / 2, 3145728)}${container('helper', seconds / 4, 1024)}`
}

describe('The metrics of nodes and pods', () => {
  let t: TestServer
  let admin: Requests
  let reads = 0
  const callers = new Set<string | undefined>()
  let kubelet: ReturnType<typeof createServer>

  before(async () => {
    t = await startTestServer()
    const { ca, admin: pair } = t.pki
    admin = requestsOver('HTTP/2', t.url, { ca: ca.certificate, cert: pair.certificate, key: pair.key })
    const serving = issue({ subject: { commonName: 'n1' }, usage: 'server', alternativeNames: ['127.0.0.1'], ...life }, ca)
    kubelet = createServer({ cert: serving.certificate, key: serving.key, ca: ca.certificate, requestCert: true }, (asked, answer) => {
      reads++
      callers.add([(asked.socket as TLSSocket).getPeerCertificate().subject.CN].flat()[0])
      if (asked.url === '/metrics/resource') answer.end(exposition())
      else answer.writeHead(404).end()
    })
    kubelet.listen(0, '127.0.0.1')
    await once(kubelet, 'listening')
    const { port } = kubelet.address() as AddressInfo
    const node = async (name: string, kubeletPort: number, labels: Json) => {
      const addresses = [{ type: 'InternalIP', address: '127.0.0.1' }]
      const status = { addresses, daemonEndpoints: { kubeletEndpoint: { Port: kubeletPort } } }
      assert.equal((await admin.send('POST', '/api/v1/nodes', { body: { metadata: { name, labels }, status } })).code, 201)
    }
    await node('n1', port, { zone: 'a' })
    await node('silent', 1, { zone: 'b' })
    await admin.send('POST', '/api/v1/namespaces/default/serviceaccounts', { body: { metadata: { name: 'default' } } })
    const pod = async (name: string, nodeName: string | undefined, labels: Json) => {
      const body = { metadata: { name, labels }, spec: { nodeName, containers: [{ name: 'app', image: 'i' }] } }
      assert.equal((await admin.send('POST', '/api/v1/namespaces/default/pods', { body })).code, 201)
    }
    await pod('web', 'n1', { app: 'web' })
    await pod('waiting', undefined, { app: 'waiting' })
  })
  after(async () => {
    admin.close()
    await t.close()
    kubelet.closeAllConnections()
    kubelet.close()
  })

  it('are what the kubelets tell, who are asked as the API server and not more often than needed', async () => {
    const { code, json } = await admin.send('GET', `${root}/nodes`)
    assert.deepEqual([code, json['kind'], json['items'].length], [200, 'NodeMetricsList', 1])
    const [{ metadata, timestamp, window, usage }] = json['items']
    assert.deepEqual([metadata.name, metadata.labels, usage.memory], ['n1', { zone: 'a' }, '1Gi'])
    assert.match(usage.cpu, /^(2|[12]\d{3,9}[mun])$/)
    assert.match(window, /^\d+(\.\d+)?m?s$/)
    assert.ok(Math.abs(Date.parse(timestamp) - Date.now()) < 10_000)
    const pods = await admin.send('GET', `${root}/namespaces/default/pods`)
    const told = pods.json['items'].map((each: Json) => [each['metadata'].name, each['containers'].map((c: Json) => c['usage'].memory)])
    assert.deepEqual(told, [['web', ['3Mi', '1Ki']]])
    const one = await admin.send('GET', `${root}/namespaces/default/pods/web`)
    assert.deepEqual([one.json['kind'], one.json['containers'].length], ['PodMetrics', 2])
    assert.deepEqual([reads, [...callers]], [2, ['kube-apiserver-kubelet-client']])
  })

  it('are chosen by labels and fields', async () => {
    const names = async (path: string) =>
      (await admin.send('GET', `${root}${path}`)).json['items'].map((each: Json) => each['metadata'].name)
    assert.deepEqual(await names('/nodes?labelSelector=zone%3Da'), ['n1'])
    assert.deepEqual(await names('/nodes?labelSelector=zone%3Db'), [])
    assert.deepEqual(await names('/pods?labelSelector=app%3Dweb'), ['web'])
    assert.deepEqual(await names('/pods?fieldSelector=metadata.name%3Dother'), [])
    assert.deepEqual(await names('/namespaces/kube-system/pods'), [])
  })

  it('are not found where there are none, and cannot be written or watched', async () => {
    const message = async (method: string, path: string) => {
      const { code, json } = await admin.send(method, `${root}${path}`)
      return [code, json['message']]
    }
    assert.deepEqual(await message('GET', '/nodes/none'), [404, 'nodes "none" not found'])
    assert.deepEqual(await message('GET', '/nodes/silent'), [404, 'nodemetrics.metrics.k8s.io "silent" not found'])
    assert.deepEqual(await message('GET', '/namespaces/default/pods/none'), [404, 'pods "none" not found'])
    assert.deepEqual(await message('GET', '/namespaces/default/pods/waiting'), [
      404,
      'podmetrics.metrics.k8s.io "default/waiting" not found',
    ])
    assert.equal((await message('DELETE', '/nodes/n1'))[0], 405)
    assert.equal((await message('GET', '/nodes?watch=true'))[0], 405)
  })

  it('show as tables and as Protocol Buffers, and are part of discovery', async () => {
    const table = await admin.send('GET', `${root}/namespaces/default/pods`, {
      headers: { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' },
    })
    assert.deepEqual(
      table.json['columnDefinitions'].map((column: Json) => column['name']),
      ['Name', 'cpu', 'memory', 'Window'],
    )
    assert.deepEqual([table.json['rows'][0].cells[0], table.json['rows'][0].cells[2]], ['web', '3073Ki'])
    const proto = await admin.send('GET', `${root}/nodes`, { headers: { accept: 'application/vnd.kubernetes.protobuf' } })
    assert.equal(proto.headers['content-type'], 'application/vnd.kubernetes.protobuf')
    assert.match(proto.text, /^k8s\0.*NodeMetricsList.*n1/s)
    const { json } = await admin.send('GET', root)
    assert.deepEqual(
      json['resources'].map((each: Json) => [each['name'], each['kind'], each['namespaced'], each['verbs']]),
      [
        ['nodes', 'NodeMetrics', false, ['get', 'list']],
        ['pods', 'PodMetrics', true, ['get', 'list']],
      ],
    )
  })

  it('may be read by viewers', async () => {
    const { json } = await admin.send('GET', '/apis/rbac.authorization.k8s.io/v1/clusterroles/system:aggregate-metrics-to-view')
    assert.equal(json['metadata'].labels['rbac.authorization.k8s.io/aggregate-to-view'], 'true')
  })

  it('are left to whoever has registered for them, for as long as they have', async () => {
    const services = '/apis/apiregistration.k8s.io/v1/apiservices'
    const name = 'v1beta1.metrics.k8s.io'
    const service = { name: 'metrics-server', namespace: 'kube-system' }
    const version = { group: 'metrics.k8s.io', version: 'v1beta1', groupPriorityMinimum: 100, versionPriority: 100 }
    const body = { metadata: { name }, spec: { ...version, service, insecureSkipTLSVerify: true } }
    assert.equal((await admin.send('POST', services, { body })).code, 201)
    assert.equal((await admin.send('GET', `${root}/nodes`)).code, 503)
    assert.equal((await admin.send('DELETE', `${services}/${name}`)).code, 200)
    assert.equal((await admin.send('GET', `${root}/nodes`)).code, 200)
  })
})
