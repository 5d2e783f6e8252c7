// Custom resources as clients meet them: what a definition makes of the server at once, and what becomes of objects.
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import type { Json } from '../testkit/api-requests.ts'
import { eventually } from '../testkit/waiting.ts'
import { conditionOf, custom, define, definition, definitions, path, type Version, withSpec } from './custom-setup.ts'
import { overBothProtocols, patchWish } from './setup.ts'

const schema: Json = {
  type: 'object',
  required: ['spec'],
  properties: {
    spec: {
      type: 'object',
      required: ['cronSpec'],
      properties: {
        cronSpec: { type: 'string', pattern: '^\\S+( \\S+){4}$' },
        image: { type: 'string', default: 'busybox' },
        replicas: { type: 'integer', minimum: 1, maximum: 10 },
        bare: { type: 'string', nullable: true },
        port: { 'x-kubernetes-int-or-string': true },
        free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
        tags: { type: 'array', 'x-kubernetes-list-type': 'set', items: { type: 'string' } },
      },
      'x-kubernetes-validations': [
        { rule: "!has(self.replicas) || self.replicas != 7 || self.image == 'seven'", message: 'seven is for sevens' },
        { rule: '!has(oldSelf.image) || self.image == oldSelf.image || self.image != "never"', fieldPath: '.image' },
      ],
    },
    status: { type: 'object', properties: { replicas: { type: 'integer' }, selector: { type: 'string' }, ready: { type: 'string' } } },
  },
}
const version: Version = {
  schema,
  subresources: {
    status: {},
    scale: { specReplicasPath: '.spec.replicas', statusReplicasPath: '.status.replicas', labelSelectorPath: '.status.selector' },
  },
  additionalPrinterColumns: [
    { name: 'Cron', type: 'string', jsonPath: '.spec.cronSpec' },
    { name: 'Replicas', type: 'integer', jsonPath: '.spec.replicas', priority: 1 },
  ],
  selectableFields: [{ jsonPath: '.spec.image' }],
}
const cronTabs = path('crontabs')
const cron = '* * * * 5'
const cronTab = (name: string, spec: Json = {}, rest: Json = {}) => custom('CronTab', name, { spec: { cronSpec: cron, ...spec }, ...rest })
const table = { headers: { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json' } }

overBothProtocols(api => {
  const send = (method: string, target: string, body?: unknown) => api.admin.send(method, target, body === undefined ? {} : { body })
  const create = (name: string, spec: Json = {}, rest: Json = {}) => send('POST', cronTabs, cronTab(name, spec, rest))

  before(async () => {
    const spec = { names: { plural: 'crontabs', kind: 'CronTab', shortNames: ['ct'], categories: ['all'] } }
    await define(api.admin, definition('crontabs', 'CronTab', [version], spec))
  })

  test('a definition is told its names and conditions', async () => {
    const { json } = await send('GET', `${definitions}/crontabs.stable.example.com`)
    assert.deepEqual(json['status'].acceptedNames, {
      plural: 'crontabs',
      singular: 'crontab',
      shortNames: ['ct'],
      kind: 'CronTab',
      listKind: 'CronTabList',
      categories: ['all'],
    })
    assert.deepEqual(json['status'].storedVersions, ['v1'])
    assert.deepEqual(
      json['status'].conditions.map((c: Json) => [c['type'], c['status'], c['reason'], c['message']]),
      [
        ['NamesAccepted', 'True', 'NoConflicts', 'no conflicts found'],
        ['Established', 'True', 'InitialNamesAccepted', 'the initial names have been accepted'],
      ],
    )
  })

  test('discovery and OpenAPI show it', async () => {
    const { json: list } = await send('GET', '/apis/stable.example.com/v1')
    assert.deepEqual(list['resources'].map((r: Json) => [r['name'], r['kind'], r['shortNames'], r['categories']]).slice(0, 3), [
      ['crontabs', 'CronTab', ['ct'], ['all']],
      ['crontabs/scale', 'Scale', undefined, undefined],
      ['crontabs/status', 'CronTab', undefined, undefined],
    ])
    const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList'
    const { json: groups } = await api.admin.send('GET', '/apis', { headers: { accept } })
    assert.ok(groups['items'].some((g: Json) => g['metadata'].name === 'stable.example.com'))
    const { json: index } = await send('GET', '/openapi/v3')
    assert.match(index['paths']['apis/stable.example.com/v1'].serverRelativeURL, /\?hash=[0-9A-F]{64}$/)
    const { json: v3 } = await send('GET', '/openapi/v3/apis/stable.example.com/v1')
    const shown = v3['components'].schemas['com.example.stable.v1.CronTab']
    assert.deepEqual(shown['x-kubernetes-group-version-kind'], [{ group: 'stable.example.com', version: 'v1', kind: 'CronTab' }])
    assert.equal(shown.properties.spec.properties.image.default, 'busybox')
    const { json: v2 } = await send('GET', '/openapi/v2')
    assert.equal(v2['definitions']['com.example.stable.v1.CronTab'].properties.spec.properties.replicas.maximum, 10)
    const gnostic = await api.admin.send('GET', '/openapi/v2', {
      headers: { accept: 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf' },
    })
    assert.equal(gnostic.code, 200)
  })

  test('objects are pruned, filled in, and keep what is free', async () => {
    const { code, json, headers } = await create('filled', { foo: 1, bare: null, port: '5%', free: { a: { b: null } } })
    assert.equal(code, 201)
    assert.deepEqual(json['spec'], { cronSpec: cron, bare: null, port: '5%', free: { a: { b: null } }, image: 'busybox' })
    assert.match(String(headers['warning']), /unknown field \\"spec\.foo\\"/)
    const strict = await send('POST', `${cronTabs}?fieldValidation=Strict`, cronTab('strict', { foo: 1 }))
    assert.deepEqual(
      [strict.code, strict.json['message']],
      [400, 'CronTab in version "v1" cannot be handled as a CronTab: strict decoding error: unknown field "spec.foo"'],
    )
  })

  test('values are checked in the words of Kubernetes', async () => {
    const rows: readonly (readonly [Json, string])[] = [
      [{ replicas: 'x' }, 'spec.replicas: Invalid value: "string": spec.replicas in body must be of type integer: "string"'],
      [{ replicas: 11 }, 'spec.replicas: Invalid value: 11: spec.replicas in body should be less than or equal to 10'],
      [{ cronSpec: 'x' }, 'spec.cronSpec: Invalid value: "x": spec.cronSpec in body should match \'^\\S+( \\S+){4}$\''],
      [{ port: true }, 'spec.port: Invalid value: "boolean": spec.port in body must be of type integer,string: "boolean"'],
      [{ tags: ['a', 'a'] }, 'spec.tags[1]: Duplicate value: "a"'],
      [{ replicas: 7 }, 'spec: Invalid value: "object": seven is for sevens'],
    ]
    for (const [spec, message] of rows) {
      const { code, json } = await create('wrong', spec)
      const first = [code, json['message'].replace('CronTab.stable.example.com "wrong" is invalid: ', '')]
      const blocked = /Type|must be of type/.test(message)
        ? ', <nil>: Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation'
        : ''
      assert.deepEqual(first, [422, blocked ? `[${message}${blocked}]` : message])
    }
    const missing = await send('POST', cronTabs, custom('CronTab', 'wrong', { spec: {} }))
    assert.match(missing.json['message'], /spec\.cronSpec: Required value/)
    const metadata = await create('wrong', {}, { metadata: { name: 'wrong', labels: 3 } })
    assert.equal(metadata.code, 400)
    assert.match(
      metadata.json['message'],
      /json: cannot unmarshal number into Go struct field ObjectMeta\.metadata\.labels of type map\[string\]string/,
    )
  })

  test('patches are those that need no marks in the schema', async () => {
    await create('patched')
    const target = `${cronTabs}/patched`
    assert.equal((await api.admin.send('PATCH', target, patchWish('strategic', {}))).code, 415)
    const merged = await api.admin.send('PATCH', target, patchWish('merge', { spec: { replicas: 3 } }))
    assert.deepEqual([merged.code, merged.json['spec'].replicas, merged.json['metadata'].generation], [200, 3, 2])
    const json = await api.admin.send('PATCH', target, patchWish('json', [{ op: 'add', path: '/spec/tags', value: ['x'] }]))
    assert.deepEqual(json.json['spec'].tags, ['x'])
    const applied = await api.admin.send('PATCH', `${target}?fieldManager=me`, {
      body: cronTab('patched', { free: { mine: { deep: 1 } } }),
      headers: { 'content-type': 'application/apply-patch+yaml' },
    })
    assert.deepEqual([applied.code, applied.json['spec'].free], [200, { mine: { deep: 1 } }])
    const never = await api.admin.send('PATCH', target, patchWish('merge', { spec: { image: 'never' } }))
    assert.match(never.json['message'], /spec\.image: Invalid value: "object": failed rule: /)
  })

  test('status and scale are written by themselves', async () => {
    await create('scaled', { replicas: 2 }, { status: { ready: 'no' } })
    const target = `${cronTabs}/scaled`
    const made = (await send('GET', target)).json
    assert.equal(made['status'], undefined)
    const status = { replicas: 1, selector: 'a=b', ready: 'yes' }
    const written = await send(
      'PUT',
      `${target}/status`,
      cronTab('scaled', { replicas: 9 }, { status, metadata: { ...made['metadata'], labels: { x: 'y' } } }),
    )
    assert.deepEqual(
      [written.json['status'], written.json['spec'].replicas, written.json['metadata'].labels, written.json['metadata'].generation],
      [status, 2, undefined, 1],
    )
    const scale = await send('GET', `${target}/scale`)
    assert.deepEqual([scale.json['spec'], scale.json['status']], [{ replicas: 2 }, { replicas: 1, selector: 'a=b' }])
    const scaled = await api.admin.send('PATCH', `${target}/scale`, patchWish('merge', { spec: { replicas: 5 } }))
    assert.deepEqual([scaled.code, (await send('GET', target)).json['spec'].replicas], [200, 5])
  })

  test('tables and selectors use what the definition names', async () => {
    await create('shown', { image: 'special', replicas: 4 })
    const { json } = await api.admin.send('GET', `${cronTabs}?fieldSelector=spec.image%3Dspecial`, table)
    assert.deepEqual(
      json['columnDefinitions'].map((c: Json) => c['name']),
      ['Name', 'Cron', 'Replicas'],
    )
    assert.deepEqual(
      json['rows'].map((row: Json) => row['cells']),
      [['shown', cron, 4]],
    )
    assert.equal((await send('GET', `${cronTabs}?fieldSelector=spec.other%3Dx`)).code, 400)
  })

  test('what was stored before a schema became stricter may stay, and is shown with new defaults', async () => {
    const names = { plural: 'things', kind: 'Thing' }
    const named = (properties: Json) => definition('things', 'Thing', [{ schema: withSpec(properties) }], { names })
    const created = await define(api.admin, named({ size: { type: 'integer' }, other: { type: 'string' } }))
    await send('POST', path('things'), custom('Thing', 'old', { spec: { size: 50 } }))
    const stricter = named({ size: { type: 'integer', maximum: 10 }, other: { type: 'string' }, color: { type: 'string', default: 'red' } })
    const updated = await send('PUT', `${definitions}/things.stable.example.com`, {
      ...created,
      spec: { ...created['spec'], versions: stricter['spec'].versions },
    })
    assert.equal(updated.code, 200, updated.text)
    const target = `${path('things')}/old`
    assert.deepEqual((await send('GET', target)).json['spec'], { size: 50, color: 'red' })
    const kept = await api.admin.send('PATCH', target, patchWish('merge', { spec: { other: 'x' } }))
    assert.deepEqual([kept.code, kept.json['spec']], [200, { size: 50, color: 'red', other: 'x' }])
    assert.equal((await api.admin.send('PATCH', target, patchWish('merge', { spec: { size: 51 } }))).code, 422)
  })

  test('versions without a strategy differ in their apiVersion alone', async () => {
    const versions: readonly Version[] = [
      { name: 'v2', schema: withSpec({ a: { type: 'string' }, b: { type: 'string' } }) },
      { name: 'v1', schema: withSpec({ a: { type: 'string' } }), deprecated: true },
      { name: 'v1alpha1', served: false, schema: withSpec({ a: { type: 'string' } }) },
    ]
    await define(api.admin, definition('items', 'Item', versions))
    const made = await send('POST', path('items'), custom('Item', 'one', { spec: { a: 'x' } }))
    assert.deepEqual([made.code, made.json['apiVersion']], [201, 'stable.example.com/v1'])
    assert.match(String(made.headers['warning']), /stable\.example\.com\/v1 Item is deprecated/)
    await api.admin.send('PATCH', `${path('items', 'v2')}/one`, patchWish('merge', { spec: { b: 'y' } }))
    assert.deepEqual((await send('GET', `${path('items', 'v2')}/one`)).json['spec'], { a: 'x', b: 'y' })
    const old = await send('GET', path('items'))
    assert.deepEqual([old.json['items'][0].apiVersion, old.json['items'][0].spec], ['stable.example.com/v1', { a: 'x' }])
    assert.equal((await send('GET', path('items', 'v1alpha1'))).code, 404)
    const { json: group } = await send('GET', '/apis/stable.example.com')
    assert.equal(group['preferredVersion'].version, 'v2')
  })

  test('names that are taken are refused, and given once they are free', async () => {
    await define(api.admin, definition('apples', 'Apple', [{}]))
    const twin = definition('pears', 'Apple', [{}])
    assert.equal((await send('POST', definitions, twin)).code, 201)
    const target = `${definitions}/pears.stable.example.com`
    const refused = await eventually('the conflict is told', async () => {
      const { json } = await send('GET', target)
      assert.ok(conditionOf(json, 'NamesAccepted'))
      return json
    })
    assert.deepEqual(
      ['NamesAccepted', 'Established'].map(type => [conditionOf(refused, type)?.['status'], conditionOf(refused, type)?.['reason']]),
      [
        ['False', 'ListKindConflict'],
        ['False', 'NotAccepted'],
      ],
    )
    assert.equal(conditionOf(refused, 'NamesAccepted')?.['message'], '"AppleList" is already in use')
    assert.equal((await send('GET', path('pears'))).code, 404)
    await send('DELETE', `${definitions}/apples.stable.example.com`)
    await eventually('the names are given', async () => assert.equal((await send('GET', path('pears'))).code, 200))
  })

  test('a definition goes after its objects, whose watches end', async () => {
    await define(api.admin, definition('leaves', 'Leaf', [{}]))
    const leaves = path('leaves')
    await send('POST', leaves, custom('Leaf', 'held', { metadata: { name: 'held', finalizers: ['hold.example.com'] } }))
    await send('POST', leaves, custom('Leaf', 'free', {}))
    const watch = await api.admin.open('GET', `${leaves}?watch=true`)
    const events: string[] = []
    const ended = (async () => {
      for await (const chunk of watch.stream)
        events.push(
          ...String(chunk)
            .trim()
            .split('\n')
            .map(line => JSON.parse(line))
            .map(({ type, object }) => `${type} ${object.metadata.name}`),
        )
    })()
    const target = `${definitions}/leaves.stable.example.com`
    const deleted = await send('DELETE', target)
    assert.equal(conditionOf(deleted.json, 'Terminating')?.['reason'], 'InstanceDeletionPending')
    await eventually('the free one goes', async () => assert.equal((await send('GET', `${leaves}/free`)).code, 404))
    const late = await send('POST', leaves, custom('Leaf', 'late', {}))
    assert.deepEqual([late.code, late.json['message']], [405, 'create not allowed while custom resource definition is terminating'])
    assert.equal((await send('GET', target)).code, 200)
    await api.admin.send('PATCH', `${leaves}/held`, patchWish('merge', { metadata: { finalizers: null } }))
    await eventually('the definition goes', async () => assert.equal((await send('GET', target)).code, 404))
    assert.equal((await send('GET', leaves)).code, 404)
    assert.equal((await send('GET', '/openapi/v2')).text.includes('v1.Leaf'), false)
    await ended
    assert.equal(events.at(-1), 'DELETED held')
  })

  test('rules that mean nothing are refused with the definition', async () => {
    const broken = withSpec({ a: { type: 'string' } }, { 'x-kubernetes-validations': [{ rule: 'self.b == 1' }, { rule: 'self.a' }] })
    const { code, json } = await send('POST', definitions, definition('broken', 'Broken', [{ schema: broken }]))
    assert.equal(code, 422)
    const fields = json['details'].causes.map((cause: Json) => cause['field'])
    const at = 'spec.validation.openAPIV3Schema.properties[spec].x-kubernetes-validations'
    assert.deepEqual(fields, [`${at}[0].rule`, `${at}[1].rule`])
    assert.match(json['message'], /compilation failed: ERROR: <input>:1:5: undefined field 'b'/)
    assert.match(json['message'], /cel expression must evaluate to a bool/)
  })
})
