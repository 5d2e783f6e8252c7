import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { Endpoints } from '../../api/core/endpoints.ts'
import { Node } from '../../api/core/node.ts'
import { Pod } from '../../api/core/pod.ts'
import { Service } from '../../api/core/service.ts'
import { EndpointSlice } from '../../api/discovery/endpoint-slice.ts'
import type { KubeObject } from '../../meta/object-meta.ts'
import type { Draft } from '../../schema/schema.ts'
import { TestControlPlane } from '../testing/control-plane.ts'
import { before, decide, outcomeOf, stored } from '../testing/decide.ts'
import { endpointSliceController } from './endpoint-slices.ts'
import { endpointsController } from './endpoints.ts'

const service = (spec: Draft<Service['spec']> = {}) =>
  stored(Service, {
    metadata: { name: 'web', labels: { team: 'a' } },
    spec: {
      clusterIP: '10.96.0.20',
      ipFamilies: ['IPv4'],
      selector: { app: 'web' },
      ports: [{ name: 'http', port: 80, targetPort: 'http' }],
      ...spec,
    },
  })
const pod = (
  n: number,
  o: { ready?: boolean; gone?: boolean; phase?: 'Running' | 'Failed'; port?: number; node?: string; hostname?: string } = {},
) =>
  stored(Pod, {
    metadata: { name: `p${n}`, labels: { app: 'web' }, ...(o.gone && { deletionTimestamp: before(1) }) },
    spec: {
      nodeName: o.node ?? 'n1',
      ...(o.hostname && { hostname: o.hostname, subdomain: 'web' }),
      containers: [{ name: 'c', ports: [{ name: 'http', containerPort: o.port ?? 8080 }] }],
    },
    status: {
      phase: o.phase ?? 'Running',
      podIP: `10.244.0.${n}`,
      podIPs: [{ ip: `10.244.0.${n}` }],
      conditions: [{ type: 'Ready', status: o.ready === false ? 'False' : 'True' }],
    },
  })
const node = stored(Node, { metadata: { name: 'n1', labels: { 'topology.kubernetes.io/zone': 'z1' } } })

function drafts(objects: readonly KubeObject[]) {
  return outcomeOf(endpointSliceController, 'default/web', [node, ...objects]).writes.flatMap(w =>
    w.verb === 'create' ? [w.draft as Draft<EndpointSlice>] : w.verb === 'update' ? [w.object as EndpointSlice] : [],
  )
}
const endpointLines = (objects: readonly KubeObject[]) =>
  drafts(objects).flatMap(slice =>
    (slice.endpoints ?? []).map(
      e =>
        `${e.addresses?.join()} ${Object.entries(e.conditions ?? {})
          .flatMap(([name, on]) => (on ? [name] : []))
          .join(' ')}`,
    ),
  )

describe('EndpointSlices', () => {
  it('tell address, port, conditions, node, zone and pod', () => {
    const [slice] = drafts([service(), pod(1)])
    assert.deepEqual(slice?.metadata?.labels, {
      team: 'a',
      'kubernetes.io/service-name': 'web',
      'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
    })
    assert.equal(slice?.metadata?.generateName, 'web-')
    assert.deepEqual(
      slice?.metadata?.ownerReferences?.map(r => [r?.kind, r?.name, r?.controller]),
      [['Service', 'web', true]],
    )
    assert.deepEqual(slice?.ports, [{ name: 'http', port: 8080, protocol: 'TCP' }])
    assert.deepEqual(slice?.endpoints, [
      {
        addresses: ['10.244.0.1'],
        conditions: { ready: true, serving: true, terminating: false },
        nodeName: 'n1',
        zone: 'z1',
        targetRef: { kind: 'Pod', namespace: 'default', name: 'p1', uid: 'Pod-p1' },
      },
    ])
  })

  const rows: [string, Service, Pod[], string[]][] = [
    ['tell pods that are not ready', service(), [pod(1, { ready: false })], ['10.244.0.1 ']],
    ['tell terminating pods as serving, not ready', service(), [pod(1, { gone: true })], ['10.244.0.1 serving terminating']],
    [
      'call every pod ready where that is asked for',
      service({ publishNotReadyAddresses: true }),
      [pod(1, { ready: false })],
      ['10.244.0.1 ready'],
    ],
    ['leave out pods that have ended', service(), [pod(1, { phase: 'Failed' })], []],
    ['leave out pods of nodes that are gone', service(), [pod(1, { node: 'n9' })], []],
    ['leave services without a selector alone', service({ selector: undefined }), [pod(1)], []],
    ['leave external names alone', service({ type: 'ExternalName' }), [pod(1)], []],
  ]
  for (const [name, svc, pods, want] of rows) it(name, () => assert.deepEqual(endpointLines([svc, ...pods]), want))

  it('part pods whose named port differs', () => {
    const ports = drafts([service(), pod(1), pod(2, { port: 9090 })]).map(slice => slice.ports?.[0]?.port)
    assert.deepEqual(ports, [8080, 9090])
  })

  it('mark headless services and name their hosts', () => {
    const [slice] = drafts([service({ clusterIP: 'None', ports: [] }), pod(1, { hostname: 'zero' })])
    assert.equal(slice?.metadata?.labels?.['service.kubernetes.io/headless'], '')
    assert.deepEqual([slice?.ports, slice?.endpoints?.[0]?.hostname], [[], 'zero'])
  })

  it('keep one empty slice for a service without pods', () => {
    assert.deepEqual(decide(endpointSliceController, 'default/web', [service()]), ['create EndpointSlice web-*'])
  })

  it('hold at most a hundred endpoints each, change few slices, and converge', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 230 }), { minLength: 1, maxLength: 4 }), async sizes => {
        const t = new TestControlPlane([endpointSliceController, endpointsController])
        await t.start()
        t.client.seed(Node, { metadata: { name: 'n1' } })
        t.client.seed(Service, service())
        let count = 0
        for (const size of [...sizes, 150]) {
          for (; count < size; count++) t.client.seed(Pod, pod(count + 1))
          for (; count > size; count--) await t.client.delete(Pod, { namespace: 'default', name: `p${count}` }, { gracePeriodSeconds: 0 })
          const writes = t.client.calls.length
          await t.clock.advance(100)
          const slices = t.client.all(EndpointSlice)
          assert.ok(slices.every(slice => (slice.endpoints ?? []).length <= 100))
          const told = slices.flatMap(slice => (slice.endpoints ?? []).map(e => e.addresses[0])).sort()
          assert.deepEqual(
            told,
            t.client
              .all(Pod)
              .map(p => p.status.podIP)
              .sort(),
          )
          const subsets = t.client.all(Endpoints)[0]?.subsets ?? []
          assert.deepEqual(subsets.flatMap(s => (s.addresses ?? []).map(a => a.ip)).sort(), told)
          assert.ok(t.client.calls.length - writes < 20 + size, 'no storm of writes')
        }
        assert.deepEqual(await t.writesAfterRestart(), [])
        await t.stop()
      }),
      { numRuns: 8 },
    )
  })
})

describe('Endpoints', () => {
  const subsets = (svc: Service, ...pods: Pod[]) => {
    const [create] = outcomeOf(endpointsController, 'default/web', [svc, ...pods]).writes
    return create?.verb === 'create' ? (create.draft as Draft<Endpoints>).subsets : undefined
  }
  it('part ready from other addresses, and leave out terminating pods', () => {
    const [subset, ...others] = subsets(service(), pod(2), pod(1), pod(3, { ready: false }), pod(4, { gone: true })) ?? []
    assert.deepEqual(others, [])
    assert.deepEqual(
      subset?.addresses?.map(a => a?.ip),
      ['10.244.0.1', '10.244.0.2'],
    )
    assert.deepEqual(
      subset?.notReadyAddresses?.map(a => a?.ip),
      ['10.244.0.3'],
    )
    assert.deepEqual(subset?.ports, [{ name: 'http', port: 8080, protocol: 'TCP' }])
  })

  it('are cut off at a thousand, ready ones kept', () => {
    const pods = Array.from({ length: 1005 }, (_, i) => pod(i + 1, { ready: i >= 10 }))
    const [create] = outcomeOf(endpointsController, 'default/web', [service(), ...pods]).writes
    const draft = create?.verb === 'create' ? (create.draft as Draft<Endpoints>) : undefined
    assert.equal(draft?.metadata?.annotations?.['endpoints.kubernetes.io/over-capacity'], 'truncated')
    assert.deepEqual([draft?.subsets?.[0]?.addresses?.length, draft?.subsets?.[0]?.notReadyAddresses?.length], [995, 5])
  })

  it('go with their service, unless somebody else wrote them', () => {
    const labels = { 'endpoints.kubernetes.io/managed-by': 'endpoint-controller' }
    assert.deepEqual(decide(endpointsController, 'default/web', [stored(Endpoints, { metadata: { name: 'web', labels } })]), [
      'delete Endpoints web',
    ])
    assert.deepEqual(decide(endpointsController, 'default/web', [stored(Endpoints, { metadata: { name: 'web' } })]), [])
  })
})
