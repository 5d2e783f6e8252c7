import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkDns1123Label } from '../meta/names.ts'
import { immutable, shaped } from './validation.ts'

test('an immutable field may be left out where it is empty, and does not change otherwise', () => {
  const same: [unknown, unknown][] = [
    [undefined, ''],
    [[], undefined],
    [0, undefined],
    [{ a: 1 }, { a: 1 }],
  ]
  for (const [next, previous] of same) assert.deepEqual(immutable(next, previous, 'f'), [])
  const changed: [unknown, unknown][] = [
    ['a', ''],
    [undefined, 'a'],
    [{}, undefined],
    [{ a: 1 }, {}],
    [undefined, [0]],
  ]
  for (const [next, previous] of changed) assert.equal(immutable(next, previous, 'f').length, 1)
})

test('a name that is missing is judged as an empty one', () => {
  assert.deepEqual(shaped(undefined, 'f', checkDns1123Label), shaped('', 'f', checkDns1123Label))
})
