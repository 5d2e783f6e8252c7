import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  branchOf,
  difference,
  differenceBelow,
  type FieldSet,
  formatPath,
  hasPath,
  intersection,
  isEmpty,
  leaf,
  pathsOf,
  readFieldSet,
  sameSet,
  setOf,
  union,
} from './field-set.ts'

const step = fc.constantFrom('f:a', 'f:b', 'f:c', 'k:{"name":"x"}', 'k:{"name":"y"}', 'v:1', 'v:"1"')
const path = fc.array(step, { minLength: 1, maxLength: 3 })
const paths = fc.array(path, { maxLength: 8 })
const textOf = (list: readonly (readonly string[])[]) => [...new Set(list.map(p => p.join(' ')))].sort()
const made = (list: readonly (readonly string[])[]): FieldSet => setOf(...list)

test('a set holds the paths that were put into it, whatever their order', () => {
  fc.assert(
    fc.property(paths, list => {
      assert.deepEqual(textOf(pathsOf(made(list))), textOf(list))
      assert.equal(JSON.stringify(made(list)), JSON.stringify(made([...list].reverse())))
      for (const p of list) assert.ok(hasPath(made(list), p))
    }),
  )
})

test('operations are those of sets of paths', () => {
  fc.assert(
    fc.property(paths, paths, (x, y) => {
      const [a, b] = [made(x), made(y)]
      const [inA, inB] = [textOf(x), new Set(textOf(y))]
      assert.deepEqual(textOf(pathsOf(union(a, b))), textOf([...x, ...y]))
      assert.deepEqual(
        textOf(pathsOf(intersection(a, b))),
        inA.filter(p => inB.has(p)),
      )
      assert.deepEqual(
        textOf(pathsOf(difference(a, b))),
        inA.filter(p => !inB.has(p)),
      )
      assert.deepEqual(
        textOf(pathsOf(differenceBelow(a, b))),
        inA.filter(p => ![...inB].some(q => p === q || p.startsWith(`${q} `))),
      )
    }),
  )
})

test('what changes nothing gives back the same set, in the canonical order', () => {
  fc.assert(
    fc.property(paths, paths, (x, y) => {
      const [a, all] = [made(x), made([...x, ...y])]
      assert.equal(union(all, a), all)
      assert.ok(sameSet(union(a, all), all))
      assert.equal(difference(a, leaf), a)
      const gone = difference(all, a)
      assert.equal(difference(gone, a), gone)
      assert.equal(JSON.stringify(union(a, made(y))), JSON.stringify(all))
      assert.equal(JSON.stringify(gone), JSON.stringify(made(pathsOf(gone) as string[][])))
      assert.ok(isEmpty(difference(a, all)))
    }),
  )
})

test('the text form reads back', () => {
  fc.assert(
    fc.property(paths, list => {
      const read = readFieldSet(JSON.parse(JSON.stringify(made(list))))
      assert.ok('set' in read)
      assert.equal(JSON.stringify(read.set), JSON.stringify(made(list)))
    }),
  )
})

test('steps in their order: members, keys by their values, values, places', () => {
  const steps = [
    '.',
    'f:a',
    'f:b',
    'k:{"port":80,"protocol":"TCP"}',
    'k:{"port":443,"protocol":"TCP"}',
    'v:9',
    'v:10',
    'v:"a"',
    'v:true',
    'i:2',
  ]
  const set = branchOf([...steps].reverse().map(s => [s, leaf]))
  assert.deepEqual(Object.keys(set), steps)
})

test('sets that clients write come into canonical form', () => {
  const rows: [unknown, string][] = [
    [undefined, '{}'],
    [{ 'f:b': {}, 'f:a': { 'f:x': {}, '.': {} } }, '{"f:a":{".":{},"f:x":{}},"f:b":{}}'],
    [{ 'f:a': { '.': {} } }, '{"f:a":{}}'],
    [{ 'k:{"protocol": "TCP", "port":80}': {} }, '{"k:{\\"port\\":80,\\"protocol\\":\\"TCP\\"}":{}}'],
    [{ 'v:"a<b"': {} }, '{"v:\\"a\\\\u003cb\\"":{}}'],
    [{ 'x:new': {}, 'f:a': {} }, '{"f:a":{}}'],
  ]
  for (const [sent, text] of rows) {
    const read = readFieldSet(sent)
    assert.equal('set' in read ? JSON.stringify(read.set) : read.error, text)
  }
  for (const wrong of ['x', [1], { a: {} }, { ax: {} }, { 'k:x': {} }, { 'k:1': {} }, { 'i:x': {} }, { 'f:a': 1 }])
    assert.ok('error' in readFieldSet(wrong), JSON.stringify(wrong))
})

test('paths as messages show them', () => {
  assert.equal(
    formatPath(['f:spec', 'f:containers', 'k:{"name":"a"}', 'f:ports', 'k:{"containerPort":80,"protocol":"TCP"}', 'f:hostPort']),
    '.spec.containers[name="a"].ports[containerPort=80,protocol="TCP"].hostPort',
  )
  assert.equal(formatPath(['f:metadata', 'f:finalizers', 'v:"x/y"']), '.metadata.finalizers[="x/y"]')
})
