// Versions that a webhook converts: a real HTTPS server changes what is stored into what is asked for, and back.
import assert from 'node:assert/strict'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { after, before, test } from 'node:test'
import type { Json } from '../testkit/api-requests.ts'
import { eventually } from '../testkit/waiting.ts'
import { conditionOf, custom, define, definition, definitions, path, withSpec } from './custom-setup.ts'
import { overBothProtocols, patchWish } from './setup.ts'

/** v1 has a host and a port, v2 has them in one word. */
function converted(object: Json, apiVersion: string): Json {
  const { spec = {} } = object
  if (object['apiVersion'] === apiVersion) return object
  if (apiVersion.endsWith('/v2')) return { ...object, apiVersion, spec: { address: `${spec.host}:${spec.port}` } }
  const [host, port] = String(spec.address).split(':')
  return { ...object, apiVersion, spec: { host, port: Number(port) } }
}

overBothProtocols(api => {
  let webhook: Server
  let batches: number[] = []
  let spoil: (answer: Json) => Json = answer => answer
  const send = (method: string, target: string, body?: unknown) => api.admin.send(method, target, body === undefined ? {} : { body })

  before(async () => {
    const { apiServer, ca } = api.server.pki
    webhook = createServer({ key: apiServer.key, cert: apiServer.certificate }, async (request, response) => {
      const { kind, apiVersion, request: asked } = JSON.parse(await text(request))
      batches.push(asked.objects.length)
      const convertedObjects = asked.objects.map((object: Json) => converted(object, asked.desiredAPIVersion))
      const answer = spoil({ uid: asked.uid, convertedObjects, result: { status: 'Success' } })
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify({ kind, apiVersion, response: answer }))
    })
    await new Promise<void>(resolve => webhook.listen(0, '127.0.0.1', resolve))
    const url = `https://127.0.0.1:${(webhook.address() as AddressInfo).port}/convert`
    const caBundle = Buffer.from(ca.certificate).toString('base64')
    const conversion = { strategy: 'Webhook', webhook: { clientConfig: { url, caBundle }, conversionReviewVersions: ['v1'] } }
    const versions = [
      { name: 'v1', schema: withSpec({ host: { type: 'string' }, port: { type: 'integer' } }) },
      { name: 'v2', schema: withSpec({ address: { type: 'string' } }) },
    ]
    await define(api.admin, definition('endpoints2', 'Endpoint2', versions, { conversion }))
  })
  after(() => {
    webhook.closeAllConnections()
    webhook.close()
  })
  const make = (name: string, spec: Json, version: string) =>
    send('POST', path('endpoints2', version), custom('Endpoint2', name, { spec }, version))

  test('a policy on another version has no webhook asked for its sake', async () => {
    batches = []
    await make('free', { address: 'a:1' }, 'v2')
    const free = batches
    const policies = '/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies'
    const rule = { apiGroups: ['stable.example.com'], apiVersions: ['v1'], operations: ['CREATE'], resources: ['endpoints2'] }
    const spec = { matchConstraints: { resourceRules: [rule] }, validations: [{ expression: "object.metadata.name != 'no'" }] }
    const metadata = { name: 'no-such-name' }
    assert.equal((await send('POST', policies, { metadata, spec })).code, 201)
    const binding = { metadata, spec: { policyName: metadata.name, validationActions: ['Deny'] } }
    assert.equal((await send('POST', `${policies.replace('policies', 'policybindings')}`, binding)).code, 201)
    await eventually('the policy is in force', async () => assert.equal((await make('no', { address: 'a:1' }, 'v2')).code, 422))
    await send('DELETE', `${path('endpoints2')}/free`)
    batches = []
    assert.equal((await make('no', { address: 'a:1' }, 'v2')).code, 422)
    // What was asked before has come by the time that this is answered.
    await make('free', { address: 'a:1' }, 'v2')
    assert.deepEqual(batches, free)
    await send('DELETE', `${path('endpoints2')}/free`)
    await send('DELETE', `${policies}/${metadata.name}`)
  })

  test('objects are written and read in either version', async () => {
    const one = await make('one', { address: 'a:1' }, 'v2')
    assert.deepEqual([one.code, one.json['apiVersion'], one.json['spec']], [201, 'stable.example.com/v2', { address: 'a:1' }])
    await make('two', { host: 'b', port: 2 }, 'v1')
    assert.deepEqual((await send('GET', `${path('endpoints2')}/one`)).json['spec'], { host: 'a', port: 1 })
    batches = []
    const list = await send('GET', path('endpoints2', 'v2'))
    assert.deepEqual(
      list.json['items'].map((item: Json) => item['spec'].address),
      ['a:1', 'b:2'],
    )
    assert.deepEqual(batches.length <= 1, true, 'one review for all that are not known yet')
    const patched = await api.admin.send('PATCH', `${path('endpoints2', 'v2')}/one`, patchWish('merge', { spec: { address: 'c:3' } }))
    assert.deepEqual([patched.code, patched.json['spec']], [200, { address: 'c:3' }])
    assert.deepEqual((await send('GET', `${path('endpoints2')}/one`)).json['spec'], { host: 'c', port: 3 })
  })

  test('watches show the version that they are of, in order', async () => {
    const watch = await api.admin.open('GET', `${path('endpoints2', 'v2')}?watch=true&resourceVersion=0&timeoutSeconds=1`)
    await make('three', { host: 'd', port: 4 }, 'v1')
    const text = await watch.stream.toArray()
    const events = Buffer.concat(text)
      .toString()
      .trim()
      .split('\n')
      .map(line => JSON.parse(line))
    assert.deepEqual(
      events.map(({ type, object }) => [type, object.spec.address]),
      [
        ['ADDED', 'c:3'],
        ['ADDED', 'b:2'],
        ['ADDED', 'd:4'],
      ],
    )
  })

  test('what a webhook may not do, and its failures, are told', async () => {
    const rows: readonly (readonly [(answer: Json) => Json, RegExp])[] = [
      [
        answer => ({ ...answer, result: { status: 'Failure', message: 'no way' } }),
        /conversion webhook for .*, Kind=Endpoint2 failed: no way/,
      ],
      [answer => ({ ...answer, uid: 'other' }), /expected response\.uid=/],
      [answer => ({ ...answer, convertedObjects: [] }), /returned 0 objects, expected 1/],
      [
        answer => ({ ...answer, convertedObjects: answer['convertedObjects'].map((o: Json) => ({ ...o, metadata: { name: 'x' } })) }),
        /returned invalid converted object at index 0: must have the same name: /,
      ],
    ]
    for (const [next, message] of rows) {
      spoil = next
      const { code, json } = await make('never', { address: 'a:1' }, 'v2')
      assert.equal(code, 500)
      assert.match(json['message'], message)
    }
    spoil = answer => answer
  })

  test('a definition whose objects cannot be converted to be deleted says so once, and goes when they can', async () => {
    const clientConfig = { url: 'https://127.0.0.1:1/convert' }
    const conversion = { strategy: 'Webhook', webhook: { clientConfig, conversionReviewVersions: ['v1'] } }
    const scale = { specReplicasPath: '.spec.replicas', statusReplicasPath: '.status.replicas' }
    const versions = (stored: string) => ['v1', 'v2'].map(name => ({ name, storage: name === stored, subresources: { scale } }))
    await define(api.admin, definition('stucks', 'Stuck', versions('v1'), { conversion }))
    assert.equal((await send('POST', path('stucks'), custom('Stuck', 'a', {}))).code, 201)
    const own = `${definitions}/stucks.stable.example.com`
    await api.admin.send('PATCH', own, patchWish('merge', { spec: definition('stucks', 'Stuck', versions('v2'), { conversion })['spec'] }))
    assert.match((await send('GET', `${path('stucks', 'v2')}/a/scale`)).text, /conversion webhook for .* failed/)
    await send('DELETE', own)
    const told = await eventually('it is told', async () => {
      const { json } = await send('GET', own)
      assert.equal(conditionOf(json, 'Terminating')?.['reason'], 'InstanceDeletionFailed')
      return json
    })
    for (let i = 0; i < 20; i++) await send('GET', '/livez')
    assert.equal((await send('GET', own)).json['metadata'].resourceVersion, told['metadata'].resourceVersion)
    const mended = await api.admin.send('PATCH', own, patchWish('merge', { spec: { conversion: { strategy: 'None', webhook: null } } }))
    assert.equal(mended.code, 200, mended.text)
    await eventually('it is gone', async () => assert.equal((await send('GET', own)).code, 404))
  })

  test('without its definition nothing is left', async () => {
    await send('DELETE', `${definitions}/endpoints2.stable.example.com`)
    await eventually('all is gone', async () => assert.equal((await send('GET', `${definitions}/endpoints2.stable.example.com`)).code, 404))
    assert.equal((await send('GET', path('endpoints2', 'v2'))).code, 404)
  })
})
