import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { decode } from './decode.ts'
import {
  array,
  boolean,
  bytes,
  double,
  int32,
  int64,
  intOrString,
  listMap,
  map,
  microTime,
  object,
  quantity,
  raw,
  required,
  string,
  time,
} from './schema.ts'

const envVar = object('io.k8s.api.core.v1.EnvVar', '', { name: required(string()), value: string() })
const container = object('io.k8s.api.core.v1.Container', '', {
  name: required(string()),
  env: listMap(['name'], envVar),
  args: array(string()),
  limits: map(quantity()),
  tty: boolean(),
})
const podSpec = object('io.k8s.api.core.v1.PodSpec', '', {
  containers: listMap(['name'], container),
  replicas: int32(),
  grace: int64(),
  ratio: double(),
  port: intOrString(),
  data: map(bytes()),
  extra: map(array(string())),
  anything: raw(),
})
const meta = object('io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta', '', {
  labels: map(string()),
  creationTimestamp: time(),
  renewTime: microTime(),
})
const pod = object('io.k8s.api.core.v1.Pod', '', { metadata: meta, spec: podSpec }).node

const canonicalQuantity = (text: string) =>
  /^\d+m?$/.test(text) ? { value: text.replace(/^(\d+)000m$/, '$1') } : { error: 'bad quantity' }
const run = (input: unknown) => decode(pod, input, canonicalQuantity)

test('well-formed input is returned as it came', () => {
  const input = {
    metadata: { labels: { a: 'b' }, creationTimestamp: '2024-01-01T00:00:00Z', renewTime: '2024-01-01T00:00:00.000000Z' },
    spec: {
      containers: [{ name: 'a', env: [{ name: 'X', value: '' }], args: [], limits: { cpu: '100m' }, tty: false }],
      replicas: 0,
      grace: -1,
      ratio: 0.5,
      port: 80,
      data: { k: 'YQ==' },
      anything: { some: [null, 1] },
    },
  }
  const decoded = run(input)
  assert.equal(decoded.value, input)
  assert.deepEqual([decoded.unknownFields, decoded.errors], [[], []])
})

test('nulls are absent members, and zero values inside lists and maps', () => {
  const decoded = run({
    metadata: { creationTimestamp: null, labels: { a: null, b: 'c' } },
    spec: { containers: [null, { name: null, args: ['x', null], limits: { cpu: null } }], extra: { k: null }, anything: null },
  })
  assert.deepEqual(decoded.errors, [])
  assert.deepEqual(decoded.value, {
    metadata: { labels: { a: '', b: 'c' } },
    spec: { containers: [{}, { args: ['x', ''], limits: { cpu: '0' } }], extra: { k: [] } },
  })
})

test('unknown fields are left out and named, also those that objects inherit', () => {
  const input: unknown = JSON.parse(
    '{"spec":{"foo":1,"containers":[{"name":"a","bar":{},"env":[{"Name":"x"}]}]},"constructor":1,"__proto__":{"x":1},"metadata":{"labels":{"toString":"ok"}}}',
  )
  const decoded = run(input)
  assert.deepEqual(decoded.unknownFields, [
    'spec.foo',
    'spec.containers[0].bar',
    'spec.containers[0].env[0].Name',
    'constructor',
    '__proto__',
  ])
  assert.deepEqual(decoded.value, { spec: { containers: [{ name: 'a', env: [{}] }] }, metadata: { labels: { toString: 'ok' } } })
})

test('a map may have the key __proto__', () => {
  const decoded = run({ spec: { data: JSON.parse('{"a":null,"__proto__":"YQ=="}') } })
  assert.equal(JSON.stringify(decoded.value), '{"spec":{"data":{"a":"","__proto__":"YQ=="}}}')
})

test('wrong types are refused in the words of Go', () => {
  const rows: [unknown, string, string][] = [
    [
      { spec: { replicas: 'a' } },
      'spec.replicas',
      'json: cannot unmarshal string into Go struct field PodSpec.spec.replicas of type int32',
    ],
    [
      { spec: { replicas: 1.5 } },
      'spec.replicas',
      'json: cannot unmarshal number 1.5 into Go struct field PodSpec.spec.replicas of type int32',
    ],
    [
      { spec: { replicas: 99999999999 } },
      'spec.replicas',
      'json: cannot unmarshal number 99999999999 into Go struct field PodSpec.spec.replicas of type int32',
    ],
    [{ spec: { ratio: 'x' } }, 'spec.ratio', 'json: cannot unmarshal string into Go struct field PodSpec.spec.ratio of type float64'],
    [
      { spec: { containers: [{}, { env: [{ value: 1 }] }] } },
      'spec.containers[1].env[0].value',
      'json: cannot unmarshal number into Go struct field EnvVar.spec.containers.env.value of type string',
    ],
    [
      { spec: { containers: {} } },
      'spec.containers',
      'json: cannot unmarshal object into Go struct field PodSpec.spec.containers of type []v1.Container',
    ],
    [
      { spec: { containers: ['x'] } },
      'spec.containers[0]',
      'json: cannot unmarshal string into Go struct field PodSpec.spec.containers of type v1.Container',
    ],
    [
      { metadata: { labels: { a: true } } },
      'metadata.labels.a',
      'json: cannot unmarshal bool into Go struct field ObjectMeta.metadata.labels of type string',
    ],
    [
      { metadata: { labels: [] } },
      'metadata.labels',
      'json: cannot unmarshal array into Go struct field ObjectMeta.metadata.labels of type map[string]string',
    ],
    [{ spec: [] }, 'spec', 'json: cannot unmarshal array into Go struct field Pod.spec of type v1.PodSpec'],
    [{ spec: { data: { a: 3 } } }, 'spec.data.a', 'json: cannot unmarshal number into Go struct field PodSpec.spec.data of type []uint8'],
    [{ spec: { port: true } }, 'spec.port', 'json: cannot unmarshal bool into Go struct field PodSpec.spec.port of type int32'],
    [
      { metadata: { creationTimestamp: 3 } },
      'metadata.creationTimestamp',
      'json: cannot unmarshal number into Go struct field ObjectMeta.metadata.creationTimestamp of type string',
    ],
    [[], '', 'json: cannot unmarshal array into Go value of type v1.Pod'],
    ['x', '', 'json: cannot unmarshal string into Go value of type v1.Pod'],
  ]
  for (const [input, path, message] of rows) assert.deepEqual(run(input).errors, [{ path, message }], JSON.stringify(input))
})

test('formats are checked and put into canonical form', () => {
  const rows: [unknown, unknown][] = [
    [{ metadata: { creationTimestamp: '2024-01-01T01:00:00.5+01:00' } }, { metadata: { creationTimestamp: '2024-01-01T00:00:00Z' } }],
    [
      { spec: { containers: [{ limits: { cpu: '2000m', memory: 5 } }] } },
      { spec: { containers: [{ limits: { cpu: '2', memory: '5' } }] } },
    ],
    [{ spec: { port: 'http' } }, { spec: { port: 'http' } }],
    [{ spec: { data: { a: 'YWJj\nZGVm' } } }, { spec: { data: { a: 'YWJjZGVm' } } }],
  ]
  for (const [input, value] of rows) assert.deepEqual([run(input).value, run(input).errors], [value, []])
  const bad: [unknown, string][] = [
    [{ metadata: { creationTimestamp: 'x' } }, 'parsing time "x" as "2006-01-02T15:04:05Z07:00": cannot parse "x" as "2006"'],
    [{ spec: { containers: [{ limits: { cpu: 'x' } }] } }, 'bad quantity'],
    [{ spec: { containers: [{ limits: { cpu: {} } }] } }, 'bad quantity'],
    [{ spec: { data: { a: '!!' } } }, 'illegal base64 data at input byte 0'],
    [{ spec: { data: { a: 'ab$=' } } }, 'illegal base64 data at input byte 2'],
  ]
  for (const [input, message] of bad)
    assert.deepEqual(
      run(input).errors.map(e => e.message),
      [message],
    )
})

test('any JSON is decoded without a crash, the input is not changed, and decoding again changes nothing', () => {
  const member = fc.oneof(fc.jsonValue(), fc.record({ name: fc.string(), env: fc.array(fc.jsonValue()) }), fc.constant(null))
  const shaped = fc.record({
    metadata: fc.oneof(fc.jsonValue(), fc.dictionary(fc.constantFrom('labels', 'x'), member)),
    spec: fc.dictionary(fc.constantFrom(...Object.keys(fieldsOf(podSpec.node)), 'foo'), fc.oneof(member, fc.array(member))),
  })
  fc.assert(
    fc.property(fc.oneof(shaped, fc.jsonValue()), input => {
      const before = JSON.stringify(input)
      const first = run(JSON.parse(before))
      assert.equal(JSON.stringify(input), before)
      if (first.errors.length > 0) return
      const second = run(first.value)
      assert.equal(second.value, first.value)
      assert.deepEqual([second.unknownFields, second.errors], [[], []])
    }),
    { numRuns: 500 },
  )
})

function fieldsOf(node: typeof pod): object {
  return node.type === 'object' ? node.fields : {}
}

test('zeros are absent where they are said to be, and only there', () => {
  const omitted = (of: { readonly name: string }, field: string) =>
    of.name.endsWith('.EnvVar') || field === 'args' || field === 'limits' || field === 'tty'
  const given = { name: '', tty: false, args: [], limits: {}, env: [{ name: 'a', value: '' }] }
  const decoded = (value: object) => decode(container.node, value, text => ({ value: text }), omitted).value
  assert.deepEqual(decoded(given), { name: '', env: [{ name: 'a' }] })
  const full = { name: 'c', tty: true, args: [''], limits: { cpu: '0' }, env: [] }
  assert.equal(decoded(full), full)
})
