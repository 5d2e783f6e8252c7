import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Pod } from '../api/core/pod.ts'
import { stored } from '../api/testkit.ts'
import type { Entry } from '../store/store.ts'
import type { Answer } from './call.ts'
import { negotiate } from './negotiation.ts'
import { includeObject, render, watchRenderer } from './render.ts'
import { resourceFor } from './resource.ts'

const resource = resourceFor(Pod)
const now = Date.UTC(2026, 0, 1, 0, 5)

function entryOf(name: string): Entry {
  const object = stored(Pod, { metadata: { name }, spec: { containers: [{ name: 'c', image: 'i' }] }, status: { phase: 'Pending' } })
  return { key: '', value: Buffer.from(JSON.stringify(object)), createRevision: 1, modRevision: 1, memo: object }
}
const one: Answer & { type: 'entry' } = { type: 'entry', code: 200, resource, entry: entryOf('a') }
const list: Answer & { type: 'list' } = {
  type: 'list',
  resource,
  entries: [entryOf('a'), entryOf('b')],
  metadata: { resourceVersion: '7' },
}

const optionsFor = (as: string, include = 'Metadata') => ({
  format: negotiate(as === '' ? 'application/json' : `application/json;as=${as};g=meta.k8s.io;v=v1`),
  include: includeObject(new URLSearchParams({ includeObject: include })),
  now,
})
const shown = (answer: typeof one | typeof list, as: string, include?: string) =>
  JSON.parse(render(answer, optionsFor(as, include)).body.toString())

test('stored bytes are the answer', () => {
  assert.equal(render(one, optionsFor('')).body, one.entry.value)
  const { kind, apiVersion, metadata, items } = shown(list, '')
  assert.deepEqual([kind, apiVersion, metadata, items.length], ['PodList', 'v1', { resourceVersion: '7' }, 2])
  assert.deepEqual(shown({ ...list, entries: [] }, '').items, [])
})

test('a table has a row an object, with as much of it as was asked for', () => {
  const table = shown(list, 'Table')
  assert.deepEqual([table.kind, table.apiVersion, table.metadata], ['Table', 'meta.k8s.io/v1', { resourceVersion: '7' }])
  assert.deepEqual(
    table.columnDefinitions.slice(0, 5).map((c: { name: string }) => c.name),
    ['Name', 'Ready', 'Status', 'Restarts', 'Age'],
  )
  assert.deepEqual(
    table.rows.map((r: { cells: unknown[] }) => r.cells.slice(0, 5)),
    [
      ['a', '0/1', 'Pending', '0', '5m'],
      ['b', '0/1', 'Pending', '0', '5m'],
    ],
  )
  for (const row of table.rows) assert.equal(row.cells.length, table.columnDefinitions.length)
  assert.deepEqual([table.rows[0].object.kind, table.rows[0].object.spec], ['PartialObjectMetadata', undefined])
  assert.equal(shown(list, 'Table', 'Object').rows[0].object.kind, 'Pod')
  assert.equal(shown(list, 'Table', 'None').rows[0].object, null)
  assert.equal(shown(one, 'Table').rows.length, 1)
  assert.throws(() => includeObject(new URLSearchParams({ includeObject: 'Some' })), { code: 400 })
})

test('metadata alone', () => {
  const { kind, items } = shown(list, 'PartialObjectMetadataList')
  assert.deepEqual([kind, items[1].metadata.name, items[1].spec], ['PartialObjectMetadataList', 'b', undefined])
  assert.equal(shown(one, 'PartialObjectMetadata').kind, 'PartialObjectMetadata')
})

test('events of a watch: lines, shared by all who watch plainly', () => {
  const items = [{ type: 'ADDED', entry: one.entry }] as const
  const [first, second] = [watchRenderer(resource, optionsFor(''), () => now), watchRenderer(resource, optionsFor(''), () => now)]
  assert.equal(first(items), second(items))
  assert.deepEqual(JSON.parse(first(items).toString()), { type: 'ADDED', object: JSON.parse(one.entry.value.toString()) })
  assert.ok(first(items).toString().endsWith('}\n'))
  const two = first([...items, ...items]).toString()
  assert.equal(two, first(items).toString().repeat(2))
})

test('bookmarks, as each form has them', () => {
  const items = [{ type: 'BOOKMARK', revision: 9, initialEventsEnd: true }] as const
  const read = (as: string) => JSON.parse(watchRenderer(resource, optionsFor(as), () => now)(items).toString()).object
  assert.deepEqual(
    [read('').kind, read('').metadata.resourceVersion, read('').metadata.annotations],
    ['Pod', '9', { 'k8s.io/initial-events-end': 'true' }],
  )
  assert.deepEqual([read('Table').kind, read('Table').metadata.resourceVersion], ['Table', '9'])
  assert.equal(read('PartialObjectMetadata').kind, 'PartialObjectMetadata')
})
