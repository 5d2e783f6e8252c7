// Connections to pods, services and nodes go through admission: webhooks and policies are asked, and may change what is asked for.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { request } from 'node:https'
import type { Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { type TestContext, test } from 'node:test'
import { createServer as createTlsServer } from 'node:tls'
import type { Json } from '../testkit/api-requests.ts'
import { Kubectl, withoutKubectl } from '../testkit/kubectl.ts'
import { backend, ok } from './backend-setup.ts'
import { collection, overBothProtocols, pod, pods } from './setup.ts'
import { encoded, webhookServer } from './webhook-setup.ts'

const group = '/apis/admissionregistration.k8s.io/v1'
const switched = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n'
const patch = (...operations: readonly Json[]) => ({ allowed: true, patchType: 'JSONPatch', patch: encoded(operations) })
const refusal = { allowed: false, status: { message: 'not in here', code: 403, reason: 'Forbidden' } }
const refused = 'admission webhook "check.example.com" denied the request: not in here'

/** What is asked for, and how admission sees it. */
const connections: readonly (readonly [
  method: string,
  path: string,
  resource: string,
  subresource: string,
  name: string,
  namespace: string | undefined,
  options: Json,
])[] = [
  [
    'POST',
    `${pods}/p/exec?command=sh&command=-c&stdin=true&stdout=1&stderr=false&tty=&container=c`,
    'pods',
    'exec',
    'p',
    'test',
    { kind: 'PodExecOptions', command: ['sh', '-c'], stdin: true, stdout: true, tty: true, container: 'c' },
  ],
  ['GET', `${pods}/p/attach?stdout=true`, 'pods', 'attach', 'p', 'test', { kind: 'PodAttachOptions', stdout: true }],
  [
    'POST',
    `${pods}/p/portforward?ports=80,81&ports=82`,
    'pods',
    'portforward',
    'p',
    'test',
    { kind: 'PodPortForwardOptions', ports: [80, 81, 82] },
  ],
  ['GET', `${pods}/p/portforward`, 'pods', 'portforward', 'p', 'test', { kind: 'PodPortForwardOptions' }],
  ['PUT', `${pods}/https:p:443/proxy/a%20b/?q=1`, 'pods', 'proxy', 'https:p:443', 'test', { kind: 'PodProxyOptions', path: '/a b/' }],
  ['DELETE', `${collection('services')}/s/proxy`, 'services', 'proxy', 's', 'test', { kind: 'ServiceProxyOptions' }],
  ['OPTIONS', '/api/v1/nodes/n/proxy/', 'nodes', 'proxy', 'n', undefined, { kind: 'NodeProxyOptions', path: '/' }],
]

overBothProtocols(api => {
  const hook = webhookServer(api)

  /** A pod `p` on a node whose kubelet answers so. */
  async function kubelet(t: TestContext, answer: (head: string) => string) {
    const { certificate: cert, key } = api.server.pki.apiServer
    const { port, heads } = await backend(t, createTlsServer({ cert, key }), '127.0.0.1', answer)
    const status = { addresses: [{ type: 'InternalIP', address: '127.0.0.1' }], daemonEndpoints: { kubeletEndpoint: { Port: port } } }
    await api.admin.send('POST', '/api/v1/nodes', { body: { metadata: { name: 'n' }, status } })
    await api.admin.send('POST', pods, { body: pod('p', { nodeName: 'n' }) })
    t.after(async () => {
      await api.admin.send('DELETE', `${pods}/p?gracePeriodSeconds=0`)
      await api.admin.send('DELETE', '/api/v1/nodes/n')
    })
    return heads
  }

  async function upgrade(method: string, path: string): Promise<{ readonly code: number; readonly json: Json; readonly warning: unknown }> {
    const { ca, admin } = api.server.pki
    const identity = { ca: ca.certificate, cert: admin.certificate, key: admin.key }
    const call = request(`${api.server.url}${path}`, {
      ...identity,
      method,
      headers: { connection: 'Upgrade', upgrade: 'x' },
      agent: false,
    })
    const answered = Promise.race([once(call.end(), 'upgrade'), once(call, 'response')])
    const [answer, socket] = (await answered) as [IncomingMessage, Socket | undefined]
    socket?.destroy()
    const json = socket ? {} : JSON.parse(await text(answer))
    return { code: answer.statusCode ?? 0, json, warning: answer.headers['warning'] }
  }

  async function made(plural: string, name: string, spec: Json): Promise<void> {
    const { code, json } = await api.admin.send('POST', `${group}/${plural}`, { body: { metadata: { name }, spec } })
    assert.equal(code, 201, JSON.stringify(json))
  }
  async function policies(t: TestContext, sort: 'validating' | 'mutating', spec: Json, more: Json = {}): Promise<void> {
    const resourceRules = [{ operations: ['CONNECT'], apiGroups: [''], apiVersions: ['v1'], resources: ['pods/exec'] }]
    await made(`${sort}admissionpolicies`, 'p', { matchConstraints: { resourceRules }, ...spec })
    await made(`${sort}admissionpolicybindings`, 'b', { policyName: 'p', ...more })
    t.after(async () => {
      for (const plural of ['policies', 'policybindings']) await api.admin.send('DELETE', `${group}/${sort}admission${plural}`)
    })
  }

  for (const [method, path, resource, subResource, name, namespace, options] of connections)
    test(`${method} ${path} is refused before anything is looked for`, async () => {
      await hook.configure('validating', {}, '*/*')
      hook.answer = () => refusal
      const { code, json } = await api.admin.send(method, path)
      assert.deepEqual([code, json['reason'], json['message']], [403, 'Forbidden', refused])
      const { uid, userInfo, ...review } = hook.seen[0] ?? {}
      const kind = { group: '', version: 'v1', kind: options['kind'] }
      assert.deepEqual(review, {
        kind,
        resource: { group: '', version: 'v1', resource },
        subResource,
        requestKind: kind,
        requestResource: { group: '', version: 'v1', resource },
        requestSubResource: subResource,
        name,
        ...(namespace && { namespace }),
        operation: 'CONNECT',
        object: { ...options, apiVersion: 'v1' },
        oldObject: null,
        dryRun: false,
        options: null,
      })
      assert.equal(userInfo.username, 'kubernetes-admin')
    })

  for (const method of ['GET', 'POST'])
    test(`an upgrade by ${method} is refused in the same words, with warnings`, async t => {
      const heads = await kubelet(t, () => switched)
      const path = `${pods}/p/exec?command=ls&stdout=1`
      assert.equal((await upgrade(method, path)).code, 101)
      await hook.configure('validating', {}, 'pods/exec')
      hook.answer = () => ({ ...refusal, warnings: ['grüße'] })
      const { code, json, warning } = await upgrade(method, path)
      assert.deepEqual([code, json['message'], warning], [403, refused, `299 - "${Buffer.from('grüße').toString('latin1')}"`])
      assert.equal(heads.length, 1)
    })

  test("what fails by the server's fault is logged, whether it was an upgrade or not", async t => {
    const { mock } = t.mock.method(console, 'error', () => {})
    await hook.configure('validating', {}, 'pods/exec')
    hook.answer = () => ({ uid: 'of another' })
    const target = `${pods}/p/exec?command=ls`
    const failures = [await upgrade('GET', target), await api.admin.send('GET', target)]
    assert.deepEqual(
      failures.map(({ code, json }) => [code, json['reason']]),
      [
        [500, 'InternalError'],
        [500, 'InternalError'],
      ],
    )
    assert.deepEqual(
      mock.calls.map(({ arguments: [message, { method, target }] }) => [message, method, target]),
      [
        ['request failed', 'GET', target],
        ['request failed', 'GET', target],
      ],
    )
  })

  test('what a webhook makes of the options is what the kubelet is asked for, and what those that judge see', async t => {
    const heads = await kubelet(t, () => switched)
    await hook.configure('mutating', {}, 'pods/*')
    await hook.configure('validating', {}, 'pods/*')
    hook.answer = ({ object }) => {
      if (object?.ports?.[0] === 80) return patch({ op: 'add', path: '/ports', value: [8080] })
      return object?.command?.[0] === 'sh'
        ? patch({ op: 'replace', path: '/command/0', value: 'rbash' }, { op: 'remove', path: '/tty' })
        : { allowed: true }
    }
    assert.equal((await upgrade('GET', `${pods}/p/exec?command=sh&command=-i&stdout=1&tty=1`)).code, 101)
    assert.match(heads[0] ?? '', /^GET \/exec\/test\/p\/c\?output=1&command=rbash&command=-i HTTP/)
    assert.deepEqual(
      hook.seen.map(({ object }) => [object.command[0], object.tty]),
      [
        ['sh', true],
        ['rbash', undefined],
      ],
    )
    assert.equal((await upgrade('POST', `${pods}/p/portforward?ports=80`)).code, 101)
    assert.match(heads[1] ?? '', /^POST \/portForward\/test\/p\?port=8080 HTTP/)
  })

  test('a path that is proxied to stays as it was written, or becomes what a webhook says', async t => {
    const heads = await kubelet(t, () => ok)
    assert.equal((await api.admin.send('GET', '/api/v1/nodes/n/proxy/a%2Fb/?x=%20')).code, 200)
    await hook.configure('mutating', {}, 'nodes/proxy')
    hook.answer = () => patch({ op: 'replace', path: '/path', value: 'c d?' })
    assert.equal((await api.admin.send('GET', '/api/v1/nodes/n/proxy/a?x=1')).code, 200)
    assert.deepEqual(
      heads.map(head => head.split(' ', 2)[1]),
      ['/a%2Fb/?x=+', '/c%20d%3F?x=1'],
    )
  })

  test('rules of writes are about no connections, nor is a log one', async t => {
    await kubelet(t, () => ok)
    await hook.configure('validating', {
      rules: [{ operations: ['CREATE', 'UPDATE', 'DELETE'], apiGroups: ['*'], apiVersions: ['*'], resources: ['pods/*'] }],
    })
    assert.equal((await api.admin.send('POST', `${pods}/p/exec?command=ls&stdout=1`)).json['message'], 'Upgrade request required')
    await hook.configure('validating', {}, 'pods/*', 'all.example.com')
    assert.equal((await api.admin.send('GET', `${pods}/p/log`)).code, 200)
    assert.deepEqual(hook.seen, [])
  })

  test('options have no labels to be selected by', async t => {
    await kubelet(t, () => switched)
    await hook.configure('validating', { objectSelector: { matchExpressions: [{ key: 'x', operator: 'DoesNotExist' }] } }, 'pods/exec')
    assert.equal((await upgrade('GET', `${pods}/p/exec?command=ls&stdout=1`)).code, 101)
    assert.deepEqual(hook.seen, [])
  })

  test('what cannot be read is refused', async () => {
    const asked = async (query: string) => (await api.admin.send('POST', `${pods}/p/${query}`)).json['message']
    assert.equal(await asked('exec?command=ls&dryRun=All'), 'dryRun is not supported')
    assert.equal(await asked('portforward?ports=x'), 'cannot convert to []int32: strconv.ParseUint: parsing "x": invalid syntax')
    assert.equal(
      await asked('portforward?ports=65536'),
      'cannot convert to []int32: strconv.ParseUint: parsing "65536": value out of range',
    )
  })

  test('a policy that judges refuses in its words', async t => {
    await kubelet(t, () => switched)
    const expression = "request.kind.kind == 'PodExecOptions' && oldObject == null && object.command[0] != 'sh'"
    await policies(
      t,
      'validating',
      { validations: [{ expression, message: 'no shells', reason: 'Forbidden' }] },
      { validationActions: ['Deny'] },
    )
    const { code, json } = await upgrade('GET', `${pods}/p/exec?command=sh&stdout=1`)
    assert.deepEqual(
      [code, json['message']],
      [403, `pods "p" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'b' denied request: no shells`],
    )
    assert.equal((await upgrade('GET', `${pods}/p/exec?command=ls&stdout=1`)).code, 101)
  })

  test('a policy changes options by a JSON patch', async t => {
    const heads = await kubelet(t, () => switched)
    const expression = "[JSONPatch{op: 'replace', path: '/command/0', value: 'rbash'}]"
    await policies(t, 'mutating', { mutations: [{ patchType: 'JSONPatch', jsonPatch: { expression } }], reinvocationPolicy: 'Never' })
    assert.equal((await upgrade('GET', `${pods}/p/exec?command=sh&stdout=1`)).code, 101)
    assert.match(heads[0] ?? '', /command=rbash HTTP/)
  })

  test('there is no schema by which a policy could merge into options', async t => {
    const applyConfiguration = { expression: 'Object{tty: false}' }
    await policies(t, 'mutating', { mutations: [{ patchType: 'ApplyConfiguration', applyConfiguration }], reinvocationPolicy: 'Never' })
    assert.equal(
      (await upgrade('GET', `${pods}/p/exec?command=sh&stdout=1`)).json['message'],
      `policy 'p' with binding 'b' denied request: error applying patch: failed to convert patch object to typed object: no corresponding type for /v1, Kind=PodExecOptions`,
    )
  })

  test('kubectl tells why', { skip: withoutKubectl }, async t => {
    await kubelet(t, () => switched)
    await hook.configure('validating', {}, 'pods/exec')
    hook.answer = () => refusal
    const err = await new Kubectl(api.server).failing('-n test exec p -- ls')
    assert.equal(err, `Error from server (Forbidden): ${refused}\n`)
  })
})
