// Addresses of services with their objects and ranges over the wire, and how all of it is mended after interference.
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { Service } from '../../src/api/core/service.ts'
import type { IPAddress as IPAddressObject } from '../../src/api/networking/ip-address.ts'
import { IPAddress } from '../../src/api/networking/ip-address.ts'
import { ServiceCIDR } from '../../src/api/networking/service-cidr.ts'
import { StatusError } from '../../src/meta/status-error.ts'
import { startTestServer, type TestServer } from '../testkit/api-server.ts'
import { startControllers } from '../testkit/controllers.ts'
import { eventually } from '../testkit/waiting.ts'

let t: TestServer
before(async () => {
  t = await startTestServer()
})
after(() => t.close())

const service = (name: string, spec: object = {}) => ({
  metadata: { namespace: 'default', name },
  spec: { ports: [{ port: 80 }], ...spec },
})
const address = (name: string) => t.client().get(IPAddress, { name })
const parentOf = ({ spec }: IPAddressObject) => `${spec.parentRef.namespace}/${spec.parentRef.name}`
const isGone = (error: unknown) => StatusError.is(error, 'NotFound')

/** Works until the test is over, as the control plane has it. */
async function withControllers(work: () => Promise<void>): Promise<void> {
  const controllers = startControllers(t, { serviceCidrs: ['10.96.0.0/16'] })
  try {
    await work()
  } finally {
    await controllers.stop()
  }
}

describe('Addresses of services', () => {
  it('begin with the range and the service of the cluster', async () => {
    const range = await t.client().get(ServiceCIDR, { name: 'kubernetes' })
    assert.deepEqual(range.spec.cidrs, ['10.96.0.0/16'])
    assert.deepEqual(
      range.status.conditions?.map(({ type, status }) => [type, status]),
      [['Ready', 'True']],
    )
    assert.equal(parentOf(await address('10.96.0.1')), 'default/kubernetes')
  })

  it('come and go with their service, in one revision after the other', async () => {
    const made = await t.client().create(Service, service('one'))
    const ip = made.spec.clusterIP ?? ''
    const object = await address(ip)
    assert.equal(parentOf(object), 'default/one')
    assert.equal(Number(object.metadata.resourceVersion), Number(made.metadata.resourceVersion) + 1)
    await t.client().patch(Service, { namespace: 'default', name: 'one' }, 'merge', {
      spec: { type: 'ExternalName', externalName: 'a.b', clusterIP: null, clusterIPs: null },
    })
    await assert.rejects(address(ip), isGone)
    await t.client().patch(Service, { namespace: 'default', name: 'one' }, 'merge', {
      spec: { type: 'ClusterIP', externalName: null, clusterIP: ip },
    })
    assert.equal(parentOf(await address(ip)), 'default/one')
    await t.client().delete(Service, { namespace: 'default', name: 'one' })
    await assert.rejects(address(ip), isGone)
  })

  it('leave nothing behind when the service is refused, or only tried', async () => {
    const count = async () => (await t.client().list(IPAddress)).items.length
    const before = await count()
    await t.client().create(Service, service('dry'), { dryRun: true })
    await t.client().create(Service, service('two', { clusterIP: '10.96.7.7' }))
    await assert.rejects(t.client().create(Service, service('two', { clusterIP: '10.96.7.8' })), e => StatusError.is(e, 'AlreadyExists'))
    await assert.rejects(address('10.96.7.8'), isGone)
    await assert.rejects(t.client().create(Service, service('three', { clusterIP: '10.96.7.7' })), {
      code: 422,
      message: /spec\.clusterIPs: Invalid value: \["10\.96\.7\.7"\]: failed to allocate IP 10\.96\.7\.7: provided IP is already allocated/,
    })
    await t.client().delete(Service, { namespace: 'default', name: 'two' })
    assert.equal(await count(), before)
  })

  it('are for whoever is first, though both ask at once', async () => {
    const parentRef = { group: 'x.y', resource: 'gateways', name: 'g' }
    for (let i = 1; i <= 20; i++) {
      const name = `10.96.8.${i}`
      const [own, others] = await Promise.allSettled([
        t.client().create(Service, service(`race-${i}`, { clusterIP: name })),
        t.client().create(IPAddress, { metadata: { name }, spec: { parentRef } }),
      ])
      const winner = (await address(name)).spec.parentRef.resource
      assert.deepEqual([own.status === 'fulfilled', others.status === 'fulfilled'], [winner === 'services', winner === 'gateways'])
      if (own.status === 'rejected') assert.match(String(own.reason), /provided IP is already allocated/)
    }
  })

  it('are mended, and their ranges kept, while controllers run', async () => {
    const made = await t.client().create(Service, service('kept'))
    const ip = made.spec.clusterIP ?? ''
    await withControllers(async () => {
      await t.client().delete(IPAddress, { name: ip })
      await eventually('the object is back', async () => assert.equal(parentOf(await address(ip)), 'default/kept'))
      await t.client().create(ServiceCIDR, { metadata: { name: 'more' }, spec: { cidrs: ['10.200.0.0/28'] } })
      await eventually('the range is ready', async () => {
        const { metadata, status } = await t.client().get(ServiceCIDR, { name: 'more' })
        assert.deepEqual(metadata.finalizers, ['networking.k8s.io/service-cidr-finalizer'])
        assert.equal(status.conditions?.[0]?.status, 'True')
      })
      await t.client().create(Service, service('far', { clusterIP: '10.200.0.5' }))
      await t.client().delete(ServiceCIDR, { name: 'more' })
      await eventually('the range says that it is needed', async () => {
        const { status } = await t.client().get(ServiceCIDR, { name: 'more' })
        assert.deepEqual([status.conditions?.[0]?.status, status.conditions?.[0]?.reason], ['False', 'Terminating'])
      })
      await assert.rejects(t.client().create(Service, service('late', { clusterIP: '10.200.0.6' })), /does not match the current range/)
    })
  })
})
