import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { definitions, type OpenApiSchema, reference } from './openapi.ts'
import {
  atomic,
  atomicList,
  bytes,
  defaulted,
  describe,
  int32,
  int64,
  intOrString,
  listMap,
  map,
  object,
  oneOf,
  patch,
  quantity,
  raw,
  recursive,
  required,
  set,
  string,
  time,
} from './schema.ts'

const core = (name: string) => `io.k8s.api.core.v1.${name}`
const meta = (name: string) => `io.k8s.apimachinery.pkg.apis.meta.v1.${name}`

test('references have neighbours by allOf in v3 and beside them in v2', () => {
  const inner = object('x.Inner', 'Inner doc.', { a: string() })
  const outer = object('x.Outer', '', {
    plain: inner,
    doc: describe('Doc.', inner),
    filled: defaulted(inner, {}),
    list: atomicList(inner),
    when: time('When.'),
  })
  const v3 = definitions([outer.node], 'v3')
  assert.deepEqual(Object.keys(v3), ['io.k8s.apimachinery.pkg.apis.meta.v1.Time', 'x.Inner', 'x.Outer'])
  const ref = reference('x.Inner', 'v3')
  assert.deepEqual(v3['x.Inner'], { description: 'Inner doc.', type: 'object', properties: { a: { type: 'string' } } })
  assert.deepEqual(v3['x.Outer']?.['properties'], {
    plain: ref,
    doc: { allOf: [ref], description: 'Doc.' },
    filled: { allOf: [ref], default: {}, description: 'Inner doc.' },
    list: { type: 'array', items: { allOf: [ref], default: {} }, 'x-kubernetes-list-type': 'atomic' },
    when: { allOf: [reference(meta('Time'), 'v3')], description: 'When.' },
  })
  const v2 = definitions([outer.node], 'v2')
  assert.deepEqual(at(v2['x.Outer']?.['properties'], 'doc'), {
    description: 'Doc.',
    $ref: '#/definitions/x.Inner',
  })
})

test('recursive definitions end', () => {
  const tree = recursive<unknown>('x.Tree', '', self => ({ children: atomicList(self) }))
  assert.deepEqual(Object.keys(definitions([tree.node, tree.node], 'v3')), ['x.Tree'])
})

test('enums are published sorted, in v3 only', () => {
  const kind = object('x.K', '', { p: oneOf(['TCP', 'SCTP']) }).node
  assert.deepEqual(definitions([kind], 'v3')['x.K']?.['properties'], { p: { type: 'string', enum: ['SCTP', 'TCP'] } })
  assert.deepEqual(definitions([kind], 'v2')['x.K']?.['properties'], { p: { type: 'string' } })
})

// Small definitions written as the kinds are, held against what upstream publishes for them.
const nodeSelectorRequirement = object(core('NodeSelectorRequirement'), '', {
  key: required(string()),
  operator: required(string()),
  values: atomicList(string()),
})
const samples = [
  object(core('ContainerPort'), '', {
    containerPort: required(int32()),
    hostIP: string(),
    hostPort: int32(),
    name: string(),
    protocol: defaulted(string(), 'TCP'),
  }),
  object(core('ServicePort'), '', {
    appProtocol: string(),
    name: string(),
    nodePort: int32(),
    port: required(int32()),
    protocol: defaulted(string(), 'TCP'),
    targetPort: describe('Doc.', intOrString()),
  }),
  object(core('EmptyDirVolumeSource'), '', { medium: string(), sizeLimit: describe('Doc.', quantity()) }),
  object(core('LimitRangeItem'), '', {
    default: map(quantity()),
    defaultRequest: map(quantity()),
    max: map(quantity()),
    maxLimitRequestRatio: map(quantity()),
    min: map(quantity()),
    type: required(string()),
  }),
  nodeSelectorRequirement,
  atomic(
    object(core('NodeSelectorTerm'), '', {
      matchExpressions: atomicList(nodeSelectorRequirement),
      matchFields: atomicList(nodeSelectorRequirement),
    }),
  ),
  object(core('HostAlias'), '', { hostnames: atomicList(string()), ip: required(string()) }),
  object(core('Toleration'), '', { effect: string(), key: string(), operator: string(), tolerationSeconds: int64(), value: string() }),
  object(meta('ManagedFieldsEntry'), '', {
    apiVersion: string(),
    fieldsType: string(),
    fieldsV1: describe('Doc.', raw('', meta('FieldsV1'))),
    manager: string(),
    operation: string(),
    subresource: string(),
    time: describe('Doc.', time()),
  }),
] as const
const oracles = {
  v2: new URL('../../../shared/specs/openapi-v2/swagger-1.36.json', import.meta.url),
  v3: new URL('../../../shared/specs/openapi-v3-1.35/api/v1.json', import.meta.url),
}

for (const version of ['v2', 'v3'] as const) {
  test(`${version} definitions agree with upstream's`, {
    skip: !existsSync(oracles[version]) && 'the published schemas are not beside this checkout',
  }, () => {
    const published: unknown = JSON.parse(readFileSync(oracles[version], 'utf8'))
    const schemas = (version === 'v2' ? at(published, 'definitions') : at(at(published, 'components'), 'schemas')) as Record<
      string,
      OpenApiSchema
    >
    const ours = definitions(
      samples.map(sample => sample.node),
      version,
    )
    assert.ok(Object.keys(ours).length > samples.length)
    for (const [name, schema] of Object.entries(ours)) assert.deepEqual(withoutDocs(schema), withoutDocs(schemas[name]), name)
  })
}

test('lists and maps carry how they are merged', () => {
  const item = object('x.I', '', { name: required(string()) })
  const kind = object('x.K', '', {
    list: patch('merge', 'name', listMap(['name'], item)),
    names: patch('merge', undefined, set(string())),
    selector: atomic(map(string())),
    data: map(bytes()),
  }).node
  assert.deepEqual(withoutDocs(definitions([kind], 'v2')['x.K']?.['properties']), {
    list: {
      type: 'array',
      items: { $ref: '#/definitions/x.I' },
      'x-kubernetes-list-map-keys': ['name'],
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-patch-merge-key': 'name',
      'x-kubernetes-patch-strategy': 'merge',
    },
    names: { type: 'array', items: { type: 'string' }, 'x-kubernetes-list-type': 'set', 'x-kubernetes-patch-strategy': 'merge' },
    selector: { type: 'object', additionalProperties: { type: 'string' }, 'x-kubernetes-map-type': 'atomic' },
    data: { type: 'object', additionalProperties: { type: 'string', format: 'byte' } },
  })
})

function at(value: unknown, key: string): unknown {
  return (value as Record<string, unknown>)[key]
}
function withoutDocs(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value), (key, member: unknown) =>
    key === 'description' && typeof member === 'string' ? undefined : member,
  )
}
