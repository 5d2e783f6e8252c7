// Lists that come as a watch: what there is, a bookmark that says where it ends, and then what follows. Informers begin so.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Json } from '../testkit/api-requests.ts'
import { collection, configMap, overBothProtocols } from './setup.ts'

const ended = { 'k8s.io/initial-events-end': 'true' }
const streaming = { watch: '1', sendInitialEvents: 'true', resourceVersionMatch: 'NotOlderThan', allowWatchBookmarks: 'true' }

overBothProtocols(api => {
  let count = 0

  /** A namespace of its own with these config maps, and the version of the last. */
  async function filled(...names: readonly string[]): Promise<{ path: string; version: string }> {
    const namespace = `s${count++}`
    await api.admin.send('POST', '/api/v1/namespaces', { body: { metadata: { name: namespace } } })
    const path = collection('configmaps', 'api/v1', namespace)
    let version = ''
    for (const name of names)
      version = (await api.admin.send('POST', path, { body: configMap(name, {}, { labels: { name } }) })).json['metadata'].resourceVersion
    return { path, version }
  }

  /** The first events of a watch, each as its type, its name and whether the initial ones end there. */
  async function firstEvents(
    path: string,
    parameters: Record<string, string>,
    wanted: number,
    accept = 'application/json',
  ): Promise<{ code: number; events: Json[] }> {
    const { code, stream } = await api.admin.open('GET', `${path}?${new URLSearchParams(parameters)}`, { headers: { accept } })
    const events: Json[] = []
    let rest = ''
    for await (const chunk of stream) {
      const lines = (rest + chunk).split('\n')
      rest = lines.pop() ?? ''
      events.push(...lines.map(line => JSON.parse(line)))
      if (events.length >= wanted) break
    }
    return { code, events }
  }

  const word = ({ type, object }: Json) =>
    type === 'BOOKMARK' ? (object.metadata.annotations ? 'END' : 'BOOKMARK') : `${type} ${object.metadata.name}`

  test('begins with what there is, at every version that may be asked for', async () => {
    const { path, version } = await filled('b', 'a')
    for (const resourceVersion of ['', '0', '1', version]) {
      const { events } = await firstEvents(path, { ...streaming, resourceVersion }, 3)
      assert.deepEqual(events.map(word), ['ADDED a', 'ADDED b', 'END'], `version ${resourceVersion}`)
      const { metadata } = events[2]?.['object'] ?? {}
      assert.ok(Number(metadata.resourceVersion) >= Number(version))
      assert.deepEqual(metadata.annotations, ended)
    }
    const ahead = await api.admin.send('GET', `${path}?${new URLSearchParams({ ...streaming, resourceVersion: '99999999' })}`)
    assert.deepEqual([ahead.code, ahead.json['details'].causes[0].reason], [504, 'ResourceVersionTooLarge'])
  })

  test('shows what the same list shows, and goes on without gap', async () => {
    const { path } = await filled('a', 'b', 'c')
    await api.admin.send('DELETE', `${path}/b`)
    const list = (await api.admin.send('GET', path)).json
    const following = firstEvents(path, streaming, 5)
    const { events } = await firstEvents(path, streaming, 3)
    assert.deepEqual(
      events.slice(0, 2).map(event => event['object'].metadata.resourceVersion),
      list['items'].map((item: Json) => item['metadata'].resourceVersion),
    )
    await api.admin.send('POST', path, { body: configMap('d') })
    await api.admin.send('DELETE', `${path}/a`)
    assert.deepEqual((await following).events.map(word), ['ADDED a', 'ADDED c', 'END', 'ADDED d', 'DELETED a'])
    const resourceVersion: string = events[2]?.['object'].metadata.resourceVersion
    const resumed = await firstEvents(path, { watch: '1', resourceVersion }, 2)
    assert.deepEqual(resumed.events.map(word), ['ADDED d', 'DELETED a'])
  })

  test('with nothing there, the bookmark comes at once; under selectors, only what is selected', async () => {
    const { path } = await filled()
    assert.deepEqual((await firstEvents(path, streaming, 1)).events.map(word), ['END'])
    const other = await filled('a', 'b')
    assert.deepEqual((await firstEvents(other.path, { ...streaming, labelSelector: 'name=b' }, 2)).events.map(word), ['ADDED b', 'END'])
    assert.deepEqual((await firstEvents(other.path, { ...streaming, fieldSelector: 'metadata.name=a' }, 2)).events.map(word), [
      'ADDED a',
      'END',
    ])
  })

  test('without bookmarks there is none; not wanted, nothing comes first', async () => {
    const { path } = await filled('a')
    const { allowWatchBookmarks, ...plain } = streaming
    const silent = firstEvents(path, plain, 2)
    const later = firstEvents(path, { ...streaming, sendInitialEvents: 'false' }, 1)
    // Both have begun when another watch that came after them has.
    await firstEvents(path, streaming, 1)
    await api.admin.send('POST', path, { body: configMap('b') })
    assert.deepEqual((await silent).events.map(word), ['ADDED a', 'ADDED b'])
    assert.deepEqual((await later).events.map(word), ['ADDED b'])
  })

  test('the bookmark has the form that was asked for', async () => {
    const { path } = await filled('a')
    const rows: readonly (readonly [accept: string, kind: string, apiVersion: string])[] = [
      ['application/json', 'ConfigMap', 'v1'],
      ['application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1', 'PartialObjectMetadata', 'meta.k8s.io/v1'],
      ['application/json;as=Table;g=meta.k8s.io;v=v1', 'Table', 'meta.k8s.io/v1'],
    ]
    for (const [accept, kind, apiVersion] of rows) {
      const { events } = await firstEvents(path, streaming, 2, accept)
      const { type, object } = events[1] ?? {}
      assert.deepEqual([type, object.kind, object.apiVersion], ['BOOKMARK', kind, apiVersion], accept)
      const { metadata } = kind === 'Table' ? object.rows[0].object : object
      assert.deepEqual(metadata.annotations, ended, accept)
      assert.ok(Number(metadata.resourceVersion) > 0)
    }
  })

  test('in Protocol Buffers the annotation is there too', async () => {
    const { path } = await filled('a')
    const { stream } = await api.admin.open('GET', `${path}?${new URLSearchParams(streaming)}`, {
      headers: { accept: 'application/vnd.kubernetes.protobuf' },
    })
    let text = ''
    for await (const chunk of stream) {
      text += (chunk as Buffer).toString('latin1')
      if (text.includes('k8s.io/initial-events-end')) break
    }
    assert.match(text, /ADDED[\s\S]*BOOKMARK[\s\S]*k8s\.io\/initial-events-end/)
  })
})
