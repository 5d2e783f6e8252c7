// Who may in: certificates, tokens, impersonation, roles, nodes, and the reviews that tell.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Json, Wish } from '../testkit/api-requests.ts'
import { collection, configMaps, namespace, overBothProtocols, patchWish, pod, pods } from './setup.ts'

const bearer = (token: string): Wish => ({ headers: { authorization: `Bearer ${token}` } })
const as = (user: string, ...groups: string[]) => ({ 'impersonate-user': user, ...(groups.length > 0 && { 'impersonate-group': groups }) })
const asNode = (name: string) => as(`system:node:${name}`, 'system:nodes', 'system:authenticated')
const accounts = collection('serviceaccounts')
const rbac = 'apis/rbac.authorization.k8s.io/v1'

overBothProtocols(api => {
  const token = async (spec: Json = {}, account = 'default') => {
    const answer = await api.admin.send('POST', `${accounts}/${account}/token`, { body: { spec } })
    assert.equal(answer.code, 201, answer.text)
    return answer.json['status'] as { token: string; expirationTimestamp: string }
  }

  test('without credentials one is anonymous and may little', async () => {
    for (const path of ['/version', '/livez', '/readyz', '/healthz']) assert.equal((await api.nobody.send('GET', path)).code, 200, path)
    const refused = await api.nobody.send('GET', pods)
    assert.equal(refused.code, 403)
    assert.equal(
      refused.json['message'],
      'pods is forbidden: User "system:anonymous" cannot list resource "pods" in API group "" in the namespace "test"',
    )
    const path = await api.nobody.send('GET', '/metrics')
    assert.deepEqual([path.code, path.json['message']], [403, 'forbidden: User "system:anonymous" cannot get path "/metrics"'])
  })

  test('a wrong credential is refused, not anonymous', async () => {
    for (const authorization of ['Bearer nonsense', 'Bearer a.b.c', `Bearer ${'x'.repeat(5000)}`]) {
      const refused = await api.nobody.send('GET', '/version', { headers: { authorization } })
      assert.deepEqual([refused.code, refused.json['reason'], refused.json['message']], [401, 'Unauthorized', 'Unauthorized'])
    }
  })

  test('a service account reads by its token what its role allows', async () => {
    const { token: text } = await token()
    const before = await api.nobody.send('GET', `${configMaps}/x`, bearer(text))
    assert.equal(
      before.json['message'],
      'configmaps "x" is forbidden: User "system:serviceaccount:test:default" cannot get resource "configmaps" in API group "" in the namespace "test"',
    )
    const rules = [{ apiGroups: [''], resources: ['configmaps'], verbs: ['get', 'list'] }]
    await api.admin.send('POST', collection('roles', rbac), { body: { metadata: { name: 'reader' }, rules } })
    const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'reader' }
    const subjects = [{ kind: 'ServiceAccount', name: 'default', namespace }]
    await api.admin.send('POST', collection('rolebindings', rbac), { body: { metadata: { name: 'reader' }, roleRef, subjects } })
    assert.equal((await api.nobody.send('GET', `${configMaps}/x`, bearer(text))).code, 404)
    assert.equal((await api.nobody.send('GET', configMaps, bearer(text))).code, 200)
    assert.equal((await api.nobody.send('DELETE', `${configMaps}/x`, bearer(text))).code, 403)
    assert.equal((await api.nobody.send('GET', collection('configmaps', 'api/v1', 'default'), bearer(text))).code, 403)
    await api.admin.send('DELETE', `${collection('rolebindings', rbac)}/reader`)
    assert.equal((await api.nobody.send('GET', configMaps, bearer(text))).code, 403)
  })

  test('tokens: lifetime, audience, bound pod', async () => {
    const { expirationTimestamp } = await token({ expirationSeconds: 600 })
    assert.ok(Math.abs(Date.parse(expirationTimestamp) - Date.now() - 600_000) < 10_000)
    const short = await api.admin.send('POST', `${accounts}/default/token`, { body: { spec: { expirationSeconds: 5 } } })
    assert.deepEqual([short.code, short.json['reason']], [422, 'Invalid'])
    assert.equal((await api.admin.send('POST', `${accounts}/nobody/token`, { body: {} })).code, 404)

    const foreign = await token({ audiences: ['vault'] })
    assert.equal((await api.nobody.send('GET', '/version', bearer(foreign.token))).code, 401)

    const { metadata } = (await api.admin.send('POST', pods, { body: pod('bearer', { nodeName: 'n9' }) })).json
    const boundObjectRef = { apiVersion: 'v1', kind: 'Pod', name: 'bearer', uid: metadata.uid }
    const bound = await token({ boundObjectRef })
    assert.equal((await api.nobody.send('GET', '/api', bearer(bound.token))).code, 200)
    const who = (await api.nobody.send('POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', { body: {}, ...bearer(bound.token) }))
      .json
    assert.equal(who['status'].userInfo.username, 'system:serviceaccount:test:default')
    assert.deepEqual(who['status'].userInfo.extra['authentication.kubernetes.io/pod-name'], ['bearer'])
    await api.admin.send('DELETE', `${pods}/bearer?gracePeriodSeconds=0`)
    assert.equal((await api.nobody.send('GET', '/api', bearer(bound.token))).code, 401)
    const gone = await api.admin.send('POST', `${accounts}/default/token`, { body: { spec: { boundObjectRef } } })
    assert.equal(gone.code, 404)
  })

  test('a token of a deleted account is no good', async () => {
    await api.admin.send('POST', accounts, { body: { metadata: { name: 'leaver' } } })
    const { token: text } = await token({}, 'leaver')
    assert.equal((await api.nobody.send('GET', '/api', bearer(text))).code, 200)
    assert.equal((await api.admin.send('DELETE', `${accounts}/leaver`)).json['kind'], 'ServiceAccount')
    assert.equal((await api.nobody.send('GET', '/api', bearer(text))).code, 401)
  })

  test('a token is reviewed for others', async () => {
    const { token: text } = await token()
    const review = async (spec: Json) =>
      (await api.admin.send('POST', '/apis/authentication.k8s.io/v1/tokenreviews', { body: { spec } })).json['status']
    const good = await review({ token: text })
    assert.deepEqual([good.authenticated, good.user.username], [true, 'system:serviceaccount:test:default'])
    assert.ok(!(await review({ token: 'x' })).authenticated)
    assert.ok(!(await review({ token: text, audiences: ['other'] })).authenticated)
  })

  test('impersonation, by who may', async () => {
    const who = async (headers: Wish['headers']) =>
      (await api.admin.send('POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', { body: {}, headers: headers ?? {} })).json[
        'status'
      ].userInfo
    assert.equal((await who(as('jane'))).username, 'jane')
    assert.deepEqual((await who(as('jane', 'devs', 'ops'))).groups, ['devs', 'ops', 'system:authenticated'])
    const { token: text } = await token()
    const refused = await api.nobody.send('GET', pods, { headers: { ...as('jane'), authorization: `Bearer ${text}` } })
    assert.equal(
      refused.json['message'],
      'users "jane" is forbidden: User "system:serviceaccount:test:default" cannot impersonate resource "users" in API group "" at the cluster scope',
    )
    assert.equal((await api.admin.send('GET', pods, { headers: { 'impersonate-group': 'devs' } })).code, 400)
    assert.equal((await api.admin.send('GET', pods, { headers: { 'impersonate-uid': '1' } })).code, 400)
    assert.equal((await api.admin.send('GET', pods, { headers: as('jane') })).code, 403)
  })

  test('access reviews', async () => {
    const group = '/apis/authorization.k8s.io/v1'
    const ask = async (kind: string, spec: Json, headers: Wish['headers'] = {}, root = group) =>
      (await api.admin.send('POST', `${root}/${kind}`, { body: { spec }, headers })).json['status']
    const resourceAttributes = { verb: 'list', resource: 'pods', namespace }
    assert.equal((await ask('selfsubjectaccessreviews', { resourceAttributes })).allowed, true)
    const denied = await ask('selfsubjectaccessreviews', { resourceAttributes }, as('jane'))
    assert.deepEqual([denied.allowed, denied.reason ?? ''], [false, ''])
    assert.equal((await ask('subjectaccessreviews', { user: 'jane', groups: ['system:masters'], resourceAttributes })).allowed, true)
    const local = `${group}/namespaces/${namespace}`
    assert.equal((await ask('localsubjectaccessreviews', { user: 'jane', resourceAttributes }, {}, local)).allowed, false)
    const path = { nonResourceAttributes: { verb: 'get', path: '/version' } }
    assert.equal((await ask('selfsubjectaccessreviews', path, as('jane'))).allowed, true)
    const rules = await ask('selfsubjectrulesreviews', { namespace }, as('jane'))
    assert.ok(rules.nonResourceRules.length > 0)
    assert.ok(rules.resourceRules.some((r: Json) => r['resources'].includes('selfsubjectaccessreviews')))
    assert.equal((await api.admin.send('GET', `${group}/selfsubjectaccessreviews`)).code, 405)
  })

  test('nobody grants what they do not have', async () => {
    const rules = [{ apiGroups: [''], resources: ['secrets'], verbs: ['get'] }]
    const body = { metadata: { name: 'grab' }, rules }
    const editor = { metadata: { name: 'editor' }, roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'admin' } }
    const subjects = [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'eve' }]
    await api.admin.send('POST', collection('rolebindings', rbac), { body: { ...editor, subjects } })
    assert.equal((await api.admin.send('POST', collection('roles', rbac), { body, headers: as('eve') })).code, 201)
    const more = { metadata: { name: 'grab2' }, rules: [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }] }
    const refused = await api.admin.send('POST', collection('roles', rbac), { body: more, headers: as('eve') })
    assert.equal(refused.code, 403)
    assert.match(refused.json['message'], /is attempting to grant RBAC permissions not currently held/)
  })

  test('a node keeps to itself and to its pods', async () => {
    const send = (method: string, path: string, body?: unknown, node = 'n1') =>
      api.admin.send(method, path, {
        ...(body !== undefined && { body }),
        headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...asNode(node) },
      })
    const node = (name: string) => ({ metadata: { name } })
    assert.equal((await send('POST', '/api/v1/nodes', node('n1'))).code, 201)
    const other = await send('POST', '/api/v1/nodes', node('n2'))
    assert.deepEqual([other.code, other.json['reason']], [403, 'Forbidden'])
    assert.equal((await api.admin.send('GET', '/api/v1/nodes/n1')).json['spec'].taints[0].key, 'node.kubernetes.io/not-ready')

    for (const name of ['named', 'unnamed']) await api.admin.send('POST', collection('secrets'), { body: { metadata: { name } } })
    const volumes = [{ name: 'v', secret: { secretName: 'named' } }]
    await api.admin.send('POST', pods, { body: pod('on-n1', { nodeName: 'n1', volumes }) })
    await api.admin.send('POST', pods, { body: pod('on-n2', { nodeName: 'n2' }) })
    assert.equal((await send('GET', `${collection('secrets')}/named`)).code, 200)
    const unnamed = await send('GET', `${collection('secrets')}/unnamed`)
    assert.equal(unnamed.code, 403)
    assert.match(unnamed.json['message'], /no relationship found between node 'n1' and this object/)
    assert.equal((await send('GET', `${collection('secrets')}/named`, undefined, 'n2')).code, 403)

    const status = { status: { phase: 'Running' } }
    const patch = (name: string) =>
      api.admin.send('PATCH', `${pods}/${name}/status`, {
        body: status,
        headers: { 'content-type': 'application/merge-patch+json', ...asNode('n1') },
      })
    assert.equal((await patch('on-n1')).code, 200)
    assert.equal((await patch('on-n2')).code, 403)
    assert.equal((await send('DELETE', `${pods}/on-n2`)).code, 403)
    assert.equal((await send('DELETE', `${pods}/on-n1`)).code, 200)
  })

  test('roles of a binding cannot change', async () => {
    const bindings = collection('rolebindings', rbac)
    const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' }
    await api.admin.send('POST', bindings, { body: { metadata: { name: 'kept' }, roleRef } })
    const changed = await api.admin.send('PATCH', `${bindings}/kept`, patchWish('merge', { roleRef: { name: 'edit' } }))
    assert.deepEqual([changed.code, changed.json['reason']], [422, 'Invalid'])
    assert.match(changed.json['message'], /cannot change roleRef/)
  })
})
