import assert from 'node:assert/strict'
import { test } from 'node:test'
import { VirtualClock } from '../../base/virtual-clock.ts'
import { StatusError } from '../../meta/status-error.ts'
import { requestInfo } from '../request-info.ts'
import { Audit } from './audit.ts'
import { auditPolicy, parsePolicy } from './policy.ts'

const policy = (rules: string, more = '') => `apiVersion: audit.k8s.io/v1\nkind: Policy\n${more}rules:\n${rules}`
const info = (method: string, path: string) => requestInfo(method, path, undefined)
const jane = { username: 'jane', groups: ['developers', 'system:authenticated'] }

const rules = policy(`- level: None
  users: [system:kube-proxy]
  verbs: [watch]
- level: None
  nonResourceURLs: [/healthz*, /version]
- level: RequestResponse
  userGroups: [developers]
  resources: [{group: apps, resources: [deployments, "*/scale"]}]
- level: Request
  namespaces: [kube-system, ""]
  resources: [{group: "", resources: [configmaps], resourceNames: [settings]}, {group: rbac.authorization.k8s.io}]
- level: Metadata
  omitStages: [RequestReceived]
  resources: [{group: "", resources: [secrets, pods/*]}]
`)

for (const [method, path, level] of [
  ['GET', '/healthz/ping', 'None'],
  ['GET', '/version', 'None'],
  ['GET', '/metrics', 'None'],
  ['PUT', '/apis/apps/v1/namespaces/a/deployments/d', 'RequestResponse'],
  ['PUT', '/apis/apps/v1/namespaces/a/statefulsets/s/scale', 'RequestResponse'],
  ['PUT', '/apis/apps/v1/namespaces/a/statefulsets/s', 'None'],
  ['GET', '/api/v1/namespaces/kube-system/configmaps/settings', 'Request'],
  ['GET', '/api/v1/namespaces/kube-system/configmaps/others', 'None'],
  ['GET', '/api/v1/namespaces/a/configmaps/settings', 'None'],
  ['POST', '/apis/rbac.authorization.k8s.io/v1/clusterroles', 'Request'],
  ['GET', '/api/v1/namespaces/a/secrets', 'Metadata'],
  ['GET', '/api/v1/namespaces/a/pods/p/log', 'Metadata'],
  ['GET', '/api/v1/namespaces/a/pods/p', 'Metadata'],
  ['GET', '/api/v1/nodes', 'None'],
] as const)
  test(`${method} ${path} is recorded at level ${level}`, () => {
    assert.equal(auditPolicy(parsePolicy(rules))(jane, info(method, path)).level, level)
  })

test('a rule can be for some users and verbs', () => {
  const decide = auditPolicy(parsePolicy(policy('- level: None\n  users: [a]\n  verbs: [get]\n- level: Metadata\n')))
  const levelFor = (username: string, method: string) => decide({ username, groups: [] }, info(method, '/api/v1/namespaces/a/pods/p')).level
  assert.deepEqual([levelFor('a', 'GET'), levelFor('a', 'PUT'), levelFor('b', 'GET')], ['None', 'Metadata', 'Metadata'])
})

for (const [why, text, message] of [
  ['no rules', policy('  []'), /0 rules/],
  ['an unknown level', policy('- level: All'), /rules\[0\]\.level: "All" is none of None, Metadata/],
  ['an unknown field', policy('- level: None\n  user: [a]'), /rules\[0\]\.user: unknown field/],
  ['an unknown stage', policy('- level: None\n  omitStages: [Done]'), /omitStages\[0\]/],
  [
    'resources with paths',
    policy('- level: None\n  nonResourceURLs: [/a]\n  namespaces: [a]'),
    /both regular resources and non-resource URLs/,
  ],
  ['a path with a star within', policy('- level: None\n  nonResourceURLs: [/a*/b]'), /must be the final character/],
  ['an older version', policy('- level: None').replace('v1', 'v1beta1'), /must be audit\.k8s\.io\/v1/],
] as const)
  test(`a policy with ${why} is refused`, () => {
    assert.throws(() => parsePolicy(text), message)
  })

function recorder(text: string) {
  const lines: string[] = []
  const audit = new Audit({ policy: parsePolicy(text), clock: new VirtualClock(), newUid: () => 'uid', write: line => lines.push(line) })
  return { audit, events: () => lines.map(line => JSON.parse(line)) }
}
const asked = { target: '/api/v1/namespaces/a/secrets?x=1', headers: { 'user-agent': 'kubectl' }, remoteAddress: '::ffff:10.0.0.1' }

test('stages carry what is known by then', () => {
  const { audit, events } = recorder(policy('- level: Request'))
  const trail = audit.begin('id', asked, info('POST', '/api/v1/namespaces/a/secrets'), jane)!
  trail.actsFor({ username: 'joe', groups: [] })
  trail.authorized({ verdict: 'allow', reason: 'because' })
  trail.requested(() => ({ kind: 'Secret', data: { a: 'Yg==' } }))
  trail.complete(201)
  trail.complete(500)
  const [received, complete, ...more] = events()
  assert.equal(more.length, 0)
  assert.deepEqual(received, {
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    level: 'Request',
    auditID: 'id',
    stage: 'RequestReceived',
    requestURI: '/api/v1/namespaces/a/secrets?x=1',
    verb: 'create',
    user: { username: 'jane', groups: ['developers', 'system:authenticated'] },
    sourceIPs: ['10.0.0.1'],
    userAgent: 'kubectl',
    objectRef: { resource: 'secrets', namespace: 'a', apiVersion: 'v1' },
    requestReceivedTimestamp: '2026-01-01T00:00:00.000000Z',
    stageTimestamp: '2026-01-01T00:00:00.000000Z',
  })
  assert.equal(complete.stage, 'ResponseComplete')
  assert.deepEqual(complete.impersonatedUser, { username: 'joe', groups: [] })
  assert.deepEqual(complete.responseStatus, { metadata: {}, code: 201 })
  assert.deepEqual(complete.requestObject, { kind: 'Secret', data: { a: 'Yg==' } })
  assert.deepEqual(complete.annotations, { 'authorization.k8s.io/decision': 'allow', 'authorization.k8s.io/reason': 'because' })
})

test('bodies stay out where the policy does not ask for them, and are not even read', () => {
  const { audit, events } = recorder(policy('- level: Metadata', 'omitStages: [RequestReceived]\n'))
  const trail = audit.begin('id', asked, info('POST', '/api/v1/namespaces/a/secrets'), jane)!
  trail.requested(() => assert.fail('read'))
  trail.failed(StatusError.conflict({ group: '', resource: 'secrets' }, 's').status)
  trail.complete(409)
  const [event, ...more] = events()
  assert.equal(more.length, 0)
  assert.deepEqual([event.requestObject, event.responseObject, event.responseStatus.reason], [undefined, undefined, 'Conflict'])
})

test('managed fields stay out where the policy says so', () => {
  const { audit, events } = recorder(policy('- level: RequestResponse', 'omitManagedFields: true\n'))
  const trail = audit.begin('id', asked, info('PUT', '/api/v1/namespaces/a/secrets/s'), jane)!
  const object = { kind: 'Secret', metadata: { name: 's', managedFields: [{}] } }
  trail.answered({ type: 'object', code: 200, object })
  trail.complete(200)
  assert.deepEqual(events()[1].responseObject, { kind: 'Secret', metadata: { name: 's' } })
  assert.equal(object.metadata.managedFields.length, 1)
})

test('a client can name its request, within bounds', () => {
  const { audit } = recorder(policy('- level: Metadata'))
  assert.equal(audit.idOf({ 'audit-id': 'mine' }), 'mine')
  assert.equal(audit.idOf({ 'audit-id': 'x'.repeat(65) }), 'uid')
  assert.equal(audit.idOf({}), 'uid')
  const forwarded = audit.begin(
    'id',
    { ...asked, headers: { 'x-forwarded-for': '1.2.3.4, <script>, 10.0.0.1' } },
    info('GET', '/api'),
    undefined,
  )
  assert.ok(forwarded)
})
