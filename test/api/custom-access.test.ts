// Who may what with custom resources is said by roles, as of all others.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { custom, define, definition, path } from './custom-setup.ts'
import { startApi } from './setup.ts'

test('roles grant custom resources by group and plural', async () => {
  const api = await startApi('HTTP/2')
  try {
    await define(api.admin, definition('doors', 'Door', [{ subresources: { status: {} } }]))
    const as = (method: string, target: string, body?: unknown) =>
      api.admin.send(method, target, { ...(body !== undefined && { body }), headers: { 'impersonate-user': 'jane' } })
    assert.equal((await as('GET', path('doors'))).code, 403)
    const rbac = '/apis/rbac.authorization.k8s.io/v1'
    const rules = [{ apiGroups: ['stable.example.com'], resources: ['doors'], verbs: ['get', 'list', 'create'] }]
    await api.admin.send('POST', `${rbac}/clusterroles`, { body: { metadata: { name: 'doors' }, rules } })
    const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'doors' }
    const subjects = [{ kind: 'User', name: 'jane', apiGroup: 'rbac.authorization.k8s.io' }]
    await api.admin.send('POST', `${rbac}/namespaces/test/rolebindings`, { body: { metadata: { name: 'doors' }, roleRef, subjects } })
    const made = await as('POST', path('doors'), custom('Door', 'front', {}))
    assert.equal(made.code, 201)
    assert.equal((await as('PUT', `${path('doors')}/front/status`, made.json)).code, 403)
    assert.equal((await as('DELETE', `${path('doors')}/front`)).code, 403)
  } finally {
    await api.close()
  }
})
