// Admission policies: CEL expressions have their say in what is stored.
import assert from 'node:assert/strict'
import { beforeEach, test } from 'node:test'
import type { Json } from '../testkit/api-requests.ts'
import { configMap, configMaps, deployment, deployments, overBothProtocols } from './setup.ts'

const group = '/apis/admissionregistration.k8s.io/v1'
const kinds = [
  'validatingadmissionpolicies',
  'validatingadmissionpolicybindings',
  'mutatingadmissionpolicies',
  'mutatingadmissionpolicybindings',
]

overBothProtocols(api => {
  beforeEach(async () => {
    for (const kind of kinds) await api.admin.send('DELETE', `${group}/${kind}`)
    await api.admin.send('DELETE', configMaps)
  })

  const rules = (resource: string, apiGroup = '') => ({
    resourceRules: [{ operations: ['CREATE', 'UPDATE', 'DELETE'], apiGroups: [apiGroup], apiVersions: ['*'], resources: [resource] }],
  })
  const post = (kind: string, name: string, spec: Json) =>
    api.admin.send('POST', `${group}/${kind}`, { body: { metadata: { name }, spec } })
  async function made(kind: string, name: string, spec: Json): Promise<void> {
    const { code, json } = await post(kind, name, spec)
    assert.equal(code, 201, JSON.stringify(json))
  }
  async function forbid(validation: Json, more: Json = {}, binding: Json = {}, name = 'p'): Promise<void> {
    await made('validatingadmissionpolicies', name, { matchConstraints: rules('configmaps'), validations: [validation], ...more })
    await made('validatingadmissionpolicybindings', `${name}-b`, { policyName: name, validationActions: ['Deny'], ...binding })
  }
  async function mutate(
    expression: string,
    more: Json = {},
    name = 'm',
    part: 'applyConfiguration' | 'jsonPatch' = 'applyConfiguration',
  ): Promise<void> {
    const mutation = { patchType: part === 'jsonPatch' ? 'JSONPatch' : 'ApplyConfiguration', [part]: { expression } }
    const constraints = { resourceRules: [{ ...rules('configmaps').resourceRules[0], operations: ['CREATE', 'UPDATE'] }] }
    await made('mutatingadmissionpolicies', name, {
      matchConstraints: constraints,
      mutations: [mutation],
      reinvocationPolicy: 'Never',
      ...more,
    })
    await made('mutatingadmissionpolicybindings', `${name}-b`, { policyName: name })
  }
  const create = (name: string, data: Json = {}, metadata: Json = {}) =>
    api.admin.send('POST', configMaps, { body: configMap(name, data, metadata) })

  test('a request that does not meet a policy is refused in its words', async () => {
    await forbid({ expression: 'object == null || has(object.data) && has(object.data.owner)' })
    const { code, json } = await create('a')
    assert.equal(code, 422)
    assert.equal(json.reason, 'Invalid')
    assert.equal(
      json.message,
      `configmaps "a" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'p-b' denied request: failed expression: object == null || has(object.data) && has(object.data.owner)`,
    )
    assert.equal((await create('a', { owner: 'me' })).code, 201)
  })

  test('messages, reasons, variables and the request', async () => {
    await forbid(
      {
        expression: 'variables.short',
        messageExpression: "'%s may not %s %s'.format([request.userInfo.username, request.operation, variables.name])",
        reason: 'Forbidden',
      },
      {
        variables: [
          { name: 'name', expression: 'request.name' },
          { name: 'short', expression: 'variables.name.size() < 5' },
        ],
      },
    )
    assert.equal((await create('abcd')).code, 201)
    const { code, json } = await create('abcdef')
    assert.equal(code, 403)
    assert.match(json.message, /denied request: kubernetes-admin may not CREATE abcdef$/)
  })

  test('updates and deletes are held against it too', async () => {
    await forbid({ expression: "request.operation != 'UPDATE' || object.data.n >= oldObject.data.n" })
    await create('a', { n: '5' })
    const put = (n: string) => api.admin.send('PUT', `${configMaps}/a`, { body: configMap('a', { n }) })
    assert.equal((await put('4')).code, 422)
    assert.equal((await put('6')).code, 200)
    await forbid({ expression: "request.operation != 'DELETE'", message: 'stays' }, {}, {}, 'q')
    assert.match((await api.admin.send('DELETE', `${configMaps}/a`)).json.message, /stays$/)
  })

  test('warnings, conditions and namespaces', async () => {
    await forbid(
      { expression: 'false', message: 'no' },
      { matchConditions: [{ name: 'c', expression: "object.metadata.name.startsWith('x')" }] },
      { validationActions: ['Warn'] },
    )
    const warned = await create('xa')
    assert.equal(warned.code, 201)
    assert.match(String(warned.headers['warning']), /Validation failed for ValidatingAdmissionPolicy 'p' with binding 'p-b': no/)
    assert.equal((await create('ya')).headers['warning'], undefined)
    await forbid({ expression: "namespaceObject.metadata.name == 'elsewhere'" }, {}, {}, 'q')
    assert.equal((await create('yb')).code, 422)
  })

  test('parameters by name and by label, and when there are none', async () => {
    const paramKind = { apiVersion: 'v1', kind: 'ConfigMap' }
    assert.equal((await create('limits', { max: '3' }, { labels: { limits: 'yes' } })).code, 201)
    await forbid(
      { expression: 'int(object.data.n) <= int(params.data.max)' },
      { paramKind, matchConditions: [{ name: 'n', expression: 'object != null && has(object.data.n)' }] },
      { paramRef: { name: 'limits', parameterNotFoundAction: 'Deny' } },
    )
    assert.equal((await create('a', { n: '3' })).code, 201)
    assert.equal((await create('b', { n: '4' })).code, 422)
    assert.equal((await api.admin.send('DELETE', `${configMaps}/limits`)).code, 200)
    assert.match(
      (await create('c', { n: '1' })).json.message,
      /failed to configure binding: no params found for policy binding with `Deny` parameterNotFoundAction$/,
    )
  })

  test('what cannot be worked out refuses, or is ignored', async () => {
    await forbid({ expression: "object.data.missing == 'x'" })
    assert.match(
      (await create('a')).json.message,
      /expression 'object\.data\.missing == 'x'' resulted in error: no such key: (data|missing)$/,
    )
    await api.admin.send('DELETE', `${group}/validatingadmissionpolicies`)
    await made('validatingadmissionpolicies', 'p', {
      matchConstraints: rules('configmaps'),
      failurePolicy: 'Ignore',
      validations: [{ expression: "object.data.missing == 'x'" }],
    })
    assert.equal((await create('a')).code, 201)
  })

  test('the authorizer is asked', async () => {
    await forbid({
      expression:
        "authorizer.group('').resource('secrets').namespace('test').check('get').allowed() && authorizer.requestResource.check('delete').allowed()",
    })
    assert.equal((await create('a')).code, 201)
    await forbid(
      { expression: "authorizer.serviceAccount('test', 'default').group('').resource('secrets').check('get').allowed()" },
      {},
      {},
      'q',
    )
    assert.equal((await create('b')).code, 422)
  })

  test('expressions that do not compile are refused with their policy', async () => {
    const { code, json } = await post('validatingadmissionpolicies', 'p', {
      matchConstraints: rules('configmaps'),
      variables: [{ name: 'v', expression: 'object.' }],
      validations: [{ expression: 'request.nme == 1' }, { expression: '1 + 1', messageExpression: 'authorizer' }],
    })
    assert.equal(code, 422)
    const causes = json.details.causes.map(({ field, message }: Json) => `${field}: ${message.split('\n')[0]}`)
    assert.deepEqual(
      causes.map((cause: string) => cause.split(': ', 1)[0]),
      [
        'spec.variables[0].expression',
        'spec.validations[0].expression',
        'spec.validations[1].expression',
        'spec.validations[1].messageExpression',
      ],
    )
    assert.match(causes[1], /compilation failed: ERROR: <input>:1:8: undefined field 'nme'/)
    assert.match(causes[2], /must evaluate to bool/)
  })

  test('objects are changed by merging', async () => {
    await mutate(
      "Object{metadata: Object.metadata{labels: {'team': object.metadata.?labels.?team.orValue('none')}}, data: {'by': request.userInfo.username}}",
    )
    const { code, json } = await create('a', { x: '1' })
    assert.equal(code, 201, JSON.stringify(json))
    assert.deepEqual(json.metadata.labels, { team: 'none' })
    assert.deepEqual(json.data, { x: '1', by: 'kubernetes-admin' })
    await mutate('Object{spec: Object.other{a: 1}}', {}, 'wrong')
    assert.match(
      (await create('b')).json.message,
      /policy 'wrong' with binding 'wrong-b' denied request: type mismatch: unexpected type name "Object\.other", expected "Object\.spec"/,
    )
  })

  test('what cannot be merged is named', async () => {
    const constraints = { resourceRules: [{ ...rules('deployments', 'apps').resourceRules[0], operations: ['CREATE'] }] }
    const refusal = async (spec: string) => {
      const expression = `Object{spec: Object.spec${spec}}`
      await mutate(expression, { matchConstraints: constraints }, 'd')
      const { json } = await api.admin.send('POST', deployments, { body: deployment('d') })
      for (const kind of ['mutatingadmissionpolicies', 'mutatingadmissionpolicybindings'])
        await api.admin.send('DELETE', `${group}/${kind}`)
      return json['message']
    }
    const because = "policy 'd' with binding 'd-b' denied request: error applying patch: "
    assert.equal(
      await refusal("{template: Object.spec.template{spec: Object.spec.template.spec{nodeSelector: {'a': 'b'}, overhead: {'cpu': '1'}}}}"),
      `${because}invalid ApplyConfiguration: may not mutate atomic arrays, maps or structs: .spec.template.spec.nodeSelector`,
    )
    assert.equal(
      await refusal('{nonsense: 1}'),
      `${because}failed to convert patch object to typed object: .spec.nonsense: field not declared in schema`,
    )
  })

  test('objects are changed by JSON patches, and lists with keys by their items', async () => {
    await mutate(
      "[JSONPatch{op: 'test', path: '/data/n', value: '1'}, JSONPatch{op: 'replace', path: '/data/n', value: string(int(object.data.n) + 1)}, JSONPatch{op: 'add', path: '/metadata/annotations', value: {}}, JSONPatch{op: 'add', path: '/metadata/annotations/' + jsonpatch.escapeKey('a/b'), value: 'x'}]",
      {},
      'm',
      'jsonPatch',
    )
    const patched = await create('a', { n: '1' })
    assert.deepEqual(patched.json.data, { n: '2' }, patched.text)
    assert.deepEqual(patched.json.metadata.annotations, { 'a/b': 'x' })
    assert.deepEqual((await create('b', { n: '5' })).json.data, { n: '5' })
    const constraints = { resourceRules: [{ ...rules('deployments', 'apps').resourceRules[0], operations: ['CREATE'] }] }
    const expression =
      "Object{spec: Object.spec{template: Object.spec.template{spec: Object.spec.template.spec{initContainers: [Object.spec.template.spec.initContainers{name: 'mesh', image: 'mesh:1', restartPolicy: 'Always'}]}}}}"
    await made('mutatingadmissionpolicies', 'd', {
      matchConstraints: constraints,
      mutations: [{ patchType: 'ApplyConfiguration', applyConfiguration: { expression } }],
      reinvocationPolicy: 'Never',
    })
    await made('mutatingadmissionpolicybindings', 'd-b', { policyName: 'd' })
    const { code, json } = await api.admin.send('POST', deployments, { body: deployment('d') })
    assert.equal(code, 201, JSON.stringify(json))
    const { initContainers, containers } = json.spec.template.spec
    assert.deepEqual([initContainers.length, initContainers[0].image, containers.length], [1, 'mesh:1', 1])
    assert.equal(initContainers[0].terminationMessagePath, '/dev/termination-log')
  })

  test('a policy that asks for it sees the object again', async () => {
    const count = "Object{data: {'seen': string(has(object.data) && has(object.data.late) ? 2 : 1)}}"
    await mutate(count, { reinvocationPolicy: 'IfNeeded' }, 'a')
    await mutate("Object{data: {'late': 'yes'}}", {}, 'b')
    assert.deepEqual((await create('x')).json.data, { seen: '2', late: 'yes' })
  })

  test('rules of a custom resource', async () => {
    const schema = {
      type: 'object',
      properties: {
        spec: {
          type: 'object',
          properties: { min: { type: 'integer' }, max: { type: 'integer' } },
          'x-kubernetes-validations': [{ rule: 'self.min <= self.max', message: 'min is above max' }],
        },
      },
    }
    const definition = {
      metadata: { name: 'ranges.example.com' },
      spec: {
        group: 'example.com',
        scope: 'Namespaced',
        names: { plural: 'ranges', singular: 'range', kind: 'Range' },
        versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: schema } }],
      },
    }
    const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
    assert.equal((await api.admin.send('POST', definitions, { body: definition })).code, 201)
    const path = '/apis/example.com/v1/namespaces/test/ranges'
    const range = (min: number, max: number) => ({
      apiVersion: 'example.com/v1',
      kind: 'Range',
      metadata: { name: `r${min}` },
      spec: { min, max },
    })
    let reply = await api.admin.send('POST', path, { body: range(1, 2) })
    for (let i = 0; i < 50 && reply.code === 404; i++) reply = await api.admin.send('POST', path, { body: range(1, 2) })
    assert.equal(reply.code, 201, reply.text)
    const refused = await api.admin.send('POST', path, { body: range(3, 2) })
    assert.equal(refused.json.message, 'Range.example.com "r3" is invalid: spec: Invalid value: "object": min is above max')
    await api.admin.send('DELETE', `${definitions}/ranges.example.com`)
  })
})
