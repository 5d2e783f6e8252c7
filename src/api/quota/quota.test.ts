import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { KubeObject } from '../../meta/object-meta.ts'
import { formatQuantity } from '../../meta/quantity.ts'
import type { Draft } from '../../schema/schema.ts'
import { Deployment } from '../apps/deployment.ts'
import { ConfigMap } from '../core/config-map.ts'
import { Event } from '../core/event.ts'
import { Namespace } from '../core/namespace.ts'
import { PersistentVolumeClaim } from '../core/persistent-volume-claim.ts'
import { Pod } from '../core/pod.ts'
import { Service } from '../core/service.ts'
import type { Kind } from '../kind.ts'
import { DeviceClass } from '../resource/device-class.ts'
import { ResourceClaim } from '../resource/resource-claim.ts'
import { stored } from '../testkit.ts'
import { evaluatorOf } from './all.ts'
import type { ListOf } from './evaluator.ts'
import { podUsage } from './pod-usage.ts'
import { usageOf } from './quota.ts'

const now = Date.parse('2026-01-01T00:10:00Z')
type Resources = { requests?: Record<string, string>; limits?: Record<string, string> }
const container = (name: string, resources: Resources = {}) => ({ name, image: 'i', resources })
const podOf = (spec: Partial<Draft<Pod>['spec']> = {}, more: Partial<Draft<Pod>> = {}) =>
  stored(Pod, { metadata: { name: 'p' }, spec: { containers: [container('c')], ...spec }, ...more })

/** Of these objects. */
const listOf =
  (...objects: readonly KubeObject[]): ListOf =>
  <O extends KubeObject>(kind: Kind<O>) =>
    objects.filter(object => object.kind === kind.kind) as unknown as readonly O[]

function used(kind: Kind, object: KubeObject, ...others: readonly KubeObject[]): string[] {
  const usage = evaluatorOf(kind)?.usage(object, now, listOf(...others)) ?? new Map()
  return [...usage].map(([name, value]) => `${name}=${formatQuantity(value)}`).sort()
}

describe('Usage of pods', () => {
  const rows: [string, Pod, string[]][] = [
    ['that ask for nothing', podOf(), ['count/pods=1', 'pods=1']],
    [
      'is what they request and are limited to',
      podOf({
        containers: [
          container('c', {
            requests: { cpu: '1', 'hugepages-2Mi': '2Mi', 'ephemeral-storage': '1Gi' },
            limits: { cpu: '2', 'hugepages-2Mi': '2Mi' },
          }),
        ],
      }),
      [
        'count/pods=1',
        'cpu=1',
        'ephemeral-storage=1Gi',
        'hugepages-2Mi=2Mi',
        'limits.cpu=2',
        'pods=1',
        'requests.cpu=1',
        'requests.ephemeral-storage=1Gi',
        'requests.hugepages-2Mi=2Mi',
      ],
    ],
    [
      'with devices',
      podOf({ containers: [container('c', { limits: { 'example.com/gpu': '2' } })] }),
      ['count/pods=1', 'pods=1', 'requests.example.com/gpu=2'],
    ],
    [
      'that shrink, until they have',
      podOf(
        { containers: [container('c', { requests: { cpu: '1' }, limits: { cpu: '1' } })] },
        {
          status: {
            containerStatuses: [
              {
                name: 'c',
                image: 'i',
                allocatedResources: { cpu: '1' },
                resources: { requests: { cpu: '2' }, limits: { cpu: '3' } },
              },
            ],
          },
        },
      ),
      ['count/pods=1', 'cpu=2', 'limits.cpu=3', 'pods=1', 'requests.cpu=2'],
    ],
    ['that have ended', podOf({}, { status: { phase: 'Succeeded' } }), ['count/pods=1']],
    [
      'that are going',
      podOf({}, { metadata: { name: 'p', deletionTimestamp: '2026-01-01T00:09:50Z', deletionGracePeriodSeconds: 30 } }),
      ['count/pods=1', 'pods=1'],
    ],
    [
      'that should be gone',
      podOf({}, { metadata: { name: 'p', deletionTimestamp: '2026-01-01T00:09:20Z', deletionGracePeriodSeconds: 30 } }),
      ['count/pods=1'],
    ],
  ]
  for (const [name, pod, want] of rows) it(name, () => assert.deepEqual(used(Pod, pod), want))

  const names: [string, boolean][] = [
    ['pods', true],
    ['count/pods', true],
    ['limits.ephemeral-storage', true],
    ['requests.hugepages-1Gi', true],
    ['requests.example.com/gpu', true],
    ['services', false],
    ['requests.storage', false],
    ['count/services', false],
  ]
  for (const [name, want] of names) it(`${want ? 'counts' : 'leaves'} ${name}`, () => assert.equal(podUsage.counts(name), want))
})

describe('Scopes of pods', () => {
  const guaranteed = container('c', { limits: { cpu: '1', memory: '1Gi' } })
  const rows: [scopeName: string, operator: string, values: string[] | undefined, Pod, boolean][] = [
    ['Terminating', 'Exists', undefined, podOf({ activeDeadlineSeconds: 5 }), true],
    ['Terminating', 'Exists', undefined, podOf(), false],
    ['NotTerminating', 'Exists', undefined, podOf(), true],
    ['BestEffort', 'Exists', undefined, podOf(), true],
    ['BestEffort', 'Exists', undefined, podOf({ containers: [guaranteed] }), false],
    ['NotBestEffort', 'Exists', undefined, podOf({ containers: [guaranteed] }), true],
    ['PriorityClass', 'Exists', undefined, podOf({ priorityClassName: 'high' }), true],
    ['PriorityClass', 'Exists', undefined, podOf(), false],
    ['PriorityClass', 'DoesNotExist', undefined, podOf(), true],
    ['PriorityClass', 'In', ['low', 'high'], podOf({ priorityClassName: 'high' }), true],
    ['PriorityClass', 'NotIn', ['low', 'high'], podOf({ priorityClassName: 'high' }), false],
    ['PriorityClass', 'NotIn', ['high'], podOf(), true],
    ['CrossNamespacePodAffinity', 'Exists', undefined, podOf(), false],
    [
      'CrossNamespacePodAffinity',
      'Exists',
      undefined,
      podOf({
        affinity: {
          podAntiAffinity: {
            preferredDuringSchedulingIgnoredDuringExecution: [
              { weight: 1, podAffinityTerm: { topologyKey: 'zone', namespaceSelector: {}, labelSelector: {} } },
            ],
          },
        },
      }),
      true,
    ],
    ['VolumeAttributesClass', 'Exists', undefined, podOf(), false],
  ]
  for (const [i, [scopeName, operator, values, pod, want]] of rows.entries())
    it(`${i}: ${scopeName} ${operator} ${values ?? ''}`, () =>
      assert.equal(podUsage.isInScope?.(pod, { scopeName, operator, ...(values && { values }) }), want))
})

describe('What pods have to say', () => {
  const names = ['limits.cpu', 'cpu', 'pods', 'requests.ephemeral-storage']
  const rows: [string, Pod, string | undefined][] = [
    ['of each container', podOf({ containers: [container('d'), container('c')] }), 'must specify cpu for: c,d; limits.cpu for: c,d'],
    [
      'of init containers too',
      podOf({ containers: [container('c', { limits: { cpu: '1' } })], initContainers: [container('i')] }),
      'must specify cpu for: i; limits.cpu for: i',
    ],
    ['is enough', podOf({ containers: [container('c', { limits: { cpu: '1' } })] }), undefined],
    ['of the pod as a whole', podOf({ resources: { requests: { cpu: '1' } } }), undefined],
  ]
  for (const [name, pod, want] of rows) it(name, () => assert.equal(podUsage.missing?.(pod, names), want))
})

describe('Usage of other objects', () => {
  const claim = (spec: object, status: object = {}) =>
    stored(PersistentVolumeClaim, { spec: { accessModes: ['ReadWriteOnce'], ...spec }, status } as Draft<PersistentVolumeClaim>)
  const size = (storage: string) => ({ resources: { requests: { storage } } })
  const service = (type: string, more: object = {}) =>
    stored(Service, { spec: { type, ports: [{ port: 80, nodePort: 30080 }, { port: 81 }], ...more } } as Draft<Service>)
  const rows: [string, Kind, Parameters<typeof used>[1], string[]][] = [
    ['config maps', ConfigMap, stored(ConfigMap, {}), ['configmaps=1', 'count/configmaps=1']],
    ['deployments', Deployment, stored(ConfigMap, {}), ['count/deployments.apps=1']],
    ['services', Service, service('ClusterIP'), ['count/services=1', 'services.loadbalancers=0', 'services.nodeports=0', 'services=1']],
    ['node ports', Service, service('NodePort'), ['count/services=1', 'services.loadbalancers=0', 'services.nodeports=2', 'services=1']],
    [
      'load balancers',
      Service,
      service('LoadBalancer'),
      ['count/services=1', 'services.loadbalancers=1', 'services.nodeports=2', 'services=1'],
    ],
    [
      'load balancers without node ports',
      Service,
      service('LoadBalancer', { allocateLoadBalancerNodePorts: false }),
      ['count/services=1', 'services.loadbalancers=1', 'services.nodeports=1', 'services=1'],
    ],
    [
      'claims of a class',
      PersistentVolumeClaim,
      claim({ ...size('1Gi'), storageClassName: 'gold' }),
      [
        'count/persistentvolumeclaims=1',
        'gold.storageclass.storage.k8s.io/persistentvolumeclaims=1',
        'gold.storageclass.storage.k8s.io/requests.storage=1Gi',
        'persistentvolumeclaims=1',
        'requests.storage=1Gi',
      ],
    ],
    [
      'claims that are being resized',
      PersistentVolumeClaim,
      claim(size('1Gi'), { allocatedResources: { storage: '3Gi' } }),
      ['count/persistentvolumeclaims=1', 'persistentvolumeclaims=1', 'requests.storage=3Gi'],
    ],
    [
      'claims of parts of a byte',
      PersistentVolumeClaim,
      claim(size('1500m')),
      ['count/persistentvolumeclaims=1', 'persistentvolumeclaims=1', 'requests.storage=2'],
    ],
    [
      'claims of devices',
      ResourceClaim,
      stored(ResourceClaim, {
        spec: {
          devices: {
            requests: [
              { name: 'a', exactly: { deviceClassName: 'gpu', count: 2 } },
              { name: 'b', exactly: { deviceClassName: 'nic', allocationMode: 'All' } },
              {
                name: 'c',
                firstAvailable: [
                  { name: 'big', deviceClassName: 'gpu' },
                  { name: 'small', deviceClassName: 'gpu', count: 4 },
                ],
              },
            ],
          },
        },
      }),
      [
        'count/resourceclaims.resource.k8s.io=1',
        'gpu.deviceclass.resource.k8s.io/devices=6',
        'nic.deviceclass.resource.k8s.io/devices=32',
        'requests.deviceclass.resource.kubernetes.io/gpu=6',
        'requests.deviceclass.resource.kubernetes.io/nic=32',
      ],
    ],
  ]
  for (const [name, kind, object, want] of rows) it(`of ${name}`, () => assert.deepEqual(used(kind, object), want))

  it('of events and of what is in no namespace there is none', () => {
    assert.equal(evaluatorOf(Event), undefined)
    assert.equal(evaluatorOf(Namespace), undefined)
  })
})

describe('Usage of claims of devices that are an extended resource', () => {
  const gpu = stored(DeviceClass, { metadata: { name: 'gpu' }, spec: { extendedResourceName: 'example.com/gpu' } })
  const [plain, implicit] = ['requests.example.com/gpu', 'requests.deviceclass.resource.kubernetes.io/gpu']
  const pod = (resource: string) => podOf({ containers: [container('c', { requests: { [resource]: '2' } })] })
  const claimOf = (name: string, isExtended: boolean) =>
    stored(ResourceClaim, {
      metadata: {
        name,
        ...(isExtended && { annotations: { 'resource.kubernetes.io/extended-resource-claim': 'true' } }),
        ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: 'p', uid: pod('example.com/gpu').metadata.uid, controller: true }],
      },
      spec: { devices: { requests: [{ name: 'r', exactly: { deviceClassName: 'gpu', count: 2 } }] } },
    })
  const extendedUse = (...given: Parameters<typeof used>) => used(...given).filter(line => line.startsWith('requests.'))
  const own = claimOf('a', true)
  const names = (claim: string) => ({ status: { extendedResourceClaimStatus: { resourceClaimName: claim, requestMappings: [] } } })

  it('is that of both of its names', () =>
    assert.deepEqual(extendedUse(ResourceClaim, claimOf('a', false), gpu, pod('example.com/gpu')), [`${implicit}=2`, `${plain}=2`]))
  it('is without what the pod behind it is charged for', () => {
    assert.deepEqual(extendedUse(ResourceClaim, own, gpu, pod('example.com/gpu')), [`${implicit}=2`])
    assert.deepEqual(extendedUse(ResourceClaim, own, gpu, pod('deviceclass.resource.kubernetes.io/gpu')), [`${plain}=2`])
    assert.deepEqual(extendedUse(ResourceClaim, own, gpu), [`${implicit}=2`, `${plain}=2`])
  })
  it('is so for one claim of the pod alone', () => {
    const told = { ...pod('example.com/gpu'), ...names('b') } as Pod
    for (const others of [
      [gpu, told],
      [gpu, pod('example.com/gpu'), claimOf('A', true)],
    ])
      assert.deepEqual(extendedUse(ResourceClaim, own, ...others), [`${implicit}=2`, `${plain}=2`])
    assert.deepEqual(extendedUse(ResourceClaim, own, gpu, pod('example.com/gpu'), claimOf('b', true)), [`${implicit}=2`])
  })
  it('counts with that of pods', () => {
    for (const kind of [Pod, ResourceClaim])
      for (const name of [plain, implicit]) assert.equal(evaluatorOf(kind)?.counts(name), true, `${kind.kind} ${name}`)
    for (const name of ['requests.cpu', 'requests.storage', 'requests.kubernetes.io/x'])
      assert.equal(evaluatorOf(ResourceClaim)?.counts(name), false, name)
  })
})

it('adds up what is in scope and limited, and no more', () => {
  const counted = [
    {
      evaluator: podUsage,
      objects: [podOf(), podOf({ activeDeadlineSeconds: 1 }), podOf({ containers: [container('c', { requests: { cpu: '1500m' } })] })],
    },
    { evaluator: evaluatorOf(ConfigMap) ?? podUsage, objects: [stored(ConfigMap, {})] },
  ]
  const hard = { pods: '5', 'requests.cpu': '2', configmaps: '3', 'limits.memory': '1Gi', 'example.com/unknown': '1' }
  assert.deepEqual(usageOf({ hard }, counted, now, listOf()), { pods: '3', 'requests.cpu': '1500m', configmaps: '1', 'limits.memory': '0' })
  assert.deepEqual(usageOf({ hard, scopes: ['NotTerminating'] }, counted, now, listOf()), {
    pods: '2',
    'requests.cpu': '1500m',
    configmaps: '0',
    'limits.memory': '0',
  })
})
