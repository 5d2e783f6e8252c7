import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import jsonpatch from 'fast-json-patch'
import { applyJsonPatch } from './json.ts'

test('operations', () => {
  const rows: [unknown, unknown[], unknown][] = [
    [{}, [{ op: 'add', path: '/a', value: 1 }], { a: 1 }],
    [{ a: 1 }, [{ op: 'add', path: '/a', value: null }], { a: null }],
    [{ a: [1, 3] }, [{ op: 'add', path: '/a/1', value: 2 }], { a: [1, 2, 3] }],
    [{ a: [1] }, [{ op: 'add', path: '/a/-', value: 2 }], { a: [1, 2] }],
    [{ a: { b: 1, c: 2 } }, [{ op: 'remove', path: '/a/b' }], { a: { c: 2 } }],
    [{ a: [1, 2] }, [{ op: 'remove', path: '/a/0' }], { a: [2] }],
    [{ a: [{ b: 1 }] }, [{ op: 'replace', path: '/a/0/b', value: 2 }], { a: [{ b: 2 }] }],
    [{ 'a/b': { '~c': 1 } }, [{ op: 'replace', path: '/a~1b/~0c', value: 2 }], { 'a/b': { '~c': 2 } }],
    [{ a: 1 }, [{ op: 'move', from: '/a', path: '/b' }], { b: 1 }],
    [{ a: { x: 1 } }, [{ op: 'copy', from: '/a', path: '/b' }], { a: { x: 1 }, b: { x: 1 } }],
    [
      { a: { x: [1] } },
      [
        { op: 'test', path: '/a', value: { x: [1] } },
        { op: 'remove', path: '/a' },
      ],
      {},
    ],
    [{}, [{ op: 'test', path: '/a', value: null }], {}],
    [{ a: 1 }, [{ op: 'replace', path: '', value: [] }], []],
    [{}, [{ op: 'add', path: '/', value: 1 }], { '': 1 }],
  ]
  for (const [document, patch, expected] of rows) {
    const before = structuredClone(document)
    assert.deepEqual(applyJsonPatch(document, patch), expected)
    assert.deepEqual(document, before)
  }
})

test('a patch that does not fit is unprocessable, and says why', () => {
  const rows: [unknown, unknown, string][] = [
    [{ a: 1 }, { op: 'test', path: '/a', value: 2 }, 'testing value /a failed: test failed'],
    [{}, { op: 'remove', path: '/a' }, 'remove operation does not apply: doc is missing path: /a: missing value'],
    [{}, { op: 'replace', path: '/a', value: 1 }, 'replace operation does not apply: doc is missing key: /a: missing value'],
    [{}, { op: 'add', path: '/a/b', value: 1 }, 'add operation does not apply: doc is missing path: /a/b: missing value'],
    [{ a: [] }, { op: 'add', path: '/a/1', value: 1 }, 'add operation does not apply: doc is missing path: /a/1: missing value'],
    [{ a: [] }, { op: 'add', path: '/a/01', value: 1 }, 'add operation does not apply: doc is missing path: /a/01: missing value'],
    [{}, { op: 'add', path: '/toString/x', value: 1 }, 'add operation does not apply: doc is missing path: /toString/x: missing value'],
    [{}, { op: 'copy', from: '/a', path: '/b' }, 'copy operation does not apply: doc is missing path: /a: missing value'],
    [{ a: {} }, { op: 'move', from: '/a', path: '/a/b' }, 'move operation does not apply: a value cannot move into itself'],
  ]
  for (const [document, operation, why] of rows) {
    assert.throws(
      () => applyJsonPatch(document, [operation]),
      (error: unknown) => {
        const { reason, status } = error as { reason: string; status: { details: { causes: { message: string }[] } } }
        assert.deepEqual([reason, status.details.causes[0]?.message], ['Invalid', why])
        return true
      },
    )
  }
})

test('a malformed patch is a bad request', () => {
  for (const patch of [
    {},
    null,
    ['x'],
    [{ op: 'add', path: '/a' }],
    [{ op: 'fly', path: '/a' }],
    [{ op: 'remove', path: 'a' }],
    [{ op: 'remove' }],
    [{ op: 'move', path: '/a' }],
  ]) {
    assert.throws(() => applyJsonPatch({}, patch), { name: 'StatusError', reason: 'BadRequest' }, JSON.stringify(patch))
  }
  assert.throws(() => applyJsonPatch({}, Array(10_001).fill({ op: 'remove', path: '/a' })), { reason: 'RequestEntityTooLarge' })
})

test('it follows the patches that another implementation makes', () => {
  const key = fc.constantFrom('a', 'b', 'c/d', 'e~f')
  const json = fc.letrec<{ value: unknown }>(tie => ({
    value: fc.oneof(
      { maxDepth: 3 },
      fc.integer(),
      fc.string(),
      fc.constant(null),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(key, tie('value')),
    ),
  })).value
  const plain = fc.dictionary(key, json).map(value => JSON.parse(JSON.stringify(value)) as object)
  fc.assert(fc.property(plain, plain, (from, to) => assert.deepEqual(applyJsonPatch(from, jsonpatch.compare(from, to)), to)))
})

test('copies of copies end before they fill the memory', () => {
  const doubling = Array.from({ length: 60 }, (_, i) => ({ op: 'copy', from: '/a', path: `/a/k${i}` }))
  assert.throws(() => applyJsonPatch({ a: { text: 'x' } }, doubling), { reason: 'Invalid' })
})

test('of many operations each changes the document alone: not what was given, not the patch, not what was copied from', () => {
  const document = { map: { a: { n: 1 } }, list: [1, 2] }
  const patch = [
    { op: 'add', path: '/map/b', value: { deep: { x: 1 } } },
    { op: 'add', path: '/map/b/deep/y', value: 2 },
    { op: 'replace', path: '/map/a/n', value: 2 },
    { op: 'copy', from: '/map/a', path: '/map/c' },
    { op: 'replace', path: '/map/a/n', value: 3 },
    { op: 'replace', path: '/map/c/n', value: 4 },
    { op: 'add', path: '/list/0', value: 0 },
    { op: 'move', from: '/list/1', path: '/list/-' },
    { op: 'copy', from: '/map', path: '/other' },
    { op: 'remove', path: '/map/c' },
    { op: 'move', from: '/map/a', path: '/map/__proto__' },
    { op: 'add', path: '/map/__proto__/m', value: 5 },
  ]
  const before = JSON.stringify([document, patch])
  const result = applyJsonPatch(document, patch)
  assert.equal(
    JSON.stringify(result),
    '{"map":{"b":{"deep":{"x":1,"y":2}},"__proto__":{"n":3,"m":5}},"list":[0,2,1],"other":{"a":{"n":3},"b":{"deep":{"x":1,"y":2}},"c":{"n":4}}}',
  )
  assert.equal(JSON.stringify([document, patch]), before)
})

test('ten thousand operations on one map take a moment', () => {
  const patch = Array.from({ length: 10_000 }, (_, i) => ({ op: 'add', path: `/data/k${i}`, value: 'x' }))
  const before = process.cpuUsage()
  assert.equal(Object.keys((applyJsonPatch({ data: {} }, patch) as { data: object }).data).length, 10_000)
  // Copied each time, the map would take half a minute.
  assert.ok(process.cpuUsage(before).user < 2_000_000)
})
