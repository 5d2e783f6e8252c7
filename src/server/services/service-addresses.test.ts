import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Service } from '../../api/core/service.ts'
import { IPAddress } from '../../api/networking/ip-address.ts'
import { addressFor, parentService } from '../../api/networking/service-address.ts'
import { ServiceCIDR } from '../../api/networking/service-cidr.ts'
import { stored } from '../../api/testkit.ts'
import { VirtualClock } from '../../base/virtual-clock.ts'
import { StatusError } from '../../meta/status-error.ts'
import type { Draft } from '../../schema/schema.ts'
import { openMemoryStore } from '../../store/memory.ts'
import { resourceFor } from '../resource.ts'
import { Storage } from '../storage.ts'
import { ServiceAddresses } from './service-addresses.ts'

type Spec = Draft<Service>['spec']
const resource = resourceFor(Service)
const ranges = resourceFor(ServiceCIDR)
const nodePorts = { firstNodePort: 30_000, lastNodePort: 30_002 }

/** A /27 has 30 addresses, of which the first 16 are given out last to who does not ask for one; three node ports. */
async function setUp(serviceCidr = '10.0.0.0/27') {
  const clock = new VirtualClock()
  const store = openMemoryStore({ clock, retention: { keepMs: Number.POSITIVE_INFINITY } })
  const storage = new Storage(store)
  let seed = 0
  let uids = 0
  const options = { storage, nodePorts, random: () => (seed = (seed + 0.37) % 1), clock, newUid: () => `uid-${++uids}` }
  const range = async (name: string, cidrs: readonly string[]) => {
    await storage.create(ranges, stored(ServiceCIDR, { metadata: { name }, spec: { cidrs } }))
  }
  await range('kubernetes', [serviceCidr])
  const addresses = new ServiceAddresses(options)
  const draft = (name: string, spec: Spec) => stored(Service, { metadata: { name }, spec })

  async function create(name: string, spec: Spec = { ports: [{ port: 80 }] }): Promise<Service> {
    const assigned = addresses.assign(draft(name, spec), undefined)
    try {
      assert.ok(await storage.create(resource, assigned, addresses.along(assigned, undefined)))
      return assigned as Service
    } finally {
      addresses.settle(assigned)
    }
  }
  async function update(name: string, change: (old: Service) => Service): Promise<Service> {
    const entry = storage.entry(resource, 'default', name)
    const current = storage.find(Service, 'default', name)
    assert.ok(entry && current)
    const assigned = addresses.assign(change(current), current)
    try {
      assert.ok(await storage.replace(resource, entry, assigned, addresses.along(assigned, current)))
      return assigned as Service
    } finally {
      addresses.settle(assigned)
    }
  }
  async function remove(name: string): Promise<void> {
    const entry = storage.entry(resource, 'default', name)
    assert.ok(entry)
    await storage.remove(resource, entry, undefined, addresses.along(undefined, storage.find(Service, 'default', name)))
  }
  const objects = () => storage.all(IPAddress).map(o => `${o.metadata.name} ${parentService(o)}`)
  return { options, addresses, storage, draft, create, update, remove, range, objects }
}

const refusal = (message: RegExp) => (error: unknown) => StatusError.is(error, 'Invalid') && message.test(error.message)
const isFull = (error: unknown) =>
  StatusError.is(error, 'InternalError') && /failed to allocate a serviceIP: range is full/.test(error.message)
const nodePort = (port?: number): Spec => ({ type: 'NodePort', ports: [{ port: 80, ...(port && { nodePort: port }) }] })

test('an address is picked, and families with it', async () => {
  const { create } = await setUp()
  const { spec } = await create('a')
  assert.match(spec.clusterIP ?? '', /^10\.0\.0\.(1[7-9]|2\d|30)$/)
  assert.deepEqual([spec.clusterIPs, spec.ipFamilies, spec.ipFamilyPolicy], [[spec.clusterIP], ['IPv4'], 'SingleStack'])
})

test('headless services and external names take none', async () => {
  const { create } = await setUp()
  assert.equal((await create('a', { clusterIP: 'None' })).spec.clusterIP, 'None')
  assert.equal((await create('b', { type: 'ExternalName', externalName: 'example.com' })).spec.clusterIP, undefined)
})

test('an address that is asked for', async () => {
  const { create } = await setUp()
  assert.equal((await create('dns', { clusterIP: '10.0.0.10' })).spec.clusterIP, '10.0.0.10')
  const rows: [string, RegExp][] = [
    ['10.0.0.10', /failed to allocate IP 10\.0\.0\.10: provided IP is already allocated/],
    [
      '10.0.1.1',
      /spec\.clusterIPs: Invalid value: \["10\.0\.1\.1"\]: failed to allocate IP 10\.0\.1\.1: the provided network does not match the current range/,
    ],
    ['10.0.0.0', /does not match the current range/],
    ['10.0.0.31', /does not match the current range/],
    ['fd00::1', /spec\.clusterIPs\[0\]: Invalid value: \["fd00::1"\]: IPv6 is not configured on this cluster/],
  ]
  for (const [clusterIP, message] of rows) await assert.rejects(create('other', { clusterIP }), refusal(message), clusterIP)
})

test('a range that is full says so, and has room again; its first band is used last', async () => {
  const { create, remove } = await setUp()
  const made: Service[] = []
  for (let i = 0; i < 30; i++) made.push(await create(`s${i}`))
  assert.equal(new Set(made.map(s => s.spec.clusterIP)).size, 30)
  assert.deepEqual(
    made.map(s => Number(s.spec.clusterIP?.split('.')[3]) > 16),
    made.map((_, i) => i < 14),
  )
  await assert.rejects(create('more'), isFull)
  await remove('s3')
  assert.equal((await create('more')).spec.clusterIP, made[3]?.spec.clusterIP)
})

test('every address has its object, with the service and for as long as it', async () => {
  const { create, update, remove, objects, storage } = await setUp()
  await create('a', { clusterIP: '10.0.0.5', ports: [{ port: 80 }] })
  await create('none', { clusterIP: 'None' })
  assert.deepEqual(objects(), ['10.0.0.5 default/a'])
  const object = storage.find(IPAddress, undefined, '10.0.0.5')
  assert.deepEqual(object?.metadata.labels, {
    'ipaddress.kubernetes.io/ip-family': 'IPv4',
    'ipaddress.kubernetes.io/managed-by': 'ipallocator.k8s.io',
  })
  assert.deepEqual(object?.spec.parentRef, { group: '', resource: 'services', namespace: 'default', name: 'a' })
  assert.deepEqual(
    object?.metadata.managedFields?.map(({ manager }) => manager),
    ['kube-apiserver'],
  )
  await update('a', s => ({ ...s, spec: { ...s.spec, type: 'NodePort' } }))
  assert.equal(storage.find(IPAddress, undefined, '10.0.0.5'), object)
  await update('a', s => ({ ...s, spec: { ...s.spec, type: 'ExternalName', externalName: 'x' } }))
  assert.deepEqual(objects(), [])
  await update('a', s => ({ ...s, spec: { ...s.spec, type: 'ClusterIP', clusterIP: '10.0.0.6' } }))
  assert.deepEqual(objects(), ['10.0.0.6 default/a'])
  await remove('a')
  assert.deepEqual(objects(), [])
})

test('an address that another object has is not given out, nor given back', async () => {
  const { create, remove, storage, draft, addresses, objects } = await setUp()
  const taken = (address: string) => stored(IPAddress, addressFor(draft('other', {}) as Service, address))
  await storage.create(resourceFor(IPAddress), taken('10.0.0.5'))
  await assert.rejects(create('a', { clusterIP: '10.0.0.5' }), refusal(/provided IP is already allocated/))
  // Somebody is quicker, between the choice and the write: nothing of it is written.
  const chosen = addresses.assign(draft('a', { clusterIP: '10.0.0.7' }), undefined)
  await storage.create(resourceFor(IPAddress), taken('10.0.0.7'))
  assert.equal(await storage.create(resource, chosen, addresses.along(chosen, undefined)), undefined)
  addresses.settle(chosen)
  assert.equal(storage.find(Service, 'default', 'a'), undefined)
  await create('b', { clusterIP: '10.0.0.8' })
  const own = storage.entry(resourceFor(IPAddress), undefined, '10.0.0.8')
  assert.ok(own && (await storage.replace(resourceFor(IPAddress), own, taken('10.0.0.8'))))
  await remove('b')
  assert.deepEqual(objects(), ['10.0.0.5 default/other', '10.0.0.7 default/other', '10.0.0.8 default/other'])
})

test('an object that somebody holds keeps its address', async () => {
  const { create, remove, storage } = await setUp()
  await create('a', { clusterIP: '10.0.0.5' })
  const entry = storage.entry(resourceFor(IPAddress), undefined, '10.0.0.5')
  const object = storage.find(IPAddress, undefined, '10.0.0.5')
  assert.ok(entry && object)
  await storage.replace(resourceFor(IPAddress), entry, { ...object, metadata: { ...object.metadata, finalizers: ['a.b/c'] } })
  await remove('a')
  assert.ok(storage.find(IPAddress, undefined, '10.0.0.5')?.metadata.deletionTimestamp)
  await assert.rejects(create('b', { clusterIP: '10.0.0.5' }), refusal(/already allocated/))
})

test('more ranges give more addresses, as long as they are ready and stay', async () => {
  const { create, range, storage } = await setUp('10.0.0.0/30')
  await create('a')
  await create('b')
  await assert.rejects(create('c'), isFull)
  await range('more', ['10.1.0.0/29', 'fd00::/64'])
  assert.match((await create('c')).spec.clusterIP ?? '', /^10\.1\.0\.[1-6]$/)
  const change = async (of: (object: ServiceCIDR) => ServiceCIDR) => {
    const [entry, object] = [storage.entry(ranges, undefined, 'more'), storage.find(ServiceCIDR, undefined, 'more')]
    assert.ok(entry && object && (await storage.replace(ranges, entry, of(object))))
  }
  const ready = (status: string) => ({ type: 'Ready', status, reason: '', message: '', lastTransitionTime: '2026-01-01T00:00:00Z' })
  await change(o => ({ ...o, status: { conditions: [ready('False')] } }))
  await assert.rejects(create('d'), isFull)
  await change(o => ({ ...o, status: { conditions: [ready('True')] } }))
  await create('d')
  await change(o => ({ ...o, metadata: { ...o.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } }))
  await assert.rejects(create('e'), isFull)
  await assert.rejects(create('e', { clusterIP: '10.1.0.6' }), refusal(/does not match the current range/))
})

test('families of a cluster that has IPv4 alone', async () => {
  const { create } = await setUp()
  const of = async (name: string, spec: Spec) => {
    const { ipFamilies, ipFamilyPolicy } = (await create(name, spec)).spec
    return [ipFamilyPolicy, ...(ipFamilies ?? [])].join(' ')
  }
  const selector = { app: 'a' }
  assert.equal(await of('a', { clusterIP: 'None', selector }), 'SingleStack IPv4')
  assert.equal(await of('b', { clusterIP: 'None' }), 'RequireDualStack IPv4 IPv6')
  assert.equal(await of('c', { clusterIP: 'None', ipFamilyPolicy: 'SingleStack', ipFamilies: ['IPv6'] }), 'SingleStack IPv6')
  assert.equal(await of('d', { ipFamilyPolicy: 'PreferDualStack' }), 'PreferDualStack IPv4')
  const rows: [Spec, RegExp][] = [
    [
      { ipFamilyPolicy: 'RequireDualStack' },
      /spec\.ipFamilyPolicy: Invalid value: "RequireDualStack": this cluster is not configured for dual-stack/,
    ],
    [{ ipFamilies: ['IPv6'] }, /spec\.ipFamilies\[0\]: Invalid value: "IPv6": not configured on this cluster/],
    [{ ipFamilies: ['IPv4', 'IPv6'] }, /must be 'RequireDualStack' or 'PreferDualStack' when multiple IP families are specified/],
  ]
  for (const [spec, message] of rows) await assert.rejects(create('x', spec), refusal(message))
})

test('node ports: picked, asked for, taken, out of range, full', async () => {
  const { create } = await setUp()
  assert.equal((await create('a', nodePort(30_001))).spec.ports?.[0]?.nodePort, 30_001)
  await assert.rejects(create('x', nodePort(30_001)), refusal(/nodePort: Invalid value: 30001: provided port is already allocated/))
  await assert.rejects(create('x', nodePort(80)), refusal(/The range of valid ports is 30000-30002/))
  const picked = [await create('b', nodePort()), await create('c', nodePort())].map(s => s.spec.ports?.[0]?.nodePort)
  assert.deepEqual(picked.sort(), [30_000, 30_002])
  await assert.rejects(create('d', nodePort()), refusal(/range is full/))
})

test('a port that moves keeps its node port by its name; a local balancer gets one for its health, and keeps it', async () => {
  const { create, update, draft } = await setUp()
  const of = (port: number): Spec => ({
    type: 'LoadBalancer',
    externalTrafficPolicy: 'Local',
    ports: [{ name: 'web', port }],
  })
  const made = await create('a', of(80))
  const moved = await update('a', () => draft('a', of(81)))
  assert.deepEqual([moved.spec.ports?.[0]?.port, moved.spec.ports?.[0]?.nodePort], [81, made.spec.ports?.[0]?.nodePort])
  assert.ok(made.spec.healthCheckNodePort)
  assert.equal(moved.spec.healthCheckNodePort, made.spec.healthCheckNodePort)
  await assert.rejects(create('b', nodePort(made.spec.healthCheckNodePort)), refusal(/already allocated/))
})

test('a write that is refused gives back what it picked', async () => {
  const { create, addresses, draft } = await setUp()
  const ports = [
    { name: 'a', port: 80, nodePort: 30_000 },
    { name: 'b', port: 81, nodePort: 99 },
  ]
  assert.throws(() => addresses.assign(draft('x', { type: 'NodePort', clusterIP: '10.0.0.9', ports }), undefined), refusal(/99/))
  const dropped = addresses.assign(draft('x', { clusterIP: '10.0.0.9' }), undefined)
  addresses.settle(dropped)
  assert.equal((await create('y', { ...nodePort(30_000), clusterIP: '10.0.0.9' })).spec.clusterIP, '10.0.0.9')
})

test('tcp and udp share a port number; ports of one service may, too', async () => {
  const { create } = await setUp()
  const ports = (['TCP', 'UDP'] as const).map(protocol => ({ name: protocol.toLowerCase(), port: 53, protocol, nodePort: 30_000 }))
  assert.deepEqual(
    (await create('dns', { type: 'NodePort', ports })).spec.ports?.map(p => p.nodePort),
    [30_000, 30_000],
  )
})

test('an update keeps addresses and ports; a change of type takes or gives them back', async () => {
  const { create, update, draft } = await setUp()
  const made = await create('a')
  const asNodePort = await update('a', s => ({ ...s, spec: { ...s.spec, type: 'NodePort' } }))
  assert.equal(asNodePort.spec.clusterIP, made.spec.clusterIP)
  const port = asNodePort.spec.ports?.[0]?.nodePort
  assert.ok(port)
  const withoutFields = await update('a', () => draft('a', { type: 'NodePort', ports: [{ port: 80 }] }))
  assert.deepEqual([withoutFields.spec.clusterIP, withoutFields.spec.ports?.[0]?.nodePort], [made.spec.clusterIP, port])
  const plain = await update('a', s => ({ ...s, spec: { ...s.spec, type: 'ClusterIP' } }))
  assert.equal(plain.spec.ports?.[0]?.nodePort, undefined)
  await create('b', nodePort(port))
  const external = await update('a', s => ({ ...s, spec: { ...s.spec, type: 'ExternalName', externalName: 'x' } }))
  assert.equal(external.spec.clusterIP, undefined)
  assert.equal((await create('c', { clusterIP: made.spec.clusterIP ?? '' })).spec.clusterIP, made.spec.clusterIP)
})

test('what is stored is known after a restart', async () => {
  const { create, options } = await setUp()
  const { spec } = await create('a', nodePort(30_002))
  const again = new ServiceAddresses(options)
  const taken = stored(Service, { metadata: { name: 'b' }, spec: { clusterIP: spec.clusterIP ?? '' } })
  assert.throws(() => again.assign(taken, undefined), refusal(/already allocated/))
  assert.throws(
    () => again.assign(stored(Service, { metadata: { name: 'b' }, spec: nodePort(30_002) }), undefined),
    refusal(/already allocated/),
  )
  again.close()
})

test('however writes follow each other, no address is given twice and none is lost', async () => {
  const step = fc.record({ name: fc.integer({ min: 0, max: 20 }), act: fc.constantFrom('create', 'create', 'remove', 'dry') })
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async steps => {
      const { create, remove, addresses, draft, storage, objects } = await setUp()
      const live = new Set<string>()
      for (const { name, act } of steps) {
        const key = `s${name}`
        if (act === 'dry' && live.size < 15) addresses.settle(addresses.assign(draft(key, {}), undefined))
        else if (act === 'remove' && live.delete(key)) await remove(key)
        else if (act === 'create' && live.size < 15 && !live.has(key)) {
          await create(key)
          live.add(key)
        }
      }
      const given = storage.all(Service).map(s => s.spec.clusterIP)
      assert.equal(new Set(given).size, live.size)
      assert.deepEqual(
        objects(),
        storage
          .all(Service)
          .map(s => `${s.spec.clusterIP} default/${s.metadata.name}`)
          .sort(),
      )
      for (let i = live.size; i < 30; i++) await create(`rest${i}`)
      await assert.rejects(create('more'), isFull)
    }),
    { numRuns: 25 },
  )
})
