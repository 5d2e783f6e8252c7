import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { applyMergePatch, diffMergePatch } from './merge.ts'

test('the examples of RFC 7386', () => {
  const rows: [unknown, unknown, unknown][] = [
    [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
    [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
    [{ a: 'b' }, { a: null }, {}],
    [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
    [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
    [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
    [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
    [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
    [
      ['a', 'b'],
      ['c', 'd'],
      ['c', 'd'],
    ],
    [{ a: 'b' }, ['c'], ['c']],
    [{ a: 'foo' }, null, null],
    [{ a: 'foo' }, 'bar', 'bar'],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [[1, 2], { a: 'b', c: null }, { a: 'b' }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ]
  for (const [target, patch, expected] of rows) assert.deepEqual(applyMergePatch(target, patch), expected, JSON.stringify(patch))
})

test('the patch of a difference leads to the target, and is empty for equals', () => {
  const json = fc.letrec<{ value: unknown }>(tie => ({
    value: fc.oneof(
      { maxDepth: 3 },
      fc.integer(),
      fc.string(),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom('a', 'b', 'c', '__proto__'), tie('value')),
    ),
  })).value
  const object = fc
    .dictionary(fc.constantFrom('a', 'b', 'c'), json)
    .map(value => JSON.parse(JSON.stringify(value)) as Record<string, unknown>)
  fc.assert(
    fc.property(object, object, (from, to) => {
      const before = JSON.stringify(from)
      assert.deepEqual(applyMergePatch(from, diffMergePatch(from, to)), to)
      assert.equal(JSON.stringify(from), before)
      assert.deepEqual(diffMergePatch(to, structuredClone(to)), {})
    }),
  )
})
