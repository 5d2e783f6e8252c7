// What protects the server from too much at once: seats and queues, times, and bodies that are hard to read.
import assert from 'node:assert/strict'
import type { ClientRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { after, before, describe, test } from 'node:test'
import { type Protocol, type Reply, type Requests, requestsOver, type Wish } from '../testkit/api-requests.ts'
import { startTestServer, type TestServer } from '../testkit/api-server.ts'
import { eventually } from '../testkit/waiting.ts'
import { configMap } from './setup.ts'

const target = '/api/v1/namespaces/default/configmaps'
const asJane = { 'impersonate-user': 'jane' }
const flowcontrol = '/apis/flowcontrol.apiserver.k8s.io/v1'

for (const protocol of ['HTTP/2', 'HTTP/1.1'] as Protocol[])
  describe(`a server with one seat for each level, over ${protocol}`, () => {
    let server: TestServer
    let admin: Requests
    before(async () => {
      server = await startTestServer({ settings: { limits: { maxRequestsInFlight: 1, maxMutatingRequestsInFlight: 0 } } })
      admin = asRoot(requestsOver(protocol, server.url, identity(server)))
      await admin.send('POST', '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings', {
        body: {
          metadata: { name: 'jane' },
          roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
          subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'jane' }],
        },
      })
    })
    after(async () => {
      admin.close()
      await server.close()
    })

    const metrics = async () => (await admin.send('GET', '/metrics')).text
    const flowOf = async ({ headers }: Reply) => {
      const { json } = await admin.send('GET', `${flowcontrol}/flowschemas`)
      return json['items'].find((s: { metadata: { uid: string } }) => s.metadata.uid === headers['x-kubernetes-pf-flowschema-uid'])
        ?.metadata.name
    }
    const create = (name: string) => admin.send('POST', target, { body: configMap(name), headers: asJane })

    test('each answer says what flow its request was of', async () => {
      assert.equal(await flowOf(await admin.send('GET', target)), 'exempt')
      const reply = await admin.send('GET', target, { headers: asJane })
      assert.equal(await flowOf(reply), 'global-default')
      assert.match(String(reply.headers['x-kubernetes-pf-prioritylevel-uid']), /^[\da-f-]{36}$/)
    })

    test('a request waits while the seat is taken, and starts when the one who has it goes away', async () => {
      const holder = await halfSent(server)
      await waitFor('the seat is taken', async () =>
        /current_executing_requests\{priority_level="global-default"\} 1/.test(await metrics()),
      )
      const waiting = create(`waits-${protocol.length}`)
      await waitFor('one waits', async () => /current_inqueue_requests\{priority_level="global-default"\} 1/.test(await metrics()))
      const gone = new AbortController()
      const given = admin.send('POST', target, { body: configMap('never'), headers: asJane, signal: gone.signal }).catch(() => 'gone')
      await waitFor('two wait', async () => /current_inqueue_requests\{priority_level="global-default"\} 2/.test(await metrics()))
      gone.abort()
      assert.equal(await given, 'gone')
      await waitFor('the one that gave up left', async () => /rejected_requests_total\{.*reason="cancelled".*\} 1/.test(await metrics()))
      holder.destroy()
      assert.equal((await waiting).code, 201)
      assert.match(await metrics(), /current_executing_requests\{priority_level="global-default"\} 0/)
    })

    test('a level without queues refuses, and says when to come again', async () => {
      const schema = {
        metadata: { name: 'jane' },
        spec: {
          priorityLevelConfiguration: { name: 'catch-all' },
          matchingPrecedence: 50,
          rules: [
            {
              subjects: [{ kind: 'User', user: { name: 'jane' } }],
              resourceRules: [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'], namespaces: ['*'] }],
            },
          ],
        },
      }
      assert.equal((await admin.send('POST', `${flowcontrol}/flowschemas`, { body: schema })).code, 201)
      await waitFor('it is in force', async () => (await flowOf(await admin.send('GET', target, { headers: asJane }))) === 'jane')
      const holder = await halfSent(server)
      await waitFor('the seat is taken', async () => /current_executing_requests\{priority_level="catch-all"\} 1/.test(await metrics()))
      const refused = await create('refused')
      assert.equal(refused.code, 429)
      assert.equal(refused.text, 'Too many requests, please try again later.\n')
      assert.equal(refused.headers['retry-after'], '1')
      assert.equal(await flowOf(refused), 'jane')
      assert.equal((await admin.send('GET', target)).code, 200)
      holder.destroy()
      await waitFor('the seat is free', async () => (await create(`after-${protocol.length}`)).code !== 429)
    })

    test('a schema says whether its level is there', async () => {
      const spec = { priorityLevelConfiguration: { name: 'nowhere' }, matchingPrecedence: 60 }
      await admin.send('POST', `${flowcontrol}/flowschemas`, { body: { metadata: { name: 'dangling' }, spec } })
      await waitFor('it is told', async () => {
        const { json } = await admin.send('GET', `${flowcontrol}/flowschemas/dangling`)
        return json['status'].conditions?.[0]?.status === 'True'
      })
    })

    test('a request that does not end in the time it asked for is ended, and its seat is free', async () => {
      const slow = await halfSent(server, '?timeout=300ms')
      const [code, body] = await new Promise<[number | undefined, string]>(resolve =>
        slow.once('response', answer => {
          let text = ''
          answer.on('data', chunk => {
            text += String(chunk)
          })
          answer.once('end', () => resolve([answer.statusCode, text]))
        }),
      )
      slow.destroy()
      assert.equal(code, 504)
      const { reason, message } = JSON.parse(body)
      assert.deepEqual([reason, message], ['Timeout', 'Timeout: request did not complete within the allotted timeout'])
      await waitFor('the seat is free', async () => /current_executing_requests\{priority_level="catch-all"\} 0/.test(await metrics()))
      assert.equal((await admin.send('GET', `${target}?timeout=soon`)).code, 400)
      assert.equal((await admin.send('GET', `${target}?timeout=5s`)).code, 200)
    })

    test('YAML that is hard to read is refused while others are answered', { timeout: 20_000 }, async () => {
      const body = `{"apiVersion": "v1", "kind": "ConfigMap", "x": [${'1,'.repeat(1_490_000)}1]}`
      const hard = admin.send('POST', target, { body, headers: { 'content-type': 'application/yaml' } })
      let answered = 0
      let longest = 0
      let isOver = false
      void hard.finally(() => {
        isOver = true
      })
      while (!isOver) {
        const start = performance.now()
        assert.equal((await admin.send('GET', '/livez')).code, 200)
        longest = Math.max(longest, performance.now() - start)
        answered++
      }
      const { code, json } = await hard
      assert.equal(code, 400)
      assert.match(json['message'], /document is too complex/)
      assert.ok(answered > 20 && longest < 1000, `${answered} answers, one after ${longest} ms`)
    })

    test('large YAML that is not is taken', async () => {
      const lines = Array.from({ length: 3000 }, (_, i) => `  key-${i}: value number ${i}`)
      const body = `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: large\ndata:\n${lines.join('\n')}\n`
      const { code, json } = await admin.send('POST', `${target}?dryRun=All`, { body, headers: { 'content-type': 'application/yaml' } })
      assert.equal(code, 201)
      assert.equal(Object.keys(json['data']).length, 3000)
    })
  })

describe('a server without fairness', () => {
  test('refuses what is more than its limit, but for administrators', async () => {
    const server = await startTestServer({
      settings: { limits: { fairness: false, maxRequestsInFlight: 5, maxMutatingRequestsInFlight: 1 } },
    })
    const admin = asRoot(requestsOver('HTTP/2', server.url, identity(server)))
    const nobody = requestsOver('HTTP/2', server.url, { ca: server.pki.ca.certificate })
    const review = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews'
    const holder = await halfSent(server, '', {})
    try {
      await waitFor('it is being answered', async () =>
        /current_inflight_requests\{request_kind="mutating"\} 1/.test((await admin.send('GET', '/metrics')).text),
      )
      assert.equal((await admin.send('POST', target, { body: configMap('a') })).code, 201)
      assert.equal((await nobody.send('GET', '/version')).code, 200)
      // Who may not is told that first.
      assert.equal((await nobody.send('POST', review, { body: {} })).code, 403)
    } finally {
      holder.destroy()
      admin.close()
      nobody.close()
      await server.close()
    }
  })
})

/** As somebody who is never refused, unless another user is asked for. */
function asRoot(requests: Requests): Requests {
  const root = { 'impersonate-user': 'root', 'impersonate-group': 'system:masters' }
  const send: Requests['send'] = (method, path, wish = {}) =>
    requests.send(method, path, wish.headers?.['impersonate-user'] ? wish : { ...wish, headers: { ...headersOf(wish), ...root } })
  return { ...requests, send }
}

function headersOf({ body, headers }: Wish): Wish['headers'] {
  return { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers }
}

function identity({ pki: { ca, admin } }: TestServer) {
  return { ca: ca.certificate, cert: admin.certificate, key: admin.key }
}

/** A create whose body does not end. */
async function halfSent(server: TestServer, query = '', headers: Record<string, string> = asJane): Promise<ClientRequest> {
  const { hostname, port } = new URL(server.url)
  const all = { 'content-type': 'application/json', 'content-length': '1000', ...headers }
  const request = httpsRequest({ hostname, port, path: target + query, method: 'POST', agent: false, headers: all, ...identity(server) })
  request.on('error', () => {})
  await new Promise<void>(resolve => request.write('{', () => resolve()))
  return request
}

async function waitFor(what: string, isSo: () => Promise<boolean>): Promise<void> {
  await eventually(what, async () => assert.ok(await isSo(), 'not yet'))
}
