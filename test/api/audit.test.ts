// The audit log as it comes out of a server, for requests over the network and for those of its own components.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { Secret } from '../../src/api/core/secret.ts'
import { parsePolicy } from '../../src/server/audit/policy.ts'
import { type Json, type Protocol, type Requests, requestsOver } from '../testkit/api-requests.ts'
import { startTestServer, type TestServer } from '../testkit/api-server.ts'
import { eventually } from '../testkit/waiting.ts'
import { encoded, webhookServer } from './webhook-setup.ts'

const policy = `apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
- level: None
  users: [system:apiserver]
- level: Metadata
  resources: [{group: "", resources: [secrets]}]
- level: RequestResponse
  resources: [{group: "", resources: [configmaps]}]
- level: Metadata
  nonResourceURLs: [/version]
`
const secrets = '/api/v1/namespaces/default/secrets'
const configMaps = '/api/v1/namespaces/default/configmaps'
const hidden = Buffer.from('swordfish').toString('base64')

for (const protocol of ['HTTP/2', 'HTTP/1.1'] as Protocol[])
  describe(`audit over ${protocol}`, () => {
    let server: TestServer
    let admin: Requests
    const lines: string[] = []
    before(async () => {
      server = await startTestServer({ settings: { audit: { policy: parsePolicy(policy), write: line => lines.push(line) } } })
      const { ca, admin: own } = server.pki
      admin = requestsOver(protocol, server.url, { ca: ca.certificate, cert: own.certificate, key: own.key })
    })
    after(async () => {
      admin.close()
      await server.close()
    })
    const eventsOf = (id: unknown): Json[] => lines.map(line => JSON.parse(line) as Json).filter(event => event['auditID'] === id)

    test('a secret is recorded without what it holds', async () => {
      const body = { metadata: { generateName: 's-' }, data: { password: hidden } }
      const { code, headers, json } = await admin.send('POST', secrets, { body, headers: { 'user-agent': 'test' } })
      assert.equal(code, 201)
      const [event, ...more] = eventsOf(headers['audit-id'])
      assert.equal(more.length, 0)
      assert.equal(event?.['stage'], 'ResponseComplete')
      assert.deepEqual(event?.['objectRef'], { resource: 'secrets', namespace: 'default', name: json['metadata'].name, apiVersion: 'v1' })
      assert.deepEqual(event?.['responseStatus'], { metadata: {}, code: 201 })
      assert.equal(event?.['annotations']['authorization.k8s.io/decision'], 'allow')
      assert.equal(event?.['sourceIPs'][0], '127.0.0.1')
      assert.equal(event?.['userAgent'], 'test')
      assert.equal(lines.join().includes(hidden), false)
    })

    test('bodies are recorded where the policy asks for them', async () => {
      const body = 'metadata:\n  name: c\ndata:\n  a: "1"\n'
      const { headers } = await admin.send('POST', configMaps, {
        body,
        headers: { 'content-type': 'application/yaml', 'audit-id': 'mine' },
      })
      assert.equal(headers['audit-id'], 'mine')
      const [event] = eventsOf('mine')
      assert.deepEqual(event?.['requestObject'], { metadata: { name: 'c' }, data: { a: '1' } })
      assert.equal(event?.['responseObject'].metadata.name, 'c')
      const list = await admin.send('GET', configMaps)
      assert.equal(eventsOf(list.headers['audit-id'])[0]?.['responseObject'].kind, 'ConfigMapList')
    })

    test('what is refused is recorded with the reason', async () => {
      const denied = await admin.send('GET', `${secrets}/x`, { headers: { 'impersonate-user': 'jane' } })
      assert.equal(denied.code, 403)
      const [forbidden] = eventsOf(denied.headers['audit-id'])
      assert.equal(forbidden?.['annotations']['authorization.k8s.io/decision'], 'forbid')
      assert.equal(forbidden?.['impersonatedUser'].username, 'jane')
      assert.equal(forbidden?.['responseStatus'].reason, 'Forbidden')

      const nobody = requestsOver(protocol, server.url, { ca: server.pki.ca.certificate })
      const unknown = await nobody.send('GET', '/version', { headers: { authorization: 'Bearer nonsense' } })
      nobody.close()
      assert.equal(unknown.code, 401)
      const [unauthorized] = eventsOf(unknown.headers['audit-id'])
      assert.deepEqual([unauthorized?.['stage'], unauthorized?.['responseStatus'].code], ['ResponseStarted', 401])
    })

    test('a watch is recorded when it begins and when it ends', async () => {
      const { headers, stream } = await admin.open('GET', `${secrets}?watch=true`)
      const stages = () => eventsOf(headers['audit-id']).map(event => event['stage'])
      await eventually('it has begun', () => assert.deepEqual(stages(), ['ResponseStarted']))
      stream.destroy()
      await eventually('it has ended', () => assert.deepEqual(stages(), ['ResponseStarted', 'ResponseComplete']))
    })

    const hook = webhookServer({
      get server() {
        return server
      },
      get admin() {
        return admin
      },
    })
    const turn = (what: string, round: number, index: number) => `${what}.webhook.admission.k8s.io/round_${round}_index_${index}`
    const annotationsOf = async (path: string, name: string) => {
      const { code, headers } = await admin.send('POST', path, { body: { metadata: { name } } })
      assert.equal(code, 201)
      const { annotations } = eventsOf(headers['audit-id'])[0] ?? {}
      const own = Object.entries(annotations as Record<string, string>).filter(([key]) => !key.startsWith('authorization.'))
      return Object.fromEntries(own.map(([key, value]) => [key, value.startsWith('{') ? JSON.parse(value) : value]))
    }

    test('what webhooks have done is recorded by round and place, and what they say by their names', async () => {
      await hook.configure('mutating', { reinvocationPolicy: 'IfNeeded' }, '*', 'a.example.com')
      await hook.configure('mutating', {}, '*', 'b.example.com')
      await hook.configure('validating', {}, '*', 'c.example.com')
      const patch = [{ op: 'add', path: '/metadata/labels', value: { by: 'b' } }]
      let asked = 0
      hook.answer = () => {
        asked++
        if (asked === 2) return { allowed: true, patchType: 'JSONPatch', patch: encoded(patch) }
        return asked === 4 ? { allowed: true, auditAnnotations: { seen: 'yes' } } : { allowed: true }
      }
      const did = (name: string, mutated: boolean) => ({ configuration: `${name}-mutating`, webhook: name, mutated })
      const mutations = {
        [turn('mutation', 0, 0)]: did('a.example.com', false),
        [turn('mutation', 0, 1)]: did('b.example.com', true),
        [turn('mutation', 1, 0)]: did('a.example.com', false),
        'c.example.com/seen': 'yes',
      }
      const name = `told-${protocol.length}`
      assert.deepEqual(await annotationsOf(configMaps, name), {
        ...mutations,
        [turn('patch', 0, 1)]: { configuration: 'b.example.com-mutating', webhook: 'b.example.com', patch, patchType: 'JSONPatch' },
      })
      asked = 0
      assert.deepEqual(await annotationsOf(secrets, name), mutations, 'patches are not for records without bodies')
    })

    test('whose failure was ignored is recorded', async () => {
      for (const sort of ['mutating', 'validating'] as const)
        await hook.configure(sort, { failurePolicy: 'Ignore' }, 'configmaps', `${sort}.example.com`)
      hook.answer = () => ({ uid: 'of another' })
      assert.deepEqual(await annotationsOf(configMaps, `open-${protocol.length}`), {
        [turn('mutation', 0, 0)]: { configuration: 'mutating.example.com-mutating', webhook: 'mutating.example.com', mutated: false },
        [turn('failed-open.mutation', 0, 0)]: 'mutating.example.com',
        [turn('failed-open.validating', 0, 0)]: 'validating.example.com',
      })
    })

    test('what the own components ask is recorded too', async () => {
      const name = `own-${protocol.length}`
      await server.client('system:kube-controller-manager').create(Secret, { metadata: { name, namespace: 'default' }, data: {} })
      const event = lines.map(line => JSON.parse(line) as Json).find(e => e['objectRef']?.name === name)
      assert.deepEqual(
        [event?.['verb'], event?.['user'].username, event?.['requestURI'].split('?')[0], event?.['responseStatus'].code],
        ['create', 'system:kube-controller-manager', secrets, 201],
      )
    })
  })

test('a server without a policy records nothing, and gives requests no ids', async () => {
  const server = await startTestServer()
  const nobody = requestsOver('HTTP/2', server.url, { ca: server.pki.ca.certificate })
  try {
    const { code, headers } = await nobody.send('GET', '/version')
    assert.deepEqual([code, headers['audit-id']], [200, undefined])
  } finally {
    nobody.close()
    await server.close()
  }
})
