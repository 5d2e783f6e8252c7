import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ConfigMap } from '../api/core/config-map.ts'
import { Namespace } from '../api/core/namespace.ts'
import { Pod } from '../api/core/pod.ts'
import { ServiceAccount } from '../api/core/service-account.ts'
import { ClusterRole } from '../api/rbac/cluster-role.ts'
import { StatusError } from '../meta/status-error.ts'
import { clusterRoleAggregationController } from './cluster-role-aggregation.ts'
import { namespaceController } from './namespace-contents.ts'
import { rootCertificateController, serviceAccountController } from './namespace-defaults.ts'
import { TestControlPlane } from './testing/control-plane.ts'
import { before, decide, outcomeOf, stored } from './testing/decide.ts'

const kinds = () => [ConfigMap, Pod, ServiceAccount, Namespace]
const going = stored(Namespace, {
  metadata: { name: 'a', deletionTimestamp: before(1) },
  spec: { finalizers: ['kubernetes'] },
  status: { phase: 'Terminating' },
})
const pod = stored(Pod, { metadata: { name: 'p', namespace: 'a' }, spec: { containers: [] } })
const map = stored(ConfigMap, { metadata: { name: 'm', namespace: 'a', finalizers: ['example.com/x'] } })

describe('A namespace that goes', () => {
  const rows: [string, { kind: typeof Pod | typeof ConfigMap; objects: (Pod | ConfigMap)[] }[], string[]][] = [
    [
      'loses its pods first',
      [
        { kind: ConfigMap, objects: [map] },
        { kind: Pod, objects: [pod] },
      ],
      ['delete Pod p', 'status Namespace a'],
    ],
    ['then the rest', [{ kind: ConfigMap, objects: [map] }], ['delete ConfigMap m', 'status Namespace a']],
    ['then itself', [], ['finalize Namespace a']],
  ]
  for (const [name, facts, want] of rows)
    it(name, () => assert.deepEqual(decide(namespaceController(kinds), 'a', [going], { facts }), want))

  it('tells what remains', () => {
    const { writes } = outcomeOf(namespaceController(kinds), 'a', [going], { facts: [{ kind: ConfigMap, objects: [map] }] })
    const status = writes.at(-1)
    const conditions = status?.verb === 'update' ? ((status.object as Namespace).status.conditions ?? []) : []
    assert.deepEqual(
      conditions.filter(c => c.status === 'True').map(c => [c.type, c.reason, c.message]),
      [
        ['NamespaceContentRemaining', 'SomeResourcesRemain', 'Some resources are remaining: configmaps. has 1 resource instances'],
        [
          'NamespaceFinalizersRemaining',
          'SomeFinalizersRemain',
          'Some content in the namespace has finalizers remaining: example.com/x in 1 resource instances',
        ],
      ],
    )
  })

  it('tells why something could not be deleted, and no longer when it could', () => {
    const facts = [{ kind: ConfigMap, objects: [map] }]
    const failure = StatusError.forbidden({ group: '', resource: 'configmaps' }, 'm', 'denied')
    const told = (circumstances: Parameters<typeof outcomeOf>[3], ns = going) => {
      const write = outcomeOf(namespaceController(kinds), 'a', [ns], circumstances).writes.at(-1)
      assert.ok(write?.verb === 'update')
      return write.object as Namespace
    }
    const of = (ns: Namespace) => {
      const found = ns.status.conditions?.find(c => c.type === 'NamespaceDeletionContentFailure')
      return [found?.status, found?.reason, found?.message]
    }
    const failed = told({ facts, failure })
    const message = 'Failed to delete all resource types, 1 remaining: configmaps "m" is forbidden: denied'
    assert.deepEqual(of(failed), ['True', 'ContentDeletionFailed', message])
    assert.deepEqual(of(told({ facts }, failed)).slice(0, 2), ['False', 'ContentDeleted'])
  })

  it('is emptied, waits for finalizers, and goes; others get their defaults', async () => {
    const t = new TestControlPlane([namespaceController(kinds), serviceAccountController, rootCertificateController('PEM')])
    await t.start()
    for (const name of ['a', 'b']) await t.client.create(Namespace, { metadata: { name } })
    await t.clock.advance(100)
    assert.deepEqual(
      t.client
        .all(ServiceAccount)
        .map(o => o.metadata.namespace)
        .sort(),
      ['a', 'b'],
    )
    assert.deepEqual(
      t.client.all(ConfigMap).map(o => o.data?.['ca.crt']),
      ['PEM', 'PEM'],
    )
    t.client.seed(Pod, { metadata: { name: 'p', namespace: 'a' }, spec: { nodeName: 'n', containers: [{ name: 'c' }] } })
    t.client.seed(ConfigMap, { metadata: { name: 'm', namespace: 'a', finalizers: ['example.com/x'] } })
    await t.client.delete(Namespace, { name: 'a' })
    await t.clock.advance(10_000)
    assert.ok(t.client.all(Pod)[0]?.metadata.deletionTimestamp, 'the pod has its grace')
    assert.equal(t.client.all(ConfigMap).find(o => o.metadata.name === 'm')?.metadata.deletionTimestamp, undefined)
    await t.playKubelet()
    await t.clock.advance(10_000)
    assert.deepEqual(
      t.client
        .all(ConfigMap)
        .filter(o => o.metadata.namespace === 'a')
        .map(o => o.metadata.name),
      ['m'],
    )
    await t.client.patch(ConfigMap, { namespace: 'a', name: 'm' }, 'merge', { metadata: { finalizers: null } })
    await t.clock.advance(10_000)
    assert.deepEqual(
      t.client.all(Namespace).map(o => o.metadata.name),
      ['b'],
    )
    await t.client.delete(ServiceAccount, { namespace: 'b', name: 'default' })
    const defaults = t.client.all(ConfigMap)
    await t.client.patch(ConfigMap, { namespace: 'b', name: 'kube-root-ca.crt' }, 'merge', {
      data: { 'ca.crt': 'other' },
      metadata: { annotations: { 'kubernetes.io/description': null, mine: 'kept' } },
    })
    await t.clock.advance(100)
    const [restored] = t.client.all(ConfigMap)
    assert.deepEqual(restored?.metadata.annotations, { ...defaults[0]?.metadata.annotations, mine: 'kept' })
    assert.deepEqual(
      t.client.all(ServiceAccount).map(o => o.metadata.namespace),
      ['b'],
    )
    assert.deepEqual(
      t.client.all(ConfigMap).map(o => o.data?.['ca.crt']),
      ['PEM'],
    )
    assert.deepEqual(await t.writesAfterRestart(), [])
    await t.stop()
  })
})

describe('Aggregated cluster roles', () => {
  it('bear the rules of those that their selectors find, each once', async () => {
    const t = new TestControlPlane([clusterRoleAggregationController])
    await t.start()
    const rule = (resource: string) => ({ apiGroups: [''], resources: [resource], verbs: ['get'] })
    const part = (name: string, label: string, ...resources: string[]) =>
      t.client.create(ClusterRole, { metadata: { name, labels: { [label]: 'true' } }, rules: resources.map(rule) })
    const whole = (name: string, label: string, labels = {}) =>
      t.client.create(ClusterRole, {
        metadata: { name, labels },
        aggregationRule: { clusterRoleSelectors: [{ matchLabels: { [label]: 'true' } }] },
      })
    await whole('admin', 'to-admin')
    await whole('edit', 'to-edit', { 'to-admin': 'true' })
    await part('one', 'to-edit', 'pods', 'secrets')
    await part('two', 'to-admin', 'pods', 'nodes')
    await t.clock.advance(1000)
    const rules = (name: string) =>
      t.client
        .all(ClusterRole)
        .find(o => o.metadata.name === name)
        ?.rules?.flatMap(r => r.resources ?? [])
    assert.deepEqual(rules('edit'), ['pods', 'secrets'])
    assert.deepEqual(rules('admin'), ['pods', 'secrets', 'nodes'])
    assert.deepEqual(await t.writesAfterRestart(), [])
    await t.stop()
  })
})
