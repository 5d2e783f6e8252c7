// Controllers at work on a real API server, each as its own service account: what it writes it must be allowed to, and nothing may fail.
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { Deployment } from '../../src/api/apps/deployment.ts'
import { ReplicaSet } from '../../src/api/apps/replica-set.ts'
import { ConfigMap } from '../../src/api/core/config-map.ts'
import { Event } from '../../src/api/core/event.ts'
import { Namespace } from '../../src/api/core/namespace.ts'
import { Node } from '../../src/api/core/node.ts'
import { PersistentVolumeClaim } from '../../src/api/core/persistent-volume-claim.ts'
import { Pod } from '../../src/api/core/pod.ts'
import { ResourceQuota } from '../../src/api/core/resource-quota.ts'
import { Service } from '../../src/api/core/service.ts'
import { ServiceAccount } from '../../src/api/core/service-account.ts'
import { apiVersionOf } from '../../src/api/kind.ts'
import type { Logger } from '../../src/base/logger.ts'
import { formatTime } from '../../src/meta/time.ts'
import { startTestServer, type TestServer } from '../testkit/api-server.ts'
import { type Controllers, startControllers } from '../testkit/controllers.ts'
import { eventually } from '../testkit/waiting.ts'

let t: TestServer
const complaints: string[] = []
let controllers: Controllers

before(async () => {
  t = await startTestServer()
  const complain = (message: string, fields?: object) => void complaints.push(`${message} ${JSON.stringify(fields)}`)
  const logger: Logger = { info() {}, warn: complain, error: complain }
  controllers = startControllers(t, { rootCertificate: t.pki.ca.certificate, nodeLifecycle: { graceMs: 3000 }, endedPods: 1 }, logger)
})
after(async () => {
  await controllers.stop()
  await t.close()
})

const template = { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'c', image: 'nginx' }] } }
const namespaceWithDefaults = async (name: string) => {
  await t.client().create(Namespace, { metadata: { name } })
  await eventually(`defaults of ${name}`, async () => {
    await t.client().get(ServiceAccount, { namespace: name, name: 'default' })
    return t.client().get(ConfigMap, { namespace: name, name: 'kube-root-ca.crt' })
  })
}
const podsIn = async (namespace: string) => (await t.client().list(Pod, { namespace })).items

describe('Controllers on a real API server', () => {
  it('make, delete in the foreground, and empty namespaces', async () => {
    const client = t.client()
    await namespaceWithDefaults('shop')
    await client.create(Service, {
      metadata: { namespace: 'shop', name: 'web' },
      spec: { selector: { app: 'web' }, ports: [{ port: 80 }] },
    })
    for (const name of ['web', 'other']) {
      const spec = { replicas: 2, selector: { matchLabels: { app: 'web' } }, template }
      await client.create(Deployment, { metadata: { namespace: 'shop', name }, spec })
    }
    await eventually('four pods', async () => assert.equal((await podsIn('shop')).length, 4))
    await client.delete(Deployment, { namespace: 'shop', name: 'web' }, { propagationPolicy: 'Foreground' })
    await eventually('two pods', async () => {
      assert.equal((await podsIn('shop')).length, 2)
      assert.equal((await client.list(ReplicaSet, { namespace: 'shop' })).items.length, 1)
      assert.equal((await client.list(Deployment, { namespace: 'shop' })).items.length, 1)
    })
    await client.delete(Deployment, { namespace: 'shop', name: 'other' }, { propagationPolicy: 'Orphan' })
    await eventually('an orphan', async () => {
      assert.equal((await client.list(Deployment, { namespace: 'shop' })).items.length, 0)
      const [left] = (await client.list(ReplicaSet, { namespace: 'shop' })).items
      assert.deepEqual(left?.metadata.ownerReferences ?? [], [])
    })
    await client.delete(Namespace, { name: 'shop' })
    await eventually('an empty cluster', async () => {
      const names = (await client.list(Namespace)).items.map(o => o.metadata.name)
      assert.ok(!names.includes('shop'))
      assert.deepEqual(await podsIn('shop'), [])
    })
  })

  it('tell of owners elsewhere', async () => {
    const client = t.client()
    await namespaceWithDefaults('here')
    const owner = await client.create(ConfigMap, { metadata: { namespace: 'default', name: 'owner' } })
    const ownerReferences = [{ apiVersion: apiVersionOf(ConfigMap), kind: 'ConfigMap', name: 'owner', uid: owner.metadata.uid }]
    await client.create(ConfigMap, { metadata: { namespace: 'here', name: 'lost', ownerReferences } })
    await eventually('the event', async () => {
      const { items } = await client.list(Event, { namespace: 'here' })
      assert.ok(items.some(event => event.reason === 'OwnerRefInvalidNamespace'))
    })
  })

  it('keep storage while it is used, and count what is freed', async () => {
    const client = t.client()
    const namespace = 'storage'
    await namespaceWithDefaults(namespace)
    await client.create(ResourceQuota, { metadata: { namespace, name: 'q' }, spec: { hard: { persistentvolumeclaims: '1' } } })
    const used = async () => (await client.get(ResourceQuota, { namespace, name: 'q' })).status.used?.['persistentvolumeclaims']
    await eventually('a count', async () => assert.equal(await used(), '0'))
    const claim = {
      metadata: { namespace, name: 'data' },
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
    }
    await client.create(PersistentVolumeClaim, claim)
    const volumes = [{ name: 'data', persistentVolumeClaim: { claimName: 'data' } }]
    await client.create(Pod, { metadata: { namespace, name: 'p' }, spec: { ...template.spec, nodeName: 'somewhere', volumes } })
    await client.delete(PersistentVolumeClaim, { namespace, name: 'data' })
    await assert.rejects(client.create(PersistentVolumeClaim, { ...claim, metadata: { namespace, name: 'more' } }), /exceeded quota: q/)
    assert.ok((await client.get(PersistentVolumeClaim, { namespace, name: 'data' })).metadata.deletionTimestamp)
    await client.delete(Pod, { namespace, name: 'p' }, { gracePeriodSeconds: 0 })
    await eventually('nothing left', async () => {
      assert.deepEqual((await client.list(PersistentVolumeClaim, { namespace })).items, [])
      assert.equal(await used(), '0')
    })
  })

  it('follow nodes: ready at once, silent, given up; their pods go, and are told why', async () => {
    const client = t.client()
    await namespaceWithDefaults('nodes')
    const conditions = () => [{ type: 'Ready', status: 'True', lastHeartbeatTime: formatTime(Date.now()) }]
    const post = async (name: string) => {
      const node = await client.get(Node, { name })
      await client.update(Node, { ...node, status: { ...node.status, conditions: conditions() } }, { subresource: 'status' })
    }
    const taints = async (name: string) =>
      ((await client.get(Node, { name })).spec.taints ?? []).map(x => `${x.key.split('/').at(-1)}:${x.effect}`)
    for (const name of ['good', 'bad']) await client.create(Node, { metadata: { name } })
    for (const name of ['good', 'bad']) await post(name)
    const posted = Date.now()
    await eventually('a node without taints', async () => assert.deepEqual(await taints('bad'), []))
    assert.ok(Date.now() - posted < 500, 'a node that is ready takes pods at once')
    const tolerations = [
      { key: 'node.kubernetes.io/unreachable', operator: 'Exists' as const, effect: 'NoExecute' as const, tolerationSeconds: 1 },
    ]
    await client.create(Pod, { metadata: { namespace: 'nodes', name: 'p' }, spec: { ...template.spec, nodeName: 'bad', tolerations } })
    await eventually('eviction', async () => {
      await post('good')
      assert.deepEqual(await taints('bad'), ['unreachable:NoSchedule', 'unreachable:NoExecute'])
      const [pod] = await podsIn('nodes')
      assert.ok(pod?.metadata.deletionTimestamp)
      assert.equal(pod.status.conditions?.find(c => c.type === 'DisruptionTarget')?.reason, 'DeletionByTaintManager')
    })
    await client.patch(Node, { name: 'bad' }, 'merge', {
      spec: { taints: [{ key: 'node.kubernetes.io/out-of-service', effect: 'NoExecute' }] },
    })
    await eventually('no pods', async () => assert.deepEqual(await podsIn('nodes'), []))
    const reasons = (await client.list(Event)).items.map(event => event.reason)
    for (const reason of ['RegisteredNode', 'NodeReady', 'NodeNotReady', 'TaintManagerEviction'])
      assert.ok(reasons.includes(reason), reason)
  })

  it('never failed', () => assert.deepEqual(complaints, []))
})
