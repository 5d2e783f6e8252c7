import assert from 'node:assert/strict'
import { test } from 'node:test'
import { array, defaulted, object, required, string } from './schema.ts'
import { withStructs } from './whole.ts'

const target = object('t', '', { name: required(string()) })
const { node } = object('o', '', {
  spec: defaulted(object('s', '', { target: required(target), other: target }), {}),
  items: array(object('i', '', { target: required(target) })),
})

test('structs that must be there are filled in, at every depth', () => {
  assert.deepEqual(withStructs(node, { items: [{}, { target: { name: 'a' } }] }), {
    spec: { target: {} },
    items: [{ target: {} }, { target: { name: 'a' } }],
  })
})

test('what is whole stays the same', () => {
  const whole = { spec: { target: { name: 'a' } }, items: [{ target: {} }] }
  assert.equal(withStructs(node, whole), whole)
})
