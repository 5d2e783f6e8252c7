import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { deepEqual } from './deep-equal.ts'

test('undefined members are absent', () => {
  const rows: [unknown, unknown, boolean][] = [
    [{ a: undefined }, {}, true],
    [{}, { a: undefined }, true],
    [{ a: 1 }, { a: undefined }, false],
    [{ a: undefined, b: 1 }, { b: 1 }, true],
    [{ a: undefined }, { b: undefined }, true],
    [[undefined], [], false],
    [[1, { a: [] }], [1, { a: [] }], true],
    [[], {}, false],
    [{}, null, false],
    [{}, { toString: 1 }, false],
    [{ a: { b: undefined } }, { a: {} }, true],
  ]
  for (const [a, b, expected] of rows) assert.equal(deepEqual(a, b), expected, JSON.stringify([a, b]))
})

test('on JSON it agrees with strict equality', () => {
  const json = fc.jsonValue({ noUnicodeString: true, maxDepth: 3 }).map(value => JSON.parse(JSON.stringify(value)) as unknown)
  fc.assert(
    fc.property(json, json, (a, b) => {
      assert.ok(deepEqual(a, structuredClone(a)))
      assert.equal(deepEqual(a, b), isDeepStrictEqual(a, b))
    }),
  )
})
