import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { array, atomicList, int32, listMap, map, object, patch, required, set, string } from '../../schema/schema.ts'
import { applyMergePatch } from './merge.ts'
import { applyStrategicPatch } from './strategic.ts'

const env = patch('merge', 'name', listMap(['name'], object('v1.EnvVar', '', { name: required(string()), value: string() })))
const container = object('v1.Container', '', { name: required(string()), image: string(), args: atomicList(string()), env })
const volume = object('v1.Volume', '', {
  name: required(string()),
  emptyDir: object('v1.EmptyDir', '', { medium: string() }),
  hostPath: object('v1.HostPath', '', { path: string() }),
})
const pod = object('v1.Pod', '', {
  labels: map(string()),
  finalizers: patch('merge', undefined, set(string())),
  containers: patch('merge', 'name', listMap(['name'], container)),
  volumes: patch('merge,retainKeys', 'name', listMap(['name'], volume)),
  strategy: patch(
    'retainKeys',
    undefined,
    object('v1.Strategy', '', { type: string(), rolling: object('v1.Rolling', '', { surge: int32() }) }),
  ),
  whole: patch('replace', undefined, object('v1.Whole', '', { a: string(), b: string() })),
  tolerations: atomicList(object('v1.Toleration', '', { key: string() })),
  broken: patch('merge', undefined, array(object('v1.Item', '', { a: string() }))),
}).node

const [a, b, c] = [{ name: 'a' }, { name: 'b' }, { name: 'c' }]

test('patches', () => {
  const rows: [string, unknown, unknown, unknown][] = [
    ['maps are merged and null removes', { labels: { x: '1', y: '2' } }, { labels: { x: null, z: '3' } }, { labels: { y: '2', z: '3' } }],
    ['null removes a list', { containers: [a] }, { containers: null }, {}],
    ['null of what is not there', { labels: {} }, { strategy: null, whole: { a: null, b: '1' } }, { labels: {}, whole: { b: '1' } }],
    [
      'an item is merged by its key',
      { containers: [{ name: 'a', image: '1' }, b] },
      { containers: [{ name: 'a', image: '2' }] },
      { containers: [{ name: 'a', image: '2' }, b] },
    ],
    [
      'a list without a merge key is replaced',
      { containers: [{ name: 'a', args: ['1'] }] },
      { containers: [{ name: 'a', args: ['2'] }] },
      { containers: [{ name: 'a', args: ['2'] }] },
    ],
    ['atomic lists are replaced', { tolerations: [{ key: 'a' }] }, { tolerations: [{ key: 'b' }] }, { tolerations: [{ key: 'b' }] }],
    [
      'nested lists are merged',
      { containers: [{ name: 'a', env: [a, b] }] },
      { containers: [{ name: 'a', env: [{ name: 'b', value: 'x' }] }] },
      { containers: [{ name: 'a', env: [a, { name: 'b', value: 'x' }] }] },
    ],
    ['a new item without an order comes first', { containers: [a, b] }, { containers: [c] }, { containers: [c, a, b] }],
    ['an item is deleted', { containers: [a, b] }, { containers: [{ $patch: 'delete', name: 'a' }] }, { containers: [b] }],
    ['an item that is not there is deleted', { containers: [a] }, { containers: [{ $patch: 'delete', name: 'x' }] }, { containers: [a] }],
    ['a list is replaced', { containers: [a, b] }, { containers: [{ $patch: 'replace' }, c] }, { containers: [c] }],
    ['an object is replaced', { labels: { x: '1' } }, { labels: { $patch: 'replace', y: '2' } }, { labels: { y: '2' } }],
    ['an object is emptied', { labels: { x: '1' } }, { labels: { $patch: 'delete' } }, { labels: {} }],
    ['an object is merged by word', { labels: { x: '1' } }, { labels: { $patch: 'merge', y: '2' } }, { labels: { x: '1', y: '2' } }],
    ['strategy replace', { whole: { a: '1' } }, { whole: { b: '2' } }, { whole: { b: '2' } }],
    ['scalars are joined', { finalizers: ['a', 'b'] }, { finalizers: ['b', 'c'] }, { finalizers: ['a', 'b', 'c'] }],
    ['scalars are deleted', { finalizers: ['a', 'b'] }, { '$deleteFromPrimitiveList/finalizers': ['a', 'x'] }, { finalizers: ['b'] }],
    [
      'scalars are joined, deleted and ordered at once',
      { finalizers: ['a', 'b'] },
      { '$deleteFromPrimitiveList/finalizers': ['a'], '$setElementOrder/finalizers': ['c', 'b'], finalizers: ['c'] },
      { finalizers: ['c', 'b'] },
    ],
    ['an order', { containers: [a, b] }, { '$setElementOrder/containers': [b, c, a], containers: [c] }, { containers: [b, c, a] }],
    ['an order alone', { containers: [a, b] }, { '$setElementOrder/containers': [b, a] }, { containers: [b, a] }],
    [
      'an order leaves what it does not name where it stood',
      { containers: [a, b, c] },
      { '$setElementOrder/containers': [c, a] },
      { containers: [b, c, a] },
    ],
    ['an order without any list', {}, { '$setElementOrder/containers': [a] }, {}],
    [
      'kubectl apply',
      { containers: [{ name: 'a', image: '1' }, b] },
      { '$setElementOrder/containers': [a, c], containers: [{ name: 'a', image: '2' }, c, { $patch: 'delete', name: 'b' }] },
      { containers: [{ name: 'a', image: '2' }, c] },
    ],
    [
      'members that are not retained go',
      { strategy: { type: 'RollingUpdate', rolling: { surge: 1 } } },
      { strategy: { $retainKeys: ['type'], type: 'Recreate' } },
      { strategy: { type: 'Recreate' } },
    ],
    [
      'members that are not retained go from items',
      { volumes: [{ name: 'a', emptyDir: {} }] },
      { volumes: [{ name: 'a', $retainKeys: ['name', 'hostPath'], hostPath: { path: '/' } }] },
      { volumes: [{ name: 'a', hostPath: { path: '/' } }] },
    ],
    [
      'directives without a counterpart leave no trace',
      {},
      {
        containers: [
          { $patch: 'delete', name: 'a' },
          { name: 'b', $retainKeys: ['name'] },
        ],
        strategy: { $retainKeys: ['type'], type: 'x' },
      },
      { containers: [b], strategy: { type: 'x' } },
    ],
    ['unknown members are merged as JSON', { foo: { a: [1], b: 1 } }, { foo: { a: [2], b: null } }, { foo: { a: [2] } }],
  ]
  for (const [what, original, change, expected] of rows) {
    const before = structuredClone([original, change])
    assert.deepEqual(applyStrategicPatch(pod, original, change), expected, what)
    assert.deepEqual([original, change], before)
  }
})

test('patches that cannot be applied', () => {
  const rows: [unknown, unknown, string, RegExp][] = [
    [{}, [], 'BadRequest', /must be a JSON object/],
    [{}, { $patch: 'fly' }, 'BadRequest', /unknown patch type: "fly" in map/],
    [{ containers: [a] }, { containers: [{ $patch: 'fly', name: 'a' }] }, 'BadRequest', /unknown patch type: "fly" in list/],
    [{}, { strategy: { $retainKeys: ['type'], rolling: {} }, $retainKeys: [] }, 'BadRequest', /invalid patch format of retainKeys/],
    [{ finalizers: [] }, { '$deleteFromPrimitiveList/finalizers': 'a' }, 'BadRequest', /invalid patch format of primitive list/],
    [{ containers: [a] }, { '$setElementOrder/containers': 'a' }, 'BadRequest', /invalid patch format of setElementOrder list/],
    [
      { containers: [a] },
      { '$setElementOrder/containers': [a, b], containers: [b, a] },
      'BadRequest',
      /doesn't match \$setElementOrder list/,
    ],
    [{ containers: [a] }, { containers: [{ image: 'x' }] }, 'Invalid', /does not contain declared merge key: name/],
    [{ broken: [{ a: '1' }] }, { broken: [{ a: '2' }] }, 'Invalid', /cannot merge lists without merge key for broken/],
    [{ containers: [a] }, { containers: ['x'] }, 'Invalid', /not of one type/],
  ]
  for (const [original, change, reason, why] of rows) {
    assert.throws(
      () => applyStrategicPatch(pod, original, change),
      (error: unknown) => {
        const { reason: found, status } = error as {
          reason: string
          status: { message: string; details?: { causes?: { message: string }[] } }
        }
        assert.equal(found, reason)
        assert.match(status.details?.causes?.[0]?.message ?? status.message, why)
        return true
      },
    )
  }
})

test('without merged lists and directives it is a merge patch', () => {
  const value = fc.letrec<{ value: unknown }>(tie => ({
    value: fc.oneof(
      { maxDepth: 3 },
      fc.integer(),
      fc.string(),
      fc.array(fc.integer()),
      fc.dictionary(fc.constantFrom('x', 'y'), tie('value')),
    ),
  })).value
  const withNull = fc.oneof(value, fc.constant(null))
  const original = fc.dictionary(fc.constantFrom('labels', 'strategy', 'foo'), value).map(plain)
  const change = fc
    .dictionary(fc.constantFrom('labels', 'strategy', 'foo'), fc.oneof(withNull, fc.dictionary(fc.constantFrom('x', 'y'), withNull)))
    .map(plain)
  fc.assert(fc.property(original, change, (o, p) => assert.deepEqual(applyStrategicPatch(pod, o, p), applyMergePatch(o, p))))
})

test('an order puts the named items in it, keeps the others, and loses none', () => {
  const names = fc.uniqueArray(fc.constantFrom<string[]>('a', 'b', 'c', 'd', 'e', 'f'))
  fc.assert(
    fc.property(names, names, (had, wanted) => {
      const items = (list: string[]) => list.map(name => ({ name }))
      const result = applyStrategicPatch(
        pod,
        { containers: items(had) },
        { '$setElementOrder/containers': items(wanted), containers: items(wanted) },
      ) as {
        containers: { name: string }[]
      }
      const got = result.containers.map(({ name }) => name)
      assert.deepEqual(
        got.filter(name => wanted.includes(name)),
        wanted,
      )
      assert.deepEqual(
        got.filter(name => !wanted.includes(name)),
        had.filter(name => !wanted.includes(name)),
      )
    }),
  )
})

function plain<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T
}
