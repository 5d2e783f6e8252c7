import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Service } from '../../api/core/service.ts'
import { IPAddress } from '../../api/networking/ip-address.ts'
import { addressFor, rangeFinalizer } from '../../api/networking/service-address.ts'
import { ServiceCIDR } from '../../api/networking/service-cidr.ts'
import type { KubeObject } from '../../meta/object-meta.ts'
import type { Draft } from '../../schema/schema.ts'
import { TestControlPlane } from '../testing/control-plane.ts'
import { before, decide, outcomeOf, stored } from '../testing/decide.ts'
import { addressRepair, serviceAddressRepair } from './repair.ts'
import { defaultServiceCidrController, serviceCidrController } from './service-cidrs.ts'

const ready = (status: string, message: string, reason = '') => [{ type: 'Ready', status, reason, message, lastTransitionTime: before(60) }]
const isReady = { conditions: ready('True', 'Kubernetes Service CIDR is ready') }
const range = (
  name: string,
  cidrs: string[],
  metadata: Draft<ServiceCIDR>['metadata'] = {},
  status: Draft<ServiceCIDR>['status'] = isReady,
) => stored(ServiceCIDR, { metadata: { name, finalizers: [rangeFinalizer], ...metadata }, spec: { cidrs }, status })
const gone = (seconds: number) => ({ deletionTimestamp: before(seconds) })
const service = (name: string, clusterIP: string) => stored(Service, { metadata: { name }, spec: { clusterIP, clusterIPs: [clusterIP] } })
const addressOf = (name: string, address: string, metadata: Draft<IPAddress>['metadata'] = {}) => {
  const draft = addressFor(service(name, address), address)
  return stored(IPAddress, { ...draft, metadata: { ...draft.metadata, ...metadata } })
}

describe('A range of service addresses', () => {
  const ten = ['10.0.0.0/24']
  const rows: [string, readonly KubeObject[], string[], number?][] = [
    ['gets its finalizer', [range('a', ten, { finalizers: [] }, {})], ['patch ServiceCIDR a']],
    ['is told to be ready', [range('a', ten, {}, {})], ['status ServiceCIDR a']],
    ['is left alone when all is told', [range('a', ten)], []],
    ['waits until nobody gives out its addresses', [range('a', ten, gone(4))], [], 6000],
    ['goes then', [range('a', ten, gone(10))], ['patch ServiceCIDR a']],
    ['is of no concern once it is let go', [range('a', ten, { ...gone(10), finalizers: ['x'] })], []],
    ['stays for an address that a service has', [range('a', ten, gone(60)), addressOf('s', '10.0.0.9')], ['status ServiceCIDR a']],
    ['goes with addresses of others', [range('a', ten, gone(60)), addressOf('s', '10.0.0.9', { labels: {} })], ['patch ServiceCIDR a']],
    ['goes with addresses outside', [range('a', ten, gone(60)), addressOf('s', '10.0.1.9')], ['patch ServiceCIDR a']],
    [
      'goes when another has all of it',
      [range('a', ten, gone(60)), addressOf('s', '10.0.0.9'), range('b', ['10.0.0.0/16'])],
      ['patch ServiceCIDR a'],
    ],
    [
      'goes when others have what is in use',
      [range('a', ten, gone(60)), addressOf('s', '10.0.0.9'), range('b', ['10.0.0.0/28'])],
      ['patch ServiceCIDR a'],
    ],
    [
      'stays for an address that is the end of another',
      [range('a', ten, gone(60)), addressOf('s', '10.0.0.15'), range('b', ['10.0.0.0/28'])],
      ['status ServiceCIDR a'],
    ],
    [
      'stays when the other goes, too',
      [range('a', ten, gone(60)), addressOf('s', '10.0.0.9'), range('b', ten, gone(60))],
      ['status ServiceCIDR a'],
    ],
    [
      'stays for its second family',
      [range('a', [...ten, 'fd00::/64'], gone(60)), addressOf('s', 'fd00::9'), range('b', ten)],
      ['status ServiceCIDR a'],
    ],
  ]
  for (const [name, objects, want, requeueAfterMs] of rows) {
    it(name, () => {
      assert.deepEqual(decide(serviceCidrController, 'a', objects), want)
      assert.equal(outcomeOf(serviceCidrController, 'a', objects).requeueAfterMs, requeueAfterMs)
    })
  }

  it('says why it stays, and goes when its last address does', async () => {
    const t = new TestControlPlane([serviceCidrController])
    t.client.seed(IPAddress, addressOf('s', '10.0.0.9'))
    await t.start()
    await t.client.create(ServiceCIDR, { metadata: { name: 'a' }, spec: { cidrs: ten } })
    await t.clock.advance(1000)
    const [made] = t.client.all(ServiceCIDR)
    assert.deepEqual(made?.metadata.finalizers, [rangeFinalizer])
    assert.equal(made?.status.conditions?.[0]?.message, 'Kubernetes Service CIDR is ready')
    await t.client.delete(ServiceCIDR, { name: 'a' })
    await t.clock.advance(60_000)
    const { status, reason, message } = t.client.all(ServiceCIDR)[0]?.status.conditions?.[0] ?? {}
    assert.deepEqual(
      [status, reason, message],
      ['False', 'Terminating', 'There are still IPAddresses referencing the ServiceCIDR, please remove them or create a new ServiceCIDR'],
    )
    assert.deepEqual(await t.writesAfterRestart(), [])
    await t.client.delete(IPAddress, { name: '10.0.0.9' })
    await t.clock.advance(1000)
    assert.equal(t.count(ServiceCIDR), 0)
    await t.stop()
  })
})

describe('The range that the cluster began with', () => {
  const controller = defaultServiceCidrController(['10.96.0.0/16'])
  const kubernetes = (cidr: string, status: Draft<ServiceCIDR>['status'] = {}) => range('kubernetes', [cidr], {}, status)
  const rows: [string, readonly KubeObject[], string[]][] = [
    ['comes back', [], ['create ServiceCIDR kubernetes']],
    ['is told to be ready', [kubernetes('10.96.0.0/16')], ['status ServiceCIDR kubernetes']],
    ['is left alone', [kubernetes('10.96.0.0/16', isReady)], []],
    ['is left alone on its way', [range('kubernetes', ['10.96.0.0/16'], gone(1), {})], []],
    [
      'is complained of when it is another one',
      [kubernetes('10.97.0.0/16')],
      [
        'event KubernetesDefaultServiceCIDRInconsistent: The default ServiceCIDR [10.97.0.0/16] does not match the controller flag configurations [10.96.0.0/16]',
      ],
    ],
    [
      'is complained of when it is not ready',
      [kubernetes('10.96.0.0/16', { conditions: ready('False', 'no', 'Why') })],
      ['event Why: Configuration matches, but no'],
    ],
  ]
  for (const [name, objects, want] of rows) it(name, () => assert.deepEqual(decide(controller, 'kubernetes', objects), want))
})

describe('The object of a service address', () => {
  const all = range('kubernetes', ['10.0.0.0/16'])
  /** What is written once what was done to the objects has come to both repairs. */
  async function repaired(objects: readonly KubeObject[], advanceMs = 120_000) {
    const t = new TestControlPlane([serviceAddressRepair, addressRepair])
    const kinds = new Map([Service, IPAddress, ServiceCIDR].map(kind => [kind.kind, kind]))
    for (const object of [all, ...objects]) {
      const kind = kinds.get(object.kind)
      assert.ok(kind)
      t.client.seed<KubeObject>(kind, object)
    }
    await t.start()
    await t.clock.advance(advanceMs)
    const left = t.client.all(IPAddress).map(o => `${o.metadata.name} ${o.spec.parentRef.resource} ${o.spec.parentRef.name}`)
    const events = [...new Set(t.events.map(e => e.reason))]
    assert.deepEqual(await t.writesAfterRestart(), [])
    await t.stop()
    return { left, events }
  }
  const one = service('a', '10.0.0.9')
  const foreign = stored(IPAddress, {
    metadata: { name: '10.0.0.9' },
    spec: { parentRef: { group: 'x.y', resource: 'gateways', name: 'g' } },
  })
  const changed = stored(IPAddress, { metadata: addressOf('a', '10.0.0.9').metadata, spec: foreign.spec })
  const rows: [string, readonly KubeObject[], string[], string[]][] = [
    ['stays when it is right', [one, addressOf('a', '10.0.0.9')], ['10.0.0.9 services a'], []],
    ['comes back', [one], ['10.0.0.9 services a'], ['ClusterIPNotAllocated']],
    ['is taken from another kind', [one, foreign], ['10.0.0.9 services a'], ['ClusterIPNotAllocated']],
    ['is taken from a service that is not there', [one, addressOf('b', '10.0.0.9')], ['10.0.0.9 services a'], ['ClusterIPNotAllocated']],
    ['gets its labels back', [one, addressOf('a', '10.0.0.9', { labels: { x: 'y' } })], ['10.0.0.9 services a'], []],
    ['is not made out of all ranges', [service('a', '10.9.0.9')], [], ['ClusterIPOutOfRange']],
    [
      'stays with the first of two services',
      [one, service('b', '10.0.0.9'), addressOf('b', '10.0.0.9')],
      ['10.0.0.9 services b'],
      ['ClusterIPAlreadyAllocated'],
    ],
    [
      'is taken from a service that has another',
      [one, service('b', '10.0.0.8'), addressOf('b', '10.0.0.8'), addressOf('b', '10.0.0.9')],
      ['10.0.0.8 services b', '10.0.0.9 services a'],
      ['IPAddressWrongReference', 'ClusterIPNotAllocated'],
    ],
    [
      'goes when its service is gone',
      [addressOf('a', '10.0.0.9', { creationTimestamp: '2000-01-01T00:00:00Z' })],
      [],
      ['IPAddressNotAllocated'],
    ],
    ['goes when it names no service any more', [changed], [], ['IPAddressNotAllocated']],
    [
      'is of no concern when others have made it',
      [foreign, addressOf('a', '10.0.0.8', { labels: {} })],
      ['10.0.0.8 services a', '10.0.0.9 gateways g'],
      [],
    ],
  ]
  for (const [name, objects, left, events] of rows)
    it(name, async () => {
      const got = await repaired(objects)
      assert.deepEqual([got.left.sort(), got.events], [left, events])
    })

  it('is not made again because its view lags behind that of services', () => {
    const key = 'default/a'
    assert.deepEqual(decide(serviceAddressRepair as never, key, [all, one], { facts: { wrong: new Map() } }), [])
    assert.deepEqual(decide(addressRepair as never, '10.0.0.9', [addressOf('a', '10.0.0.9')], { facts: { isWrong: false } }), [])
  })

  it('may wait a minute for its service', () => {
    const young = addressOf('a', '10.0.0.9', { creationTimestamp: before(20) })
    assert.deepEqual(outcomeOf(addressRepair as never, '10.0.0.9', [young], { facts: { isWrong: true } }), {
      writes: [],
      requeueAfterMs: 40_001,
    })
  })
})
