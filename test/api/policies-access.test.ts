// Who may not read parameters may not have policies read them.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { overBothProtocols } from './setup.ts'

const registration = '/apis/admissionregistration.k8s.io/v1'
const rbac = '/apis/rbac.authorization.k8s.io/v1'
const rule = { operations: ['CREATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['pods'] }
const policy = (name: string) => ({
  metadata: { name },
  spec: {
    paramKind: { apiVersion: 'v1', kind: 'ConfigMap' },
    matchConstraints: { resourceRules: [rule] },
    validations: [{ expression: 'true' }],
  },
})
const binding = (name: string, ref: object) => ({
  metadata: { name },
  spec: { policyName: 'p', validationActions: ['Deny'], paramRef: { namespace: 'default', parameterNotFoundAction: 'Deny', ...ref } },
})

overBothProtocols(api => {
  test('policies and bindings are held against what their writers can read', async () => {
    const as = { 'impersonate-user': 'jane', 'impersonate-group': 'writers' }
    const rules = [{ apiGroups: ['admissionregistration.k8s.io'], resources: ['*'], verbs: ['*'] }]
    const grant = async (name: string, more: object) => {
      await api.admin.send('POST', `${rbac}/clusterroles`, { body: { metadata: { name }, rules: more } })
      const subjects = [{ kind: 'User', name: 'jane', apiGroup: 'rbac.authorization.k8s.io' }]
      const roleRef = { kind: 'ClusterRole', name, apiGroup: 'rbac.authorization.k8s.io' }
      const bound = await api.admin.send('POST', `${rbac}/clusterrolebindings`, { body: { metadata: { name }, subjects, roleRef } })
      assert.equal(bound.code, 201, bound.text)
    }
    const post = (plural: string, body: object) => api.admin.send('POST', `${registration}/${plural}`, { body, headers: as })
    await grant('writes-policies', rules)

    const refused = await post('validatingadmissionpolicies', policy('p'))
    assert.equal(refused.code, 422)
    assert.deepEqual(refused.json['details'].causes, [
      {
        reason: 'FieldValueForbidden',
        field: 'spec.paramKind',
        message:
          'Forbidden: user &{jane  [writers system:authenticated] map[]} must have "get" permission on all objects of the referenced paramKind (kind=ConfigMap, apiVersion=v1)',
      },
    ])
    await grant('gets-config', [{ apiGroups: [''], resources: ['configmaps'], verbs: ['get'] }])
    const made = await post('validatingadmissionpolicies', policy('p'))
    assert.equal(made.code, 201, made.text)

    assert.equal((await post('validatingadmissionpolicybindings', binding('named', { name: 'c' }))).code, 201)
    const listed = await post('validatingadmissionpolicybindings', binding('selected', { selector: {} }))
    assert.equal(listed.code, 422)
    assert.match(listed.json['message'], /does not have "list" permission on the object referenced by paramRef/)
  })
})
