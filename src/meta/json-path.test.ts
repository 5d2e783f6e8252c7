import assert from 'node:assert/strict'
import { test } from 'node:test'
import { namesOf, parseJsonPath, valueAt, withValueAt } from './json-path.ts'

const object = {
  metadata: { labels: { 'app.kubernetes.io/name': 'x' }, name: 'a' },
  spec: { hosts: ['a', 'b', 'c'], ports: [{ port: 80, name: 'http' }, { port: 443 }], on: true },
  status: {
    conditions: [
      { type: 'Ready', status: 'True' },
      { type: 'Synced', status: 'False' },
    ],
  },
}

test('paths lead to values, in order', () => {
  const rows: readonly (readonly [string, readonly unknown[]])[] = [
    ['.spec.on', [true]],
    ['.spec.nothing.there', []],
    ['.spec.hosts[1]', ['b']],
    ['.spec.hosts[-1]', ['c']],
    ['.spec.hosts[0:2]', ['a', 'b']],
    ['.spec.hosts[0,2]', ['a', 'c']],
    ['.spec.hosts[*]', ['a', 'b', 'c']],
    ['.spec.ports[*].port', [80, 443]],
    ['.spec.ports[?(@.port>100)].port', [443]],
    ['.spec.ports[?(@.name)].port', [80]],
    ['.status.conditions[?(@.type=="Ready")].status', ['True']],
    [".status.conditions[?(@.type=='Synced')].status", ['False']],
    ['.status.conditions[?(@.type != "Ready")].type', ['Synced']],
    ['.metadata.labels.app\\.kubernetes\\.io/name', ['x']],
    [".metadata.labels['app.kubernetes.io/name']", ['x']],
    ['..port', [80, 443]],
    ['.', [object]],
  ]
  for (const [text, expected] of rows) {
    const parsed = parseJsonPath(text)
    assert.ok(parsed.ok, text)
    assert.deepEqual(parsed.path(object), expected, text)
  }
})

test('what is no path is told', () => {
  for (const text of ['.a[', '.a[x', '.a[?(]', '.a[b]']) assert.equal(parseJsonPath(text).ok, false, text)
})

test('simple paths are read and written', () => {
  assert.equal(valueAt(object, namesOf('.spec.on')), true)
  assert.deepEqual(withValueAt({ spec: { a: 1 } }, namesOf('.spec.scale.replicas'), 3), { spec: { a: 1, scale: { replicas: 3 } } })
})
