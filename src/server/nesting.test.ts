import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isTooDeep, isTooDeepJson, maxNesting } from './nesting.ts'

const arrays = (depth: number) => '['.repeat(depth) + ']'.repeat(depth)
const objects = (depth: number) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`

test('nesting up to the limit passes', () => {
  for (const text of [arrays(maxNesting), objects(maxNesting), `[${arrays(maxNesting - 1)},${arrays(maxNesting - 1)}]`]) {
    assert.equal(isTooDeepJson(text), false)
    assert.equal(isTooDeep(JSON.parse(text)), false)
  }
})

test('nesting beyond the limit does not', () => {
  for (const text of [arrays(maxNesting + 1), objects(maxNesting + 1), `{"a":${arrays(maxNesting)}}`]) {
    assert.equal(isTooDeepJson(text), true)
    assert.equal(isTooDeep(JSON.parse(text)), true)
  }
})

test('brackets in strings do not count', () => {
  for (const inner of ['['.repeat(5000), '\\"['.repeat(2000), '\\\\', '{\\\\\\"'.repeat(2000)])
    assert.equal(isTooDeepJson(`{"a":"${inner}","b":"${'x'.repeat(2000)}"}`), false, inner.slice(0, 10))
  assert.equal(isTooDeepJson(`{"a":"\\\\","b":${arrays(maxNesting)}}`), true)
})

test('text that is no JSON ends the look, too', () => {
  fc.assert(fc.property(fc.string({ minLength: 0, maxLength: 3000 }), text => typeof isTooDeepJson(text.padEnd(2000, '"')) === 'boolean'))
})
