// A client that others wrote, @kubernetes/client-node, against a running server: what operators in JavaScript do all day.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer as createHttpsServer } from 'node:https'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import { after, before, describe, type TestContext, test } from 'node:test'
import {
  ApiException,
  AppsV1Api,
  CoordinationV1Api,
  CoreV1Api,
  CustomObjectsApi,
  Exec,
  KubeConfig,
  KubernetesObjectApi,
  Metrics,
  makeInformer,
  PatchStrategy,
  setHeaderOptions,
  type V1ConfigMap,
  type V1Lease,
  Watch,
} from '@kubernetes/client-node'
import { WebSocketServer } from 'ws'
import { startTestServer, type TestServer } from '../testkit/api-server.ts'
import { kubeconfig } from '../testkit/kubectl.ts'
import { eventually } from '../testkit/waiting.ts'

const namespace = 'default'
const as = (strategy: PatchStrategy) => setHeaderOptions('Content-Type', strategy)
const codeOf = (error: unknown) => (error instanceof ApiException ? error.code : error)
const configMap = (name: string, data: Record<string, string> = {}): V1ConfigMap => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace },
  data,
})

/** A way to the server that can be cut. */
async function passage(t: TestContext, url: string) {
  const sockets = new Set<Socket>()
  const way = createServer(socket => {
    const onward = connect(Number(new URL(url).port), '127.0.0.1')
    for (const each of [socket, onward]) {
      sockets.add(each)
      each.on('error', () => {}).on('close', () => sockets.delete(each))
    }
    socket.pipe(onward).pipe(socket)
  })
  way.listen(0, '127.0.0.1')
  await once(way, 'listening')
  const cut = () => {
    for (const socket of sockets) socket.destroy()
  }
  t.after(() => {
    cut()
    way.close()
  })
  return { url: `https://127.0.0.1:${(way.address() as AddressInfo).port}`, cut }
}

describe('@kubernetes/client-node', () => {
  let server: TestServer
  let config: KubeConfig
  let core: CoreV1Api

  const configFor = (of: TestServer) => {
    const made = new KubeConfig()
    made.loadFromString(kubeconfig(of))
    return made
  }
  before(async () => {
    server = await startTestServer()
    config = configFor(server)
    core = config.makeApiClient(CoreV1Api)
    await core.createNamespacedServiceAccount({ namespace, body: { metadata: { name: 'default' } } })
  })
  after(() => server.close())

  test('creates, gets, lists, replaces, patches and deletes', async () => {
    const created = await core.createNamespacedConfigMap({ namespace, body: configMap('one', { a: '1' }) })
    assert.ok(created.metadata?.creationTimestamp instanceof Date && created.metadata.uid)
    await assert.rejects(core.createNamespacedConfigMap({ namespace, body: configMap('one') }), error => codeOf(error) === 409)
    assert.deepEqual((await core.readNamespacedConfigMap({ namespace, name: 'one' })).data, { a: '1' })
    const replaced = await core.replaceNamespacedConfigMap({ namespace, name: 'one', body: { ...created, data: { a: '2' } } })
    assert.notEqual(replaced.metadata?.resourceVersion, created.metadata?.resourceVersion)
    await assert.rejects(core.replaceNamespacedConfigMap({ namespace, name: 'one', body: created }), error => codeOf(error) === 409)

    const patches: readonly [PatchStrategy, unknown, string][] = [
      [PatchStrategy.JsonPatch, [{ op: 'replace', path: '/data/a', value: '3' }], '3'],
      [PatchStrategy.MergePatch, { data: { a: '4' } }, '4'],
      [PatchStrategy.StrategicMergePatch, { data: { a: '5' } }, '5'],
    ]
    for (const [strategy, body, expected] of patches) {
      const { data } = await core.patchNamespacedConfigMap({ namespace, name: 'one', body }, as(strategy))
      assert.deepEqual(data, { a: expected }, strategy)
    }
    const page = await core.listNamespacedConfigMap({ namespace, limit: 1, fieldSelector: 'metadata.name=one' })
    assert.deepEqual(
      page.items.map(({ metadata }) => metadata?.name),
      ['one'],
    )
    assert.equal((await core.deleteNamespacedConfigMap({ namespace, name: 'one' })).status, 'Success')
    await assert.rejects(core.readNamespacedConfigMap({ namespace, name: 'one' }), error => codeOf(error) === 404)
  })

  test('applies on the server, and is told of conflicts', async () => {
    const apply = (fieldManager: string, value: string, force = false) =>
      core.patchNamespacedConfigMap(
        { namespace, name: 'applied', fieldManager, force, body: configMap('applied', { a: value }) },
        as(PatchStrategy.ServerSideApply),
      )
    const first = await apply('red', '1')
    assert.equal((await apply('red', '1')).metadata?.resourceVersion, first.metadata?.resourceVersion)
    await assert.rejects(apply('blue', '2'), error => codeOf(error) === 409 && /FieldManagerConflict/.test(String(error)))
    const forced = await apply('blue', '2', true)
    assert.deepEqual(
      forced.metadata?.managedFields?.map(({ manager, operation }) => `${manager} ${operation}`),
      ['blue Apply'],
    )
  })

  test('objects of any kind, and custom ones', async () => {
    const objects = KubernetesObjectApi.makeApiClient(config)
    const labels = { app: 'any' }
    const template = { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'nginx' }] } }
    const deployment = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'any', namespace },
      spec: { selector: { matchLabels: labels }, template },
    }
    await objects.create(deployment)
    await objects.patch(
      { ...deployment, spec: { ...deployment.spec, replicas: 3 } },
      undefined,
      undefined,
      undefined,
      undefined,
      PatchStrategy.MergePatch,
    )
    const apps = config.makeApiClient(AppsV1Api)
    assert.equal((await apps.readNamespacedDeploymentScale({ namespace, name: 'any' })).spec?.replicas, 3)
    assert.equal((await objects.list('apps/v1', 'Deployment', namespace)).items.length, 1)
    await objects.delete(deployment)

    await objects.create({
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: 'toys.example.com' },
      spec: {
        group: 'example.com',
        scope: 'Namespaced',
        names: { plural: 'toys', kind: 'Toy' },
        versions: [
          {
            name: 'v1',
            served: true,
            storage: true,
            schema: { openAPIV3Schema: { type: 'object', x_kubernetes_preserve_unknown_fields: true } },
          },
        ],
      },
    } as { apiVersion: string; kind: string })
    const custom = config.makeApiClient(CustomObjectsApi)
    const toys = { group: 'example.com', version: 'v1', namespace, plural: 'toys' }
    const toy = { apiVersion: 'example.com/v1', kind: 'Toy', metadata: { name: 'ball' }, size: 1 }
    await eventually('the resource is served', () => custom.createNamespacedCustomObject({ ...toys, body: toy }))
    await custom.patchNamespacedCustomObject({ ...toys, name: 'ball', body: { size: 2 } }, as(PatchStrategy.MergePatch))
    const { items } = (await custom.listNamespacedCustomObject(toys)) as { readonly items: readonly { readonly size: number }[] }
    assert.deepEqual(
      items.map(({ size }) => size),
      [2],
    )
  })

  test('watches', async t => {
    const seen: string[] = []
    const ended = Promise.withResolvers<void>()
    const watching = await new Watch(config).watch(
      `/api/v1/namespaces/${namespace}/configmaps`,
      { fieldSelector: 'metadata.name=seen', allowWatchBookmarks: true },
      (phase, object: V1ConfigMap) => seen.push(`${phase} ${object.metadata?.name}`),
      () => ended.resolve(),
    )
    t.after(() => watching.abort())
    await core.createNamespacedConfigMap({ namespace, body: configMap('seen') })
    await core.patchNamespacedConfigMap({ namespace, name: 'seen', body: { data: { a: '1' } } }, as(PatchStrategy.MergePatch))
    await core.deleteNamespacedConfigMap({ namespace, name: 'seen' })
    await eventually('the deletion is seen', () => assert.deepEqual(seen, ['ADDED seen', 'MODIFIED seen', 'DELETED seen']))
    watching.abort()
    await ended.promise
  })

  test('keeps a cache by an informer, also over a cut connection', async t => {
    const way = await passage(t, server.url)
    const through = configFor({ ...server, url: way.url })
    const client = through.makeApiClient(CoreV1Api)
    const labelSelector = 'cached=yes'
    const labelled = (name: string): V1ConfigMap => ({ ...configMap(name), metadata: { name, namespace, labels: { cached: 'yes' } } })
    const path = `/api/v1/namespaces/${namespace}/configmaps`
    const informer = makeInformer(through, path, () => client.listNamespacedConfigMap({ namespace, labelSelector }), labelSelector)
    let isStopped = false
    let connections = 0
    informer.on('connect', () => connections++)
    informer.on('error', () => {
      if (!isStopped) setTimeout(() => void informer.start().catch(() => {}), 50)
    })
    t.after(async () => {
      isStopped = true
      await informer.stop()
    })
    const names = () =>
      informer
        .list(namespace)
        .map(({ metadata }) => metadata?.name)
        .sort()
    await core.createNamespacedConfigMap({ namespace, body: labelled('before') })
    await informer.start()
    assert.deepEqual(names(), ['before'])
    await core.createNamespacedConfigMap({ namespace, body: labelled('while') })
    await eventually('the new one is there', () => assert.deepEqual(names(), ['before', 'while']))
    const before = connections
    way.cut()
    await core.deleteNamespacedConfigMap({ namespace, name: 'before' })
    await core.createNamespacedConfigMap({ namespace, body: labelled('after') })
    await eventually('it is as it was left, and goes on', () => assert.deepEqual(names(), ['after', 'while']))
    assert.ok(connections > before)
  })

  test('elects a leader by a lease', async () => {
    const leases = config.makeApiClient(CoordinationV1Api)
    const wanted = (holderIdentity: string): V1Lease => ({
      metadata: { name: 'leader' },
      spec: { holderIdentity, leaseDurationSeconds: 15 },
    })
    const candidates = ['a', 'b', 'c', 'd']
    const first = await Promise.allSettled(candidates.map(name => leases.createNamespacedLease({ namespace, body: wanted(name) })))
    assert.deepEqual(first.filter(({ status }) => status === 'fulfilled').length, 1)
    const lease = await leases.readNamespacedLease({ namespace, name: 'leader' })
    // All see the same lease and take it over; only one may.
    const taking = candidates.map(name =>
      leases.replaceNamespacedLease({
        namespace,
        name: 'leader',
        body: { ...lease, ...wanted(`${name}, later`), metadata: lease.metadata ?? {} },
      }),
    )
    const second = await Promise.allSettled(taking)
    assert.deepEqual(
      second.flatMap(each => (each.status === 'rejected' ? [codeOf(each.reason)] : [])),
      [409, 409, 409],
    )
  })

  test('asks for metrics', async () => {
    const metrics = new Metrics(config)
    assert.equal((await metrics.getNodeMetrics()).kind, 'NodeMetricsList')
    assert.deepEqual((await metrics.getPodMetrics(namespace)).items, [])
  })

  test('runs a command in a container', async t => {
    const { certificate: cert, key } = server.pki.apiServer
    const kubelet = createHttpsServer({ cert, key })
    const asked: string[] = []
    const sockets = new WebSocketServer({ server: kubelet, handleProtocols: protocols => [...protocols][0] ?? false })
    sockets.on('connection', (socket, request) => {
      asked.push(request.url ?? '')
      const send = (channel: number, words: string) => socket.send(Buffer.concat([Buffer.from([channel]), Buffer.from(words)]))
      socket.on('message', (data: Buffer) => {
        if (data[0] !== 0) return
        send(1, `heard ${data.subarray(1)}`)
        send(3, JSON.stringify({ status: 'Success' }))
        socket.close()
      })
    })
    kubelet.listen(0, '127.0.0.1')
    await once(kubelet, 'listening')
    t.after(() => {
      sockets.close()
      kubelet.close()
    })
    const { port } = kubelet.address() as AddressInfo
    const status = { addresses: [{ type: 'InternalIP', address: '127.0.0.1' }], daemonEndpoints: { kubeletEndpoint: { Port: port } } }
    await core.createNode({ body: { metadata: { name: 'near' }, status } })
    await core.createNamespacedPod({
      namespace,
      body: { metadata: { name: 'p' }, spec: { nodeName: 'near', containers: [{ name: 'c', image: 'x' }] } },
    })
    const [input, output, ended] = [new PassThrough(), new PassThrough(), Promise.withResolvers<string | undefined>()]
    const socket = await new Exec(config).exec(namespace, 'p', 'c', ['cat', '-'], output, null, input, false, ({ status }) =>
      ended.resolve(status),
    )
    socket.on('close', () => output.end())
    input.write('hello')
    assert.equal(await ended.promise, 'Success')
    assert.equal(await text(output), 'heard hello')
    assert.match(asked[0] ?? '', /^\/exec\/default\/p\/c\?.*command=cat&command=-/)
  })
})
