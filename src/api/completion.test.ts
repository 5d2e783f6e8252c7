import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { KubeObject } from '../meta/object-meta.ts'
import type { Draft, SchemaNode } from '../schema/schema.ts'
import { storedKinds } from './all.ts'
import { DaemonSet } from './apps/daemon-set.ts'
import { Deployment } from './apps/deployment.ts'
import { Namespace } from './core/namespace.ts'
import { Node } from './core/node.ts'
import { Pod } from './core/pod.ts'
import { ReplicationController } from './core/replication-controller.ts'
import { Secret } from './core/secret.ts'
import { Service } from './core/service.ts'
import { EndpointSlice } from './discovery/endpoint-slice.ts'
import type { Kind } from './kind.ts'
import { RoleBinding } from './rbac/role-binding.ts'
import { complete, stored } from './testkit.ts'

/** Any value that decodes as the node. Depth is bounded by leaving fields out. */
function anyValue(node: SchemaNode, depth: number): fc.Arbitrary<unknown> {
  switch (node.type) {
    case 'string': {
      if (node.enum) return fc.constantFrom(...node.enum)
      if (node.format === 'quantity') return fc.constantFrom('0', '100m', '64Mi')
      if (node.format === 'int-or-string') return fc.constantFrom(0, 80, '25%')
      if (node.format === 'byte') return fc.constantFrom('', 'eA==')
      if (node.format !== undefined) return fc.constant('2026-01-01T00:00:00Z')
      return fc.constantFrom('', 'a', 'latest', 'nginx:1', 'ServiceAccount', 'User')
    }
    case 'integer':
    case 'number':
      return fc.constantFrom(0, 1, 80)
    case 'boolean':
      return fc.boolean()
    case 'raw':
      return fc.constant({ a: 1 })
    case 'array':
      return fc.array(anyValue(node.items, depth - 1), { maxLength: 2 })
    case 'map':
      return fc.dictionary(fc.constantFrom('a', 'cpu', 'memory'), anyValue(node.values, depth - 1), { maxKeys: 2 })
    case 'object': {
      const names = Object.keys(node.fields)
      return fc
        .subarray(names, { maxLength: Math.min(names.length, depth > 0 ? 6 : 0) })
        .chain(chosen => fc.record(Object.fromEntries(chosen.map(name => [name, anyValue(node.fields[name]!.node, depth - 1)]))))
    }
  }
}

function freeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    Object.freeze(value)
    Object.values(value).forEach(freeze)
  }
  return value
}

describe('completing any object', () => {
  for (const kind of storedKinds as readonly Kind[]) {
    it(`of ${kind.group}/${kind.kind} changes nothing the second time, and never its input`, () => {
      const { node } = kind.schema
      const spec = node.type === 'object' ? node.fields['spec']?.node : undefined
      const whole = spec
        ? fc.record({ metadata: fc.constantFrom({}, { name: 'a' }), spec: anyValue(spec, 8) })
        : anyValue(node, 6).map(value => ({ metadata: {}, ...(value as object) }))
      fc.assert(
        fc.property(whole, input => {
          const once = complete(kind, freeze(input) as unknown as KubeObject)
          assert.equal(complete(kind, once), once)
        }),
        { numRuns: 60 },
      )
    })
  }
})

const container = (image: string, more = {}) => ({ spec: { containers: [{ name: 'c', image, ...more }] } })
const template = { metadata: { labels: { a: 'b' } }, ...container('i') }

describe('completing', () => {
  const policies = {
    nginx: 'Always',
    'nginx:latest': 'Always',
    'nginx:1.27': 'IfNotPresent',
    [`nginx@sha256:${'0'.repeat(64)}`]: 'IfNotPresent',
  }
  for (const [image, policy] of Object.entries(policies)) {
    it(`pulls ${image.slice(0, 20)} ${policy}`, () => {
      assert.equal(stored(Pod, container(image)).spec.containers[0]?.imagePullPolicy, policy)
    })
  }

  it('requests what is limited, in pods and not in templates', () => {
    const resources = { limits: { cpu: '1', memory: '1Gi' }, requests: { cpu: '100m' } }
    assert.deepEqual(stored(Pod, container('i', { resources })).spec.containers[0]?.resources.requests, { cpu: '100m', memory: '1Gi' })
    const deployment = stored(Deployment, { spec: { template: container('i', { resources }) } })
    assert.deepEqual(deployment.spec.template.spec?.containers[0]?.resources.requests, { cpu: '100m' })
  })

  it("gives a pod on its host's network the ports of the host", () => {
    const pod = stored(Pod, { spec: { hostNetwork: true, containers: [{ name: 'c', image: 'i', ports: [{ containerPort: 80 }] }] } })
    assert.deepEqual(pod.spec.containers[0]?.ports, [{ containerPort: 80, hostPort: 80, protocol: 'TCP' }])
  })

  it('keeps the two names of the service account the same', () => {
    for (const spec of [{ serviceAccount: 'x' }, { serviceAccountName: 'x' }, { serviceAccount: 'y', serviceAccountName: 'x' }]) {
      const pod = stored(Pod, { spec: { containers: [], ...spec } })
      assert.deepEqual([pod.spec.serviceAccount, pod.spec.serviceAccountName], ['x', 'x'])
    }
  })

  it('makes a volume without a source an empty directory', () => {
    assert.deepEqual(stored(Pod, { spec: { containers: [], volumes: [{ name: 'v' }] } }).spec.volumes, [{ name: 'v', emptyDir: {} }])
  })

  it('bounds rolling updates', () => {
    assert.deepEqual(stored(Deployment, { spec: { template } }).spec.strategy.rollingUpdate, { maxUnavailable: '25%', maxSurge: '25%' })
    assert.equal(stored(Deployment, { spec: { template, strategy: { type: 'Recreate' } } }).spec.strategy.rollingUpdate, undefined)
    assert.deepEqual(stored(DaemonSet, { spec: { template } }).spec.updateStrategy.rollingUpdate, { maxUnavailable: 1, maxSurge: 0 })
  })

  it('lets the labels of a template select its pods', () => {
    const rc = stored(ReplicationController, { spec: { template } })
    assert.deepEqual([rc.spec.selector, rc.metadata.labels], [{ a: 'b' }, { a: 'b' }])
  })

  it('opens services of nodes to traffic from everywhere', () => {
    const { ports, ...spec } = stored(Service, { spec: { type: 'NodePort', ports: [{ port: 80 }], sessionAffinity: 'ClientIP' } }).spec
    assert.deepEqual(ports, [{ port: 80, targetPort: 80, protocol: 'TCP' }])
    assert.deepEqual(spec, {
      type: 'NodePort',
      internalTrafficPolicy: 'Cluster',
      externalTrafficPolicy: 'Cluster',
      sessionAffinity: 'ClientIP',
      sessionAffinityConfig: { clientIP: { timeoutSeconds: 10800 } },
    })
  })

  it('stores the plain text of secrets as bytes', () => {
    const secret = stored(Secret, { data: { a: 'eA==', b: 'eA==' }, stringData: { b: 'grüße' } })
    assert.deepEqual([secret.data, secret.stringData], [{ a: 'eA==', b: 'Z3LDvMOfZQ==' }, undefined])
  })

  it('labels namespaces with their name, and keeps them until they are empty', () => {
    const namespace = Namespace.onCreate?.(stored(Namespace, { metadata: { name: 'n' } }), { username: 'u', groups: [] })
    assert.equal(namespace?.metadata.labels?.['kubernetes.io/metadata.name'], 'n')
    assert.deepEqual(namespace?.spec.finalizers, ['kubernetes'])
  })

  it('knows the groups of roles and subjects', () => {
    const binding = stored(RoleBinding, {
      roleRef: { kind: 'Role', name: 'r' },
      subjects: [
        { kind: 'User', name: 'u' },
        { kind: 'ServiceAccount', name: 's' },
      ],
    })
    assert.equal(binding.roleRef.apiGroup, 'rbac.authorization.k8s.io')
    assert.deepEqual(
      binding.subjects?.map(s => s.apiGroup),
      ['rbac.authorization.k8s.io', undefined],
    )
  })

  it('lets a node give all it has, and a slice name its port', () => {
    assert.deepEqual(stored(Node, { status: { capacity: { cpu: '2' } } }).status.allocatable, { cpu: '2' })
    for (const spec of [{ podCIDR: '10.0.0.0/24' }, { podCIDRs: ['10.0.0.0/24'] }])
      assert.deepEqual(stored(Node, { spec }).spec, { podCIDR: '10.0.0.0/24', podCIDRs: ['10.0.0.0/24'] })
    assert.deepEqual(stored(EndpointSlice, { addressType: 'IPv4', ports: [{ port: 80 }] }).ports, [{ port: 80, name: '', protocol: 'TCP' }])
  })
})

describe('a new pod', () => {
  const created = (draft: Draft<Pod>) => Pod.onCreate?.(stored(Pod, draft), { username: 'u', groups: [] })

  it('asks as a whole for what its containers do together, where it is limited', () => {
    const asking = { name: 'c', image: 'i', resources: { requests: { cpu: '100m' }, limits: { 'hugepages-2Mi': '4Mi' } } }
    const spec = { containers: [asking, { ...asking, name: 'd' }], resources: { limits: { cpu: '1', memory: '1Gi' } } }
    assert.deepEqual(stored(Pod, { spec }).spec.resources, {
      limits: { cpu: '1', memory: '1Gi', 'hugepages-2Mi': '8Mi' },
      requests: { cpu: '200m', memory: '1Gi', 'hugepages-2Mi': '8Mi' },
    })
  })

  it('pulls an image that it mounts as it would one that it runs', () => {
    const volumes = [{ name: 'v', image: { reference: 'data:1' } }]
    assert.equal(stored(Pod, { spec: { ...container('i').spec, volumes } }).spec.volumes?.[0]?.image?.pullPolicy, 'IfNotPresent')
  })

  it('is compared with its like, which its own labels say', () => {
    const labelSelector = { matchLabels: { app: 'a' } }
    const term = { topologyKey: 'zone', labelSelector, matchLabelKeys: ['version'], mismatchLabelKeys: ['tenant', 'none'] }
    const spread = {
      maxSkew: 1,
      topologyKey: 'zone',
      whenUnsatisfiable: 'DoNotSchedule' as const,
      labelSelector,
      matchLabelKeys: ['version'],
    }
    const pod = created({
      metadata: { labels: { version: '1', tenant: 't' } },
      spec: {
        ...container('i').spec,
        affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] } },
        topologySpreadConstraints: [spread],
      },
    })
    const version = { key: 'version', operator: 'In', values: ['1'] }
    assert.deepEqual(
      pod?.spec.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.[0]?.labelSelector?.matchExpressions,
      [version, { key: 'tenant', operator: 'NotIn', values: ['t'] }],
    )
    assert.deepEqual(pod?.spec.topologySpreadConstraints?.[0]?.labelSelector?.matchExpressions, [version])
  })

  it('has the profiles of its annotations', () => {
    const annotations = { 'container.apparmor.security.beta.kubernetes.io/c': 'localhost/p' }
    const pod = created({ metadata: { annotations }, ...container('i') })
    assert.deepEqual(pod?.spec.containers[0]?.securityContext, { appArmorProfile: { type: 'Localhost', localhostProfile: 'p' } })
  })

  it('is pending, of a class', () => {
    const resources = { limits: { cpu: '1', memory: '1Gi' } }
    const pod = Pod.onCreate?.(stored(Pod, { ...container('i', { resources }), status: { phase: 'Running' } }), {
      username: 'u',
      groups: [],
    })
    assert.deepEqual(pod?.status, { phase: 'Pending', qosClass: 'Guaranteed' })
  })
})

describe('a written pod status', () => {
  it('keeps what its writer does not know of, and tells its address both ways', () => {
    const condition = { type: 'Ready', status: 'True' }
    const before = stored(Pod, {
      ...container('i'),
      status: { qosClass: 'BestEffort', observedGeneration: 2, conditions: [{ ...condition, observedGeneration: 2 }] },
    })
    const written = stored(Pod, { ...container('i'), status: { phase: 'Running', podIP: '10.1.0.2', conditions: [condition] } })
    const { status } = Pod.onStatusUpdate?.(written, before, 0) ?? written
    assert.deepEqual(status, {
      phase: 'Running',
      qosClass: 'BestEffort',
      observedGeneration: 2,
      conditions: [{ ...condition, observedGeneration: 2 }],
      podIP: '10.1.0.2',
      podIPs: [{ ip: '10.1.0.2' }],
    })
    const next = stored(Pod, { ...container('i'), status })
    assert.equal(Pod.onStatusUpdate?.(next, next, 0), next)
  })
})
