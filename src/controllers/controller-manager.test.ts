import assert from 'node:assert/strict'
import { test } from 'node:test'
import { storedKinds } from '../api/all.ts'
import { Deployment } from '../api/apps/deployment.ts'
import { Lease } from '../api/coordination/lease.ts'
import { ConfigMap } from '../api/core/config-map.ts'
import { Endpoints } from '../api/core/endpoints.ts'
import { Event } from '../api/core/event.ts'
import { Namespace } from '../api/core/namespace.ts'
import { Pod } from '../api/core/pod.ts'
import { Secret } from '../api/core/secret.ts'
import { Service } from '../api/core/service.ts'
import { silentLogger } from '../base/logger.ts'
import { seededRandom, VirtualClock } from '../base/virtual-clock.ts'
import { FakeClient } from '../client/fake-client.ts'
import { StatusError } from '../meta/status-error.ts'
import { runControllerManager } from './controller-manager.ts'
import { fixedKinds } from './runtime/kind-source.ts'

test('two controller managers take turns, and what one began the other finishes', async () => {
  const clock = new VirtualClock()
  const client = new FakeClient({ clock, random: seededRandom(1) })
  const start = (identity: string, seed: number) => {
    const stop = new AbortController()
    const options = { kinds: fixedKinds(storedKinds), rootCertificate: 'PEM' }
    const result = runControllerManager({
      client,
      clientFor: () => client,
      serverClient: client,
      clock,
      random: seededRandom(seed),
      logger: silentLogger,
      options,
      identity,
      signal: stop.signal,
    })
    return { stop, result }
  }
  const leader = () => client.all(Lease).find(o => o.metadata.name === 'kube-controller-manager')?.spec.holderIdentity
  const one = start('one', 2)
  await clock.advance(1000)
  const two = start('two', 3)
  await client.create(Namespace, { metadata: { name: 'shop' } })
  const labels = { app: 'web' }
  const template = { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'nginx' }] } }
  await client.create(Deployment, {
    metadata: { namespace: 'shop', name: 'web' },
    spec: { replicas: 2, selector: { matchLabels: labels }, template },
  })
  await client.create(Service, { metadata: { namespace: 'shop', name: 'web' }, spec: { selector: labels, ports: [{ port: 80 }] } })
  await clock.advance(2000)
  assert.equal(leader(), 'one')
  assert.equal(client.all(Pod).length, 2)
  assert.equal(client.all(Endpoints).length, 1)
  assert.deepEqual(
    client.all(ConfigMap).map(o => o.metadata.name),
    ['kube-root-ca.crt'],
  )
  const told = client.all(Event).map(e => `${e.source?.component} ${e.reason}`)
  assert.deepEqual(told.sort(), [
    'deployment-controller ScalingReplicaSet',
    'replicaset-controller SuccessfulCreate',
    'replicaset-controller SuccessfulCreate',
  ])

  one.stop.abort()
  await clock.advance(10_000)
  assert.equal(await one.result, 'stopped')
  assert.equal(leader(), 'two')
  await client.delete(Namespace, { name: 'shop' })
  await clock.advance(30_000)
  assert.deepEqual([client.all(Namespace), client.all(Pod), client.all(Deployment)], [[], [], []])
  two.stop.abort()
  await clock.advance(1000)
  assert.equal(await two.result, 'stopped')
})

test('a kind that cannot be listed keeps up only who needs it, and the garbage collector for a while', async () => {
  const clock = new VirtualClock()
  const client = new FakeClient({ clock, random: seededRandom(1) })
  client.intercept = ({ kind, verb }) => {
    if (kind === Secret && verb === 'list') throw StatusError.internal('unable to transform key "/registry/secrets/a/b"')
  }
  const stop = new AbortController()
  const running = runControllerManager({
    client,
    clientFor: () => client,
    serverClient: client,
    clock,
    random: seededRandom(2),
    logger: silentLogger,
    options: { kinds: fixedKinds(storedKinds), rootCertificate: 'PEM' },
    signal: stop.signal,
  })
  const labels = { app: 'web' }
  const spec = {
    selector: { matchLabels: labels },
    template: { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'nginx' }] } },
  }
  const deployment = await client.create(Deployment, { metadata: { namespace: 'shop', name: 'web' }, spec: { replicas: 2, ...spec } })
  await clock.advance(5000)
  assert.equal(client.all(Pod).length, 2)
  await client.delete(Deployment, deployment.metadata)
  await clock.advance(5000)
  assert.equal(client.all(Pod).length, 2)
  await clock.advance(30_000)
  assert.equal(client.all(Pod).length, 0)
  stop.abort()
  await clock.advance(1000)
  assert.equal(await running, 'stopped')
})
