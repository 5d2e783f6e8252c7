import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fieldErrorMessage } from '../../meta/field-error.ts'
import { hasFormat } from './formats.ts'
import type { JsonSchema } from './json-schema.ts'
import { listErrors } from './validate-lists.ts'
import { valueErrors } from './validate-value.ts'

const messages = (schema: JsonSchema, value: unknown, previous?: unknown) =>
  valueErrors({ type: 'object', properties: { x: schema } }, { x: value }, '', previous && { x: previous }).map(fieldErrorMessage)

test('each keyword, in the words of Kubernetes', () => {
  const rows: readonly (readonly [JsonSchema, unknown, readonly string[]])[] = [
    [{ type: 'integer' }, 1.5, ['x: Invalid value: "number": x in body must be of type integer: "number"']],
    [{ type: 'number' }, 1, []],
    [{ type: 'string' }, null, ['x: Invalid value: "null": x in body must be of type string: "null"']],
    [{ type: 'string', nullable: true }, null, []],
    [{ type: 'integer', format: 'int32' }, true, ['x: Invalid value: "": x in body must be of type int32: ""']],
    [{ type: 'object' }, [], ['x: Invalid value: "array": x in body must be of type object: "array"']],
    [{ type: 'integer', minimum: 1 }, 0, ['x: Invalid value: 0: x in body should be greater than or equal to 1']],
    [{ type: 'integer', minimum: 1, exclusiveMinimum: true }, 1, ['x: Invalid value: 1: x in body should be greater than 1']],
    [{ type: 'number', maximum: 1.5, exclusiveMaximum: true }, 1.5, ['x: Invalid value: 1.5: x in body should be less than 1.5']],
    [{ type: 'number', multipleOf: 0.1 }, 0.3, []],
    [{ type: 'integer', multipleOf: 3 }, 4, ['x: Invalid value: 4: x in body should be a multiple of 3']],
    [{ type: 'string', maxLength: 2 }, 'äöü', ['x: Too long: may not be more than 2 bytes']],
    [{ type: 'string', minLength: 1 }, '', ['x: Invalid value: "": x in body should be at least 1 chars long']],
    [{ type: 'string', pattern: '^a+$' }, 'b', ['x: Invalid value: "b": x in body should match \'^a+$\'']],
    [{ type: 'string', format: 'date-time' }, 'now', ['x: Invalid value: "now": x in body must be of type date-time: "now"']],
    [{ type: 'string', enum: ['a', 'b'] }, 'c', ['x: Unsupported value: "c": supported values: "a", "b"']],
    [{ type: 'integer', enum: [1, 2] }, 3, ['x: Unsupported value: 3: supported values: "1", "2"']],
    [{ type: 'array', maxItems: 1 }, [1, 2], ['x: Too many: 2: must have at most 1 item']],
    [{ type: 'array', minItems: 1 }, [], ['x: Invalid value: 0: x in body should have at least 1 items']],
    [{ type: 'array', items: { type: 'string' } }, [1], ['x[0]: Invalid value: "integer": x[0] in body must be of type string: "integer"']],
    [{ type: 'object', required: ['a'] }, {}, ['x.a: Required value']],
    [{ type: 'object', maxProperties: 1 }, { a: 1, b: 2 }, ['x: Too many: 2: must have at most 1 item']],
    [{ type: 'object', minProperties: 1 }, {}, ['x: Invalid value: 0: x in body should have at least 1 properties']],
    [
      { type: 'object', additionalProperties: { type: 'integer' } },
      { k: 'v' },
      ['x.k: Invalid value: "string": x.k in body must be of type integer: "string"'],
    ],
    [{ 'x-kubernetes-int-or-string': true }, '5%', []],
    [{ type: 'integer', not: { minimum: 5 } }, 6, ['<nil>: Invalid value: "": "x" must not validate the schema (not)']],
    [
      { type: 'object', oneOf: [{ required: ['a'] }, { required: ['b'] }] },
      {},
      ['<nil>: Invalid value: "": "x" must validate one and only one schema (oneOf). Found none valid', 'x.a: Required value'],
    ],
    [
      { type: 'object', oneOf: [{ required: ['a'] }, { required: ['b'] }] },
      { a: 1, b: 2 },
      ['<nil>: Invalid value: "": "x" must validate one and only one schema (oneOf). Found 2 valid alternatives'],
    ],
    [
      { type: 'integer', anyOf: [{ minimum: 5 }, { maximum: 1 }] },
      3,
      [
        '<nil>: Invalid value: "": "x" must validate at least one schema (anyOf)',
        'x: Invalid value: 3: x in body should be greater than or equal to 5',
      ],
    ],
    [
      { type: 'integer', allOf: [{ minimum: 5 }] },
      3,
      [
        'x: Invalid value: 3: x in body should be greater than or equal to 5',
        '<nil>: Invalid value: "": "x" must validate all the schemas (allOf). None validated',
      ],
    ],
  ]
  for (const [schema, value, expected] of rows) assert.deepEqual(messages(schema, value), expected, JSON.stringify([schema, value]))
})

test('what did not change is not looked at, as far as it can be told', () => {
  const schema: JsonSchema = {
    type: 'array',
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': ['name'],
    items: { type: 'object', properties: { name: { type: 'string' }, size: { type: 'integer', maximum: 1 }, note: { type: 'string' } } },
  }
  const before = [{ name: 'a', size: 5 }]
  assert.deepEqual(messages(schema, [{ name: 'b' }, { name: 'a', size: 5, note: 'new' }], before), [])
  assert.equal(messages(schema, [{ name: 'a', size: 6 }], before).length, 1)
  const { 'x-kubernetes-list-type': _, ...atomic } = schema
  assert.equal(messages(atomic, [{ name: 'a', size: 5, note: 'new' }], before).length, 1)
})

test('sets and maps have nothing twice', () => {
  const set: JsonSchema = { type: 'array', 'x-kubernetes-list-type': 'set', items: { type: 'object', properties: {} } }
  assert.deepEqual(
    listErrors(
      set,
      [
        { a: 1, b: 2 },
        { b: 2, a: 1 },
      ],
      'x',
    ).map(fieldErrorMessage),
    ['x[1]: Duplicate value: {"b":2,"a":1}'],
  )
  const map: JsonSchema = { type: 'array', 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['k'], items: { type: 'object' } }
  assert.deepEqual(
    listErrors(
      map,
      [
        { k: 1, v: 1 },
        { k: 1, v: 2 },
      ],
      'x',
    ).map(fieldErrorMessage),
    ['x[1]: Duplicate value: {"k":1}'],
  )
})

test('formats', () => {
  const good: Readonly<Record<string, readonly string[]>> = {
    byte: ['YQ==', 'YWJj'],
    cidr: ['10.0.0.0/8', 'fe80::/10'],
    date: ['2024-02-29'],
    'date-time': ['2024-01-01T00:00:00Z', '2024-01-01T00:00:00.5+01:00'],
    duration: ['5m', '1h30m', '3 days'],
    email: ['a@b.c', 'A B <a@b.example>'],
    hostname: ['example.com', 'localhost'],
    ipv4: ['10.0.0.1'],
    ipv6: ['::1'],
    mac: ['01:23:45:67:89:ab'],
    uri: ['https://example.com/x', '/path'],
    uuid: ['123e4567-e89b-12d3-a456-426614174000'],
    isbn: ['978-3-16-148410-0'],
    creditcard: ['4111 1111 1111 1111'],
    'k8s-short-name': ['a-b'],
    unheard: ['anything'],
  }
  for (const [format, texts] of Object.entries(good)) for (const text of texts) assert.ok(hasFormat(format, text), `${format} ${text}`)
  const bad: Readonly<Record<string, string>> = {
    byte: '!',
    cidr: '10.0.0.0/33',
    date: '2023-02-29',
    'date-time': '2024-01-01',
    duration: 'soon',
    email: 'nobody',
    ipv4: '::1',
    ipv6: '10.0.0.1',
    mac: '01:23',
    uri: 'no uri',
    uuid: 'x',
    isbn: '978-3-16-148410-1',
    creditcard: '4111 1111 1111 1112',
    'k8s-short-name': 'A',
  }
  for (const [format, text] of Object.entries(bad)) assert.ok(!hasFormat(format, text), `${format} ${text}`)
})
