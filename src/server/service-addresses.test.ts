import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Service } from '../api/core/service.ts'
import { stored } from '../api/testkit.ts'
import { VirtualClock } from '../base/virtual-clock.ts'
import { StatusError } from '../meta/status-error.ts'
import type { Draft } from '../schema/schema.ts'
import { openMemoryStore } from '../store/memory.ts'
import { resourceFor } from './resource.ts'
import { ServiceAddresses } from './service-addresses.ts'
import { Storage } from './storage.ts'

type Spec = Draft<Service>['spec']
const resource = resourceFor(Service)

/** A /27 has 30 addresses, of which the first 15 are kept for who asks by value; three node ports. */
function setUp(serviceCidr = '10.0.0.0/27') {
  const clock = new VirtualClock()
  const store = openMemoryStore({ clock, retention: { keepMs: Number.POSITIVE_INFINITY } })
  const storage = new Storage(store)
  let seed = 0
  const addresses = new ServiceAddresses(
    storage,
    { serviceCidr, firstNodePort: 30_000, lastNodePort: 30_002 },
    () => (seed = (seed + 0.37) % 1),
  )
  const draft = (name: string, spec: Spec) => stored(Service, { metadata: { name }, spec })

  async function create(name: string, spec: Spec = { ports: [{ port: 80 }] }): Promise<Service> {
    const assigned = addresses.assign(draft(name, spec), undefined)
    try {
      await storage.create(resource, assigned)
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
      assert.ok(await storage.replace(resource, entry, assigned))
      return assigned as Service
    } finally {
      addresses.settle(assigned)
    }
  }
  async function remove(name: string): Promise<void> {
    const entry = storage.entry(resource, 'default', name)
    assert.ok(entry)
    await storage.remove(resource, entry)
  }
  return { addresses, storage, draft, create, update, remove }
}

const refusal = (message: RegExp) => (error: unknown) => StatusError.is(error, 'Invalid') && message.test(error.message)
const nodePort = (port?: number): Spec => ({ type: 'NodePort', ports: [{ port: 80, ...(port && { nodePort: port }) }] })

test('an address is picked, and families with it', async () => {
  const { create } = setUp()
  const { spec } = await create('a')
  assert.match(spec.clusterIP ?? '', /^10\.0\.0\.(1[6-9]|2\d|30)$/)
  assert.deepEqual([spec.clusterIPs, spec.ipFamilies, spec.ipFamilyPolicy], [[spec.clusterIP], ['IPv4'], 'SingleStack'])
})

test('headless services and external names take none', async () => {
  const { create } = setUp()
  assert.equal((await create('a', { clusterIP: 'None' })).spec.clusterIP, 'None')
  assert.equal((await create('b', { type: 'ExternalName', externalName: 'example.com' })).spec.clusterIP, undefined)
})

test('an address that is asked for', async () => {
  const { create } = setUp()
  assert.equal((await create('dns', { clusterIP: '10.0.0.10' })).spec.clusterIP, '10.0.0.10')
  const rows: [string, RegExp][] = [
    ['10.0.0.10', /failed to allocate IP 10\.0\.0\.10: provided IP is already allocated/],
    ['10.0.1.1', /is not in the valid range\. The range of valid IPs is 10\.0\.0\.0\/27/],
    ['10.0.0.0', /not in the valid range/],
    ['10.0.0.31', /not in the valid range/],
    ['nonsense', /spec\.clusterIPs\[0\]: Invalid value: "nonsense": must be a valid IP address/],
  ]
  for (const [clusterIP, message] of rows) await assert.rejects(create('other', { clusterIP }), refusal(message), clusterIP)
})

test('families are those of the cluster, but where addresses are written by hand', async () => {
  const { create } = setUp()
  const dual: Spec = { ports: [{ port: 80 }], ipFamilyPolicy: 'RequireDualStack' }
  await assert.rejects(create('a', dual), refusal(/spec\.ipFamilyPolicy: .*this cluster is not configured for dual-stack services/))
  await assert.rejects(create('a', { ipFamilies: ['IPv6'] }), refusal(/spec\.ipFamilies\[0\]: .*"IPv6": not configured on this cluster/))
  await assert.rejects(create('a', { clusterIPs: ['10.0.0.9'] }), refusal(/must be empty when `clusterIP` is not specified/))
  const preferring = await create('b', { ports: [{ port: 80 }], ipFamilyPolicy: 'PreferDualStack' })
  assert.deepEqual(preferring.spec.ipFamilies, ['IPv4'])
  const headless = await create('c', { clusterIP: 'None', selector: { a: 'b' } })
  assert.deepEqual([headless.spec.clusterIPs, headless.spec.ipFamilies, headless.spec.ipFamilyPolicy], [['None'], ['IPv4'], 'SingleStack'])
  const byHand = await create('d', { clusterIP: 'None' })
  assert.deepEqual([byHand.spec.ipFamilies, byHand.spec.ipFamilyPolicy], [['IPv4', 'IPv6'], 'RequireDualStack'])
})

test('a port that moves keeps its node port by its name; a local balancer gets one for its health, and keeps it', async () => {
  const { create, update, draft } = setUp()
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

test('a range that is full says so, and has room again', async () => {
  const { create, remove } = setUp()
  const made = await Promise.all(Array.from({ length: 15 }, (_, i) => create(`s${i}`)))
  assert.equal(new Set(made.map(s => s.spec.clusterIP)).size, 15)
  await assert.rejects(create('more'), refusal(/range is full/))
  await remove('s3')
  assert.equal((await create('more')).spec.clusterIP, made[3]?.spec.clusterIP)
})

test('node ports: picked, asked for, taken, out of range, full', async () => {
  const { create } = setUp()
  assert.equal((await create('a', nodePort(30_001))).spec.ports?.[0]?.nodePort, 30_001)
  await assert.rejects(create('x', nodePort(30_001)), refusal(/nodePort: Invalid value: 30001: provided port is already allocated/))
  await assert.rejects(create('x', nodePort(80)), refusal(/The range of valid ports is 30000-30002/))
  const picked = [await create('b', nodePort()), await create('c', nodePort())].map(s => s.spec.ports?.[0]?.nodePort)
  assert.deepEqual(picked.sort(), [30_000, 30_002])
  await assert.rejects(create('d', nodePort()), refusal(/range is full/))
})

test('a write that is refused gives back what it picked', async () => {
  const { create, addresses, draft } = setUp()
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
  const { create } = setUp()
  const ports = (['TCP', 'UDP'] as const).map(protocol => ({ name: protocol.toLowerCase(), port: 53, protocol, nodePort: 30_000 }))
  assert.deepEqual(
    (await create('dns', { type: 'NodePort', ports })).spec.ports?.map(p => p.nodePort),
    [30_000, 30_000],
  )
})

test('an update keeps addresses and ports; a change of type takes or gives them back', async () => {
  const { create, update, draft } = setUp()
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
  const { create, storage } = setUp()
  const { spec } = await create('a', nodePort(30_002))
  const again = new ServiceAddresses(storage, { serviceCidr: '10.0.0.0/27', firstNodePort: 30_000, lastNodePort: 30_002 }, () => 0)
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
      const { create, remove, addresses, draft, storage } = setUp()
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
      for (let i = live.size; i < 15; i++) await create(`rest${i}`)
      await assert.rejects(create('more'), refusal(/range is full/))
    }),
    { numRuns: 25 },
  )
})
