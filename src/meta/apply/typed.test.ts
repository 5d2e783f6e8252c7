import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { deepEqual } from '../deep-equal.ts'
import { checkTyped } from './check.ts'
import { compare, noDifference } from './compare.ts'
import { difference, formatPath, isEmpty, leaf, pathsOf, union } from './field-set.ts'
import { addedBranch, appliedFields } from './fields-of.ts'
import { merge } from './merge.ts'
import { reconcile, withNamedFields } from './reconcile.ts'
import { extractFields, removeFields } from './remove.ts'
import { node, values } from './testkit.ts'

const show = (set: object) => pathsOf(set as never).map(formatPath)

test('what an applier owns: leaves, items, keys of maps, empty structs and nulls, and no structs with something in them', () => {
  const rows: [object, string[]][] = [
    [{ text: 'x', replicas: 1 }, ['.replicas', '.text']],
    [{ labels: { a: '1' } }, ['.labels.a']],
    [{ labels: {}, inner: {}, text: null }, ['.inner', '.labels', '.text']],
    [{ selector: { a: '1' }, whole: { a: 'x' }, list: ['x'] }, ['.list', '.selector', '.whole']],
    [{ items: [], words: [] }, []],
    [{ words: ['b', 'a'] }, ['.words[="a"]', '.words[="b"]']],
    [{ items: [{ name: 'x', tags: { t: '' } }] }, ['.items[name="x"]', '.items[name="x"].name', '.items[name="x"].tags.t']],
    [
      { items: [{ name: 'x', ports: [{ port: 80 }] }] },
      [
        '.items[name="x"]',
        '.items[name="x"].name',
        '.items[name="x"].ports[port=80,protocol="TCP"]',
        '.items[name="x"].ports[port=80,protocol="TCP"].port',
      ],
    ],
    [{ any: { a: { b: 1 }, c: [1], d: {} } }, ['.any.a', '.any.c', '.any.d', '.any.a.b']],
    [{ any: 1 }, ['.any']],
  ]
  for (const [value, paths] of rows) assert.deepEqual(show(appliedFields(node, value)), paths, JSON.stringify(value))
})

test('what differs', () => {
  const rows: [object, object, string[], string[]][] = [
    [{ text: 'a' }, { text: 'b' }, ['.text'], []],
    [{ text: 'a' }, {}, [], ['.text']],
    [{}, { inner: { a: 'x' } }, ['.inner', '.inner.a'], []],
    [{ inner: { b: 'x' } }, { inner: { a: 'x' } }, ['.inner.a'], ['.inner.b']],
    [{ inner: {} }, { inner: { a: 'x' } }, ['.inner.a'], []],
    [{}, { inner: {} }, ['.inner'], []],
    [{ selector: { a: '1' } }, { selector: { a: '1', b: '2' } }, ['.selector'], []],
    [{ list: ['a', 'b'] }, { list: ['b', 'a'] }, ['.list'], []],
    [{ words: ['a', 'b'] }, { words: ['b', 'a'] }, [], []],
    [{ words: ['a', 'b'] }, { words: ['b', 'c'] }, ['.words[="c"]'], ['.words[="a"]']],
    [
      { items: [{ name: 'x', value: '1' }] },
      { items: [{ name: 'y' }, { name: 'x', value: '2' }] },
      ['.items[name="y"]', '.items[name="x"].value', '.items[name="y"].name'],
      [],
    ],
    // Items that are there twice are compared as a whole.
    [{ words: ['a', 'a'] }, { words: ['a'] }, ['.words[="a"]'], ['.words[="a"]']],
    [{ words: ['a'] }, { words: ['a', 'a'] }, ['.words[="a"]'], ['.words[="a"]']],
    [
      { items: [{ name: 'x' }, { name: 'x', value: '1' }] },
      { items: [{ name: 'x' }, { name: 'x', value: '2' }] },
      ['.items[name="x"]'],
      [],
    ],
    // Raw values of another kind.
    [{ any: 1 }, { any: { a: 1 } }, ['.any', '.any.a'], []],
    [{ any: { a: 1 } }, { any: [1] }, ['.any'], ['.any.a']],
  ]
  for (const [before, after, changed, removed] of rows) {
    const delta = compare(node, before, after)
    assert.deepEqual([show(delta.changed), show(delta.removed)], [changed, removed], JSON.stringify([before, after]))
  }
})

test('comparing is what it says: nothing between equals, all between nothing and something, and one way the reverse of the other', () => {
  fc.assert(
    fc.property(values, values, (a, b) => {
      assert.equal(compare(node, a, structuredClone(a)), noDifference)
      assert.deepEqual(compare(node, undefined, a).changed, addedBranch(node, a))
      const [there, back] = [compare(node, a, b), compare(node, b, a)]
      assert.equal(isEmpty(there.changed) && isEmpty(there.removed), deepEqual(canonical(a), canonical(b)))
      const kinds = (delta: typeof there) => show(union(delta.changed, delta.removed)).sort()
      assert.deepEqual(kinds(there), kinds(back))
    }),
  )
})

/** Order of items in sets and keyed lists is no difference. */
function canonical(value: unknown): unknown {
  const root = structuredClone(value) as { words?: string[]; items?: { name: string; ports?: { port: number; protocol?: string }[] }[] }
  root.words?.sort()
  root.items?.sort((a, b) => (a.name < b.name ? -1 : 1))
  for (const item of root.items ?? [])
    item.ports?.sort((a, b) => (JSON.stringify([a.port, a.protocol]) < JSON.stringify([b.port, b.protocol]) ? -1 : 1))
  return root
}

test('merging', () => {
  const rows: [object, object, object][] = [
    [{ text: 'a', replicas: 1 }, { text: 'b' }, { text: 'b', replicas: 1 }],
    [{ text: 'a' }, { text: null }, { text: null }],
    [{ labels: { a: '1' } }, { labels: { b: '2' } }, { labels: { a: '1', b: '2' } }],
    [{ labels: { a: '1' } }, { labels: null }, { labels: { a: '1' } }],
    [{ labels: { a: '1' } }, { labels: {} }, { labels: { a: '1' } }],
    [{ selector: { a: '1' } }, { selector: { b: '2' } }, { selector: { b: '2' } }],
    [{ list: ['a'] }, { list: ['b'] }, { list: ['b'] }],
    [{ words: ['a', 'b'] }, { words: ['c', 'b'] }, { words: ['a', 'c', 'b'] }],
    [{ words: ['a', 'b', 'c', 'd'] }, { words: ['d', 'a'] }, { words: ['b', 'c', 'd', 'a'] }],
    [
      {
        items: [
          { name: 'x', value: '1' },
          { name: 'y', tags: { a: '1' } },
        ],
      },
      { items: [{ name: 'y', tags: { b: '2' } }] },
      {
        items: [
          { name: 'x', value: '1' },
          { name: 'y', tags: { a: '1', b: '2' } },
        ],
      },
    ],
    [
      { items: [{ name: 'x', ports: [{ port: 80, protocol: 'TCP' }] }] },
      { items: [{ name: 'x', ports: [{ port: 80, open: true }] }] },
      { items: [{ name: 'x', ports: [{ port: 80, protocol: 'TCP', open: true }] }] },
    ],
    // Items that are there twice are replaced by the one that is applied, and else left alone.
    [{ words: ['a', 'b', 'a'] }, { words: ['c'] }, { words: ['a', 'b', 'a', 'c'] }],
    [
      { items: [{ name: 'x', value: '1' }, { name: 'x' }] },
      { items: [{ name: 'x', tags: { a: '' } }] },
      { items: [{ name: 'x', tags: { a: '' } }] },
    ],
    [{ any: { a: 1, b: [1] } }, { any: { b: [2], c: null } }, { any: { a: 1, b: [2], c: null } }],
    [{ any: { a: 1 } }, { any: 'x' }, { any: 'x' }],
    [{ any: { a: 1 } }, { any: null }, { any: { a: 1 } }],
  ]
  for (const [live, config, expected] of rows) {
    const before = JSON.stringify([live, config])
    assert.deepEqual(merge(node, live, config), expected, before)
    assert.equal(JSON.stringify([live, config]), before)
  }
})

test('what is merged has all that was applied and all that was there, and merging again changes nothing', () => {
  fc.assert(
    fc.property(values, values, (live, config) => {
      const merged = merge(node, live, config)
      assert.equal(merge(node, merged, config), merged)
      assert.equal(merge(node, live, undefined), live)
      assert.equal(merge(node, live, live), live)
      const lost = difference(appliedFields(node, live), appliedFields(node, merged))
      // A raw value of one kind can give way to one of another.
      assert.deepEqual(
        show(lost).filter(
          path => !path.startsWith('.any') && path !== '.inner' && path !== '.inner.deep' && path !== '.labels' && !path.endsWith('.tags'),
        ),
        [],
      )
      for (const path of pathsOf(difference(compare(node, merged, merge(node, merged, config)).changed, leaf)))
        assert.fail(formatPath(path))
    }),
  )
})

test('removing and extracting', () => {
  const value = {
    text: 'x',
    labels: { a: '1', b: '2' },
    inner: { a: '1' },
    selector: { a: '1' },
    items: [{ name: 'x', value: '1', ports: [{ port: 80, open: true }] }, { name: 'y' }],
    words: ['a', 'b'],
  }
  const removed = removeFields(
    node,
    value,
    appliedFields(node, { text: '', labels: { a: '' }, inner: { a: '' }, selector: {}, items: [{ name: 'y' }], words: ['b'] }),
  )
  assert.deepEqual(removed, { labels: { b: '2' }, inner: null, items: [value.items[0]], words: ['a'] })
  assert.equal(removeFields(node, value, leaf), value)
  assert.deepEqual(
    extractFields(node, value, { 'f:items': { 'k:{"name":"x"}': { 'f:ports': { 'k:{"port":80,"protocol":"TCP"}': { 'f:open': {} } } } } }),
    {
      items: [{ name: 'x', ports: [{ port: 80, open: true }] }],
    },
  )
  assert.deepEqual(extractFields(node, value, { 'f:labels': { 'f:b': {} }, 'f:selector': {}, 'f:words': { 'v:"a"': {} } }), {
    labels: { b: '2' },
    selector: { a: '1' },
    words: ['a'],
  })
})

test('a value is what its fields extract, and nothing without them', () => {
  fc.assert(
    fc.property(values, value => {
      const fields = withNamedFields(node, appliedFields(node, value))
      const rest = removeFields(node, value, fields) as object | null
      for (const [key, left] of Object.entries(rest ?? {})) assert.deepEqual(left, [], key)
      const extracted = extractFields(node, value, fields)
      assert.deepEqual(appliedFields(node, extracted), appliedFields(node, value))
    }),
  )
})

test('what does not fit is told as upstream tells it', () => {
  const rows: [unknown, string | undefined][] = [
    [{ text: 'x', any: { whatever: [1] }, inner: null }, undefined],
    [{ bogus: 1 }, '.bogus: field not declared in schema'],
    [{ inner: { deep: { y: 1 } } }, '.inner.deep.y: field not declared in schema'],
    [{ items: [{ name: 'x', bogus: 1 }] }, '.items[name="x"].bogus: field not declared in schema'],
    [{ replicas: 'lots' }, '.replicas: expected numeric (int or float), got string'],
    [{ text: 1 }, '.text: expected string, got &value.valueUnstructured{Value:1}'],
    [{ labels: 'x' }, '.labels: expected map, got &{x}'],
    [{ items: { a: 1 } }, '.items: expected list, got &{map[a:1]}'],
    [
      { items: [{ name: 'x', ports: [{ port: 80, open: 'yes' }] }] },
      '.items[name="x"].ports[port=80,protocol="TCP"].open: expected boolean, got &{yes}',
    ],
    [{ items: [{ name: 'x' }, { name: 'x' }] }, '.items: duplicate entries for key [name="x"]'],
    [
      { items: [{ name: 'x', ports: [{ port: 80 }, { port: 80, protocol: 'TCP' }] }] },
      '.items[name="x"].ports: duplicate entries for key [port=80,protocol="TCP"]',
    ],
    [{ words: ['a', 'a'] }, '.words: duplicate entries for key [="a"]'],
    [{ words: [null] }, ".words: element 0: associative list without keys has an element that's an explicit null"],
    [{ items: ['x'] }, '.items: element 0: associative list with keys may not have non-map elements'],
    [
      { text: 1, replicas: true },
      'errors:\n  .text: expected string, got &value.valueUnstructured{Value:1}\n  .replicas: expected numeric (int or float), got bool',
    ],
  ]
  for (const [value, problem] of rows) assert.equal(checkTyped(node, value), problem)
})

test('sets of former schemas: what was atomic is divided as far as it is there, what was granular is put together', () => {
  const live = { selector: { a: '1' }, inner: { a: 'x' }, items: [{ name: 'x' }] }
  const rows: [object, string[]][] = [
    [{ 'f:selector': { 'f:a': {} } }, ['.selector']],
    [{ 'f:list': { '.': {}, 'i:0': {} } }, ['.list']],
    [{ 'f:inner': {} }, ['.inner', '.inner.a']],
    [{ 'f:items': {} }, ['.items', '.items[name="x"]', '.items[name="x"].name']],
    [{ 'f:labels': {} }, ['.labels']],
    [{ 'f:gone': { 'f:x': {} } }, ['.gone.x']],
  ]
  for (const [set, paths] of rows) assert.deepEqual(show(reconcile(node, set as never, live)), paths)
})
