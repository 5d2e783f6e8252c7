import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Binding } from '../../api/core/binding.ts'
import { ConfigMap } from '../../api/core/config-map.ts'
import { Namespace } from '../../api/core/namespace.ts'
import { Node } from '../../api/core/node.ts'
import { Pod } from '../../api/core/pod.ts'
import { ServiceAccount } from '../../api/core/service-account.ts'
import type { Kind } from '../../api/kind.ts'
import { Eviction } from '../../api/policy/eviction.ts'
import { PriorityClass } from '../../api/scheduling/priority-class.ts'
import { stored } from '../../api/testkit.ts'
import type { KubeObject } from '../../meta/object-meta.ts'
import type { Draft } from '../../schema/schema.ts'
import type { Call } from '../call.ts'
import { resourceFor } from '../resource.ts'
import type { Storage } from '../storage.ts'
import { Admission, type AdmissionPlugin, type AdmissionRequest } from './admission.ts'
import { admissionPlugins } from './all.ts'
import { defaultTolerationSeconds } from './default-toleration-seconds.ts'
import { namespaceLifecycle } from './namespace-lifecycle.ts'
import { podTopologyLabels } from './pod-topology-labels.ts'
import { priority } from './priority.ts'
import { serviceAccount } from './service-account.ts'
import { taintNewNodes } from './taint-new-nodes.ts'
import { mutated } from './testkit.ts'

/** A storage that has just these objects. */
function having(...objects: readonly KubeObject[]): Storage {
  const of = (kind: Kind) => objects.filter(o => o.kind === kind.kind)
  const find = (kind: Kind, namespace: string | undefined, name: string) =>
    of(kind).find(o => o.metadata.name === name && (!kind.namespaced || o.metadata.namespace === namespace))
  return { find, all: of } as unknown as Storage
}

function request(
  kind: Kind,
  more: Partial<AdmissionRequest> & { object?: KubeObject | undefined },
): AdmissionRequest & { object: KubeObject } {
  const call = { resource: resourceFor(kind), info: { namespace: 'default', name: '' } } as unknown as Call
  return { operation: 'CREATE', subresource: '', kind, previous: undefined, call, ...more } as AdmissionRequest & { object: KubeObject }
}

const podOf = (spec: Partial<Draft<Pod>['spec']> = {}, metadata: Draft<Pod>['metadata'] = {}): Pod =>
  stored(Pod, { metadata: { name: 'p', ...metadata }, spec: { containers: [{ name: 'c', image: 'i' }], ...spec } })

function admitPod(plugin: AdmissionPlugin, pod: Pod, storage: Storage, more: Partial<AdmissionRequest> = {}): Pod {
  return mutated(plugin, request(Pod, { object: pod, ...more }), storage) as Pod
}

test('namespaces: objects need a living one', () => {
  const object = stored(ConfigMap, {})
  const create = (storage: Storage) => mutated(namespaceLifecycle, request(ConfigMap, { object }), storage)
  assert.equal(create(having(stored(Namespace, { metadata: { name: 'default' } }))), object)
  assert.throws(() => create(having()), { reason: 'NotFound', message: 'namespaces "default" not found' })
  const ending = stored(Namespace, { metadata: { name: 'default' }, status: { phase: 'Terminating' } })
  assert.throws(() => create(having(ending)), { reason: 'Forbidden' })
  const change = (storage: Storage) => mutated(namespaceLifecycle, request(ConfigMap, { object, operation: 'UPDATE' }), storage)
  assert.equal(change(having(ending)), object)
  assert.throws(() => change(having()), { reason: 'NotFound' })
  const evict = () => mutated(namespaceLifecycle, request(Pod, { object, subresource: 'eviction' }), having(ending))
  assert.throws(evict, { message: /^pods "\S*" is forbidden: unable to create new content in namespace default/ })
})

test('namespaces: the first ones stay', () => {
  for (const name of ['default', 'kube-system', 'kube-public', 'other']) {
    const previous = stored(Namespace, { metadata: { name } })
    const deletion = { ...request(Namespace, {}), operation: 'DELETE', object: undefined, previous, deletion: {} } as const
    const remove = () => namespaceLifecycle.admitDeletion?.(deletion, having())
    if (name === 'other') assert.doesNotThrow(remove)
    else assert.throws(remove, { reason: 'Forbidden', message: `namespaces "${name}" is forbidden: this namespace may not be deleted` })
  }
})

const account = stored(ServiceAccount, { metadata: { name: 'default' } })

test('a pod runs as an account and finds its token', () => {
  const pod = admitPod(serviceAccount, podOf(), having(account))
  assert.equal(pod.spec.serviceAccountName, 'default')
  const [volume] = pod.spec.volumes ?? []
  assert.match(volume?.name ?? '', /^kube-api-access-[a-z0-9]{5}$/)
  assert.deepEqual(pod.spec.containers[0]?.volumeMounts, [
    { name: volume?.name, mountPath: '/var/run/secrets/kubernetes.io/serviceaccount', readOnly: true },
  ])
  assert.equal(volume?.projected?.sources?.length, 3)
  assert.deepEqual(admitPod(serviceAccount, podOf(), having(account)), pod, 'the same for the same pod')
})

test('a container that comes later finds the same token', () => {
  const pod = admitPod(serviceAccount, podOf(), having(account))
  assert.deepEqual(admitPod(serviceAccount, pod, having(account)), pod)
  const [first] = pod.spec.containers
  const grown = { ...pod, spec: { ...pod.spec, containers: [first, { name: 'late', image: 'i' }] } } as Pod
  const { volumes, containers } = admitPod(serviceAccount, grown, having(account)).spec
  assert.deepEqual([volumes, containers[1]?.volumeMounts], [pod.spec.volumes, first?.volumeMounts])
})

test('a pod without a token', () => {
  const silent = stored(ServiceAccount, { metadata: { name: 'default' }, automountServiceAccountToken: false })
  assert.equal(admitPod(serviceAccount, podOf(), having(silent)).spec.volumes, undefined)
  assert.equal(admitPod(serviceAccount, podOf({ automountServiceAccountToken: false }), having(account)).spec.volumes, undefined)
  assert.equal(admitPod(serviceAccount, podOf({ automountServiceAccountToken: true }), having(silent)).spec.volumes?.length, 1)
})

test('pull secrets come from the account, where the pod has none', () => {
  const withSecrets = stored(ServiceAccount, { metadata: { name: 'default' }, imagePullSecrets: [{ name: 's' }] })
  assert.deepEqual(admitPod(serviceAccount, podOf(), having(withSecrets)).spec.imagePullSecrets, [{ name: 's' }])
  assert.deepEqual(admitPod(serviceAccount, podOf({ imagePullSecrets: [{ name: 'own' }] }), having(withSecrets)).spec.imagePullSecrets, [
    { name: 'own' },
  ])
})

test('an account that there is not, and mirror pods', () => {
  assert.throws(() => admitPod(serviceAccount, podOf(), having()), {
    message: 'pods "p" is forbidden: error looking up service account default/default: serviceaccount "default" not found',
  })
  const mirror = podOf({}, { annotations: { 'kubernetes.io/config.mirror': 'x' } })
  assert.equal(admitPod(serviceAccount, mirror, having()), mirror)
})

const classOf = (name: string, value: number, more: Partial<Draft<PriorityClass>> = {}) =>
  stored(PriorityClass, { metadata: { name }, value, ...more })

test('a priority is that of the class', () => {
  const classes = having(classOf('high', 1000, { preemptionPolicy: 'Never' }), classOf('low', -5))
  const admitted = (spec: Partial<Draft<Pod>['spec']>, storage = classes) => {
    const { priority: value, preemptionPolicy, priorityClassName } = admitPod(priority, podOf(spec), storage).spec
    return [value, preemptionPolicy, priorityClassName]
  }
  assert.deepEqual(admitted({}), [0, 'PreemptLowerPriority', undefined])
  assert.deepEqual(admitted({ priorityClassName: 'high' }), [1000, 'Never', 'high'])
  assert.deepEqual(admitted({ priorityClassName: 'low' }), [-5, 'PreemptLowerPriority', 'low'])
  const defaults = having(classOf('a', 10, { globalDefault: true }), classOf('b', 5, { globalDefault: true }))
  assert.deepEqual(admitted({}, defaults), [5, 'PreemptLowerPriority', 'b'])
  assert.throws(() => admitted({ priorityClassName: 'none' }), {
    message: 'pods "p" is forbidden: no PriorityClass with name none was found',
  })
  assert.throws(() => admitted({ priority: 7 }), { reason: 'Forbidden' })
  assert.deepEqual(admitted({ priority: 1000, priorityClassName: 'high' })[0], 1000)
})

test('an update without the priority keeps it', () => {
  const previous = { ...podOf(), spec: { ...podOf().spec, priority: 9 } }
  assert.equal(admitPod(priority, podOf(), having(), { operation: 'UPDATE', previous }).spec.priority, 9)
})

test('tolerations of a node that is gone for a while', () => {
  const keys = (spec: Partial<Draft<Pod>['spec']>) =>
    admitPod(defaultTolerationSeconds, podOf(spec), having()).spec.tolerations?.map(t => `${t.key} ${t.tolerationSeconds}`)
  const [notReady, unreachable] = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable']
  assert.deepEqual(keys({}), [`${notReady} 300`, `${unreachable} 300`])
  assert.deepEqual(keys({ tolerations: [{ key: notReady, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 5 }] }), [
    `${notReady} 5`,
    `${unreachable} 300`,
  ])
  assert.equal(keys({ tolerations: [{ operator: 'Exists' }] })?.length, 1)
  assert.equal(keys({ tolerations: [{ key: notReady, operator: 'Exists', effect: 'NoSchedule' }] })?.length, 3)
})

test('a new node is not ready', () => {
  const admitted = (node: Node, more: Partial<AdmissionRequest> = {}) =>
    mutated(taintNewNodes, request(Node, { object: node, ...more }), having()) as Node
  const taint = { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' }
  const plain = stored(Node, { metadata: { name: 'n' } })
  assert.deepEqual(admitted(plain).spec.taints, [taint])
  assert.equal(admitted(admitted(plain)).spec.taints?.length, 1)
  assert.equal(admitted(plain, { operation: 'UPDATE', previous: plain }), plain)
})

test('topology: a pod has the labels of its node, where it has one', async () => {
  const labels = { 'topology.kubernetes.io/zone': 'z', 'topology.kubernetes.io/region': 'r' }
  const node = (name: string, more: object) => stored(Node, { metadata: { name, labels: { own: 'x', ...more } } })
  const storage = having(node('n', labels), node('bare', {}))
  const binding = (name: string, kind = 'Node') => stored(Binding, { metadata: { name: 'p', labels: { a: 'b' } }, target: { kind, name } })
  const table: readonly [name: string, object: KubeObject, subresource: string, expected: object | undefined][] = [
    ['a pod that is bound', binding('n'), 'binding', { a: 'b', ...labels }],
    ['to a node without', binding('bare'), 'binding', { a: 'b' }],
    ['to a node that is not there', binding('none'), 'binding', { a: 'b' }],
    ['to no node', binding('n', ''), 'binding', { a: 'b' }],
    ['a pod that names its node', podOf({ nodeName: 'n' }, { labels: { 'topology.kubernetes.io/zone': 'old' } }), '', labels],
    ['a pod that waits', podOf({}, { labels: { a: 'b' } }), '', { a: 'b' }],
    ['what is done to one', podOf({ nodeName: 'n' }), 'eviction', undefined],
  ]
  for (const [name, object, subresource, expected] of table) {
    const { metadata } = await mutated(podTopologyLabels, request(Pod, { object, subresource }), storage)
    assert.deepEqual(metadata.labels, expected, name)
  }
})

test('what is done to a pod by its subresources is no pod to the plugins', () => {
  const storage = having(stored(Namespace, { metadata: { name: 'default' } }))
  const authorization = { authorizer: {}, rbac: {} } as unknown as Parameters<typeof admissionPlugins>[0]
  const admission = new Admission(admissionPlugins(authorization, []), storage)
  for (const [subresource, object] of [
    ['binding', stored(Binding, { metadata: { name: 'p', namespace: 'default' }, target: { kind: 'Node', name: 'n' } })],
    ['eviction', stored(Eviction, { metadata: { name: 'p', namespace: 'default' } })],
  ] as const) {
    const call = { ...request(Pod, {}).call, user: { username: 'u', groups: [] } }
    const asked = request(Pod, { object, subresource, call })
    assert.equal(admission.mutate(asked), object, 'at once, as it was')
    assert.equal(admission.validate(asked), undefined)
  }
})

test('service account: its pods name the secrets that it lists, where that is enforced', () => {
  const lists = { secrets: [{ name: 'own' }], imagePullSecrets: [{ name: 'pull' }] }
  const accountWith = (enforced: string) =>
    stored(ServiceAccount, {
      metadata: { name: 'default', annotations: { 'kubernetes.io/enforce-mountable-secrets': enforced } },
      ...lists,
    })
  const containerOf = (name: string, variable: object) => ({ containers: [{ name, image: 'i', ...variable }] })
  const variable = (name: string) => ({ env: [{ name: 'V', valueFrom: { secretKeyRef: { name, key: 'k' } } }] })
  const why = (what: string) =>
    `pods "p" is forbidden: ${what} is not allowed because service account default does not reference that secret`
  const table: readonly [spec: Partial<Draft<Pod>['spec']>, subresource: string, refusal: string | undefined][] = [
    [{ ...containerOf('c', variable('own')), imagePullSecrets: [{ name: 'pull' }] }, '', undefined],
    [containerOf('c', variable('x')), '', why('container c with envVar V referencing secret.secretName="x"')],
    [containerOf('c', { envFrom: [{ secretRef: { name: 'x' } }] }), '', why('container c with envFrom referencing secret.secretName="x"')],
    [{ volumes: [{ name: 'v', secret: { secretName: 'x' } }] }, '', why('volume with secret.secretName="x"')],
    [
      { imagePullSecrets: [{ name: 'pull' }, { name: 'own' }] },
      '',
      why('imagePullSecrets[1].name="own"').replace('that secret', 'that imagePullSecret'),
    ],
    [containerOf('c', variable('x')), 'ephemeralcontainers', undefined],
    [
      { ephemeralContainers: [{ name: 'e', image: 'i', ...variable('x') }] },
      'ephemeralcontainers',
      why('ephemeral container e with envVar V referencing secret.secretName="x"'),
    ],
    [{ ephemeralContainers: [{ name: 'e', image: 'i', ...variable('x') }] }, 'status', undefined],
  ]
  for (const [spec, subresource, message] of table) {
    const operation = subresource === '' ? 'CREATE' : 'UPDATE'
    const validate = (enforced: string) =>
      serviceAccount.validate?.(request(Pod, { object: podOf(spec), operation, subresource }), having(accountWith(enforced)))
    if (message) assert.throws(() => validate('true'), { message })
    else validate('true')
    validate('false')
  }
  const mirror = (spec: Partial<Draft<Pod>['spec']>) => podOf(spec, { annotations: { 'kubernetes.io/config.mirror': 'x' } })
  for (const [spec, message] of [
    [{ serviceAccountName: 'default' }, 'service accounts'],
    [{ volumes: [{ name: 'v', secret: { secretName: 'x' } }] }, 'secrets'],
  ] as const)
    assert.throws(() => admitPod(serviceAccount, mirror(spec), having()), {
      message: `pods "p" is forbidden: a mirror pod may not reference ${message}`,
    })
})
