import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JsonSchema, ValidationRule } from '../../api/apiextensions/json-schema.ts'
import { fieldErrorMessage } from '../../meta/field-error.ts'
import { checkRules } from './check-rules.ts'
import { rulesOf } from './rules.ts'

const rule = (text: string, more: Partial<ValidationRule> = {}): ValidationRule => ({ rule: text, ...more })
const object = (properties: Readonly<Record<string, JsonSchema>>, ...rules: readonly ValidationRule[]): JsonSchema => ({
  type: 'object',
  properties,
  ...(rules.length > 0 && { 'x-kubernetes-validations': rules }),
})
const int: JsonSchema = { type: 'integer' }
const text: JsonSchema = { type: 'string', maxLength: 10 }

function ask(schema: JsonSchema, next: object, previous?: object): string[] {
  return (rulesOf(schema)?.errors(next, previous) ?? []).map(fieldErrorMessage)
}
const check = (schema: JsonSchema): string[] => checkRules(schema, 'schema').map(fieldErrorMessage)

test('a schema without rules compiles to nothing', () => {
  assert.equal(rulesOf(object({ a: int })), undefined)
})

test('rules are asked where they stand', () => {
  const spec = object(
    { min: int, max: int, tags: { type: 'array', items: { ...text, 'x-kubernetes-validations': [rule("self != 'bad'")] } } },
    rule('self.min <= self.max'),
  )
  const schema = object({
    spec,
    byName: { type: 'object', additionalProperties: object({ n: int }, rule('self.n > 0', { reason: 'FieldValueForbidden' })) },
  })
  assert.deepEqual(ask(schema, { spec: { min: 1, max: 2, tags: ['good'] } }), [])
  assert.deepEqual(ask(schema, { spec: { min: 3, max: 2, tags: ['good', 'bad'] }, byName: { x: { n: 0 } } }), [
    'spec: Invalid value: "object": failed rule: self.min <= self.max',
    'spec.tags[1]: Invalid value: "string": failed rule: self != \'bad\'',
    'byName[x]: Forbidden: failed rule: self.n > 0',
  ])
})

test('messages, fields and errors', () => {
  const rows: readonly (readonly [rule: ValidationRule, message: string])[] = [
    [rule('self.a > 5', { message: ' too small ' }), '<nil>: Invalid value: "object": too small'],
    [rule('self.a > 5', { messageExpression: "'is %d'.format([self.a])", message: 'x' }), '<nil>: Invalid value: "object": is 1'],
    [rule('self.a > 5', { messageExpression: "'a\\nb'", message: 'x' }), '<nil>: Invalid value: "object": x'],
    [rule('self.a > 5', { fieldPath: '.a' }), 'a: Invalid value: "object": failed rule: self.a > 5'],
    [rule('self.a / 0 == 1'), '<nil>: Invalid value: "object": division by zero evaluating rule: self.a / 0 == 1'],
    [
      rule("dyn(self.a).contains('x')"),
      "<nil>: Invalid value: \"object\": 'no such overload': call arguments did not match a supported operator, function or macro signature for rule: dyn(self.a).contains('x')",
    ],
    [rule("self.metadata.name == 'other'"), '<nil>: Invalid value: "object": failed rule: self.metadata.name == \'other\''],
  ]
  for (const [given, message] of rows)
    assert.deepEqual(ask(object({ a: int }, given), { a: 1, metadata: { name: 'x' } }), [message], given.rule)
})

test('transitions are asked of changes, by key in lists with keys', () => {
  const item = object({ name: text, n: int }, rule('self.n >= oldSelf.n'))
  const schema = object({
    a: { ...int, 'x-kubernetes-validations': [rule('self == oldSelf')] },
    l: { type: 'array', items: item, 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name'] },
  })
  assert.deepEqual(ask(schema, { a: 1, l: [{ name: 'x', n: 1 }] }), [])
  const before = {
    a: 1,
    l: [
      { name: 'x', n: 5 },
      { name: 'y', n: 1 },
    ],
  }
  assert.deepEqual(
    ask(
      schema,
      {
        a: 2,
        l: [
          { name: 'z', n: 0 },
          { name: 'y', n: 2 },
          { name: 'x', n: 4 },
        ],
      },
      before,
    ),
    ['a: Invalid value: "integer": failed rule: self == oldSelf', 'l[2]: Invalid value: "object": failed rule: self.n >= oldSelf.n'],
  )
  const optional = object({
    a: { ...int, 'x-kubernetes-validations': [rule('oldSelf.hasValue() ? self > oldSelf.value() : self == 0', { optionalOldSelf: true })] },
  })
  assert.deepEqual(ask(optional, { a: 1 }).length, 1)
  assert.deepEqual(ask(optional, { a: 1 }, { a: 0 }), [])
})

test('what was not met before and has not changed is let be', () => {
  const schema = object({ a: { ...int, 'x-kubernetes-validations': [rule('self > 5')] }, b: int })
  assert.deepEqual(ask(schema, { a: 1, b: 2 }, { a: 1, b: 1 }), [])
  assert.equal(ask(schema, { a: 2, b: 2 }, { a: 1, b: 1 }).length, 1)
  const whole = object({ a: int, b: int }, rule('self.a > 5'))
  assert.equal(ask(whole, { a: 1, b: 2 }, { a: 1, b: 1 }).length, 1)
})

test('rules of a definition are compiled and their cost is estimated', () => {
  const strings: JsonSchema = { type: 'array', items: { type: 'string' } }
  const bounded: JsonSchema = { type: 'array', maxItems: 10, items: text }
  const quadratic = rule('self.l.all(x, self.l.exists(y, x == y))')
  assert.deepEqual(check(object({ l: bounded }, quadratic)), [])
  assert.deepEqual(check(object({ l: strings }, quadratic)), [
    'schema.x-kubernetes-validations[0].rule: Forbidden: estimated rule cost exceeds budget by factor of more than 100x (try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared)',
    'schema.x-kubernetes-validations[0].rule: Forbidden: contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema',
    'schema: Forbidden: x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema exceeds budget by factor of more than 100x (try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared)',
  ])
  assert.deepEqual(check(object({ spec: object({ a: int }, rule('self.b > 1')) })), [
    'schema.properties[spec].x-kubernetes-validations[0].rule: Invalid value: {"rule":"self.b > 1"}: compilation failed: ERROR: <input>:1:5: undefined field \'b\'\n | self.b > 1\n | ....^',
  ])
  assert.match(check(object({ a: int }, rule('self.a + 1')))[0] ?? '', /cel expression must evaluate to a bool$/)
  assert.match(
    check(object({ l: { type: 'array', items: { ...int, 'x-kubernetes-validations': [rule('self == oldSelf')] } } }))[0] ?? '',
    /oldSelf cannot be used on the uncorrelatable portion of the schema within schema\.properties\[l\]$/,
  )
  assert.match(
    check(object({ a: int }, rule('self.a > 1', { optionalOldSelf: true })))[0] ?? '',
    /may not be set if oldSelf is not used in rule$/,
  )
})

test('defaults meet the rules', () => {
  const five: JsonSchema = { ...int, 'x-kubernetes-validations': [rule('self > 5'), rule('self == oldSelf')] }
  assert.deepEqual(check(object({ a: { ...five, default: 6 } })), [])
  assert.deepEqual(check(object({ a: { ...five, default: 5 } })), [
    'schema.properties[a].default: Invalid value: "integer": failed rule: self > 5',
  ])
  assert.deepEqual(check(object({ o: { ...object({ a: five }), default: { a: 1 } } })), [
    'schema.properties[o].default.a: Invalid value: "integer": failed rule: self > 5',
  ])
})
