// Watches: where they begin, what they show, and how they end.
import assert from 'node:assert/strict'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import type { Json } from '../testkit/api-requests.ts'
import { type Api, collection, configMap, overBothProtocols, patchWish, startApi } from './setup.ts'

interface Watching {
  readonly code: number
  /** The next event; undefined at a clean end. */
  next(): Promise<Json | undefined>
  /** Type and name of the next events. */
  take(count: number): Promise<string[]>
  stop(): void
}

async function watch(api: Pick<Api, 'admin'>, path: string, parameters: Record<string, string> = {}): Promise<Watching> {
  const controller = new AbortController()
  const { code, stream } = await api.admin.open('GET', `${path}?${new URLSearchParams({ watch: '1', ...parameters })}`, {
    signal: controller.signal,
  })
  stream.on('error', () => {})
  const lines = createInterface({ input: stream })[Symbol.asyncIterator]()
  const next = async (): Promise<Json | undefined> => {
    const { value, done } = await lines.next()
    return done ? undefined : JSON.parse(value)
  }
  return {
    code,
    next,
    async take(count) {
      const seen: string[] = []
      while (seen.length < count) {
        const event = await next()
        seen.push(event ? `${event['type']} ${event['object'].metadata?.name ?? ''}`.trim() : 'END')
      }
      return seen
    },
    stop: () => controller.abort(),
  }
}

overBothProtocols(api => {
  let count = 0
  /** A namespace that no other test writes to. */
  async function space(): Promise<string> {
    const name = `w${count++}`
    await api.admin.send('POST', '/api/v1/namespaces', { body: { metadata: { name } } })
    return collection('configmaps', 'api/v1', name)
  }
  const create = async (path: string, name: string, labels: Json = {}) =>
    (await api.admin.send('POST', path, { body: configMap(name, {}, { labels }) })).json
  const label = (path: string, name: string, labels: Json) =>
    api.admin.send('PATCH', `${path}/${name}`, patchWish('merge', { metadata: { labels } }))

  test('from a version: all that came after, in order', async () => {
    const path = await space()
    const { metadata } = await create(path, 'a')
    await create(path, 'b')
    await label(path, 'a', { x: '1' })
    await api.admin.send('DELETE', `${path}/a`)
    const events = await watch(api, path, { resourceVersion: metadata.resourceVersion })
    assert.deepEqual(await events.take(3), ['ADDED b', 'MODIFIED a', 'DELETED a'])
    await create(path, 'c')
    assert.deepEqual(await events.take(1), ['ADDED c'])
    events.stop()
  })

  test('the last state of what was deleted carries the version of the deletion', async () => {
    const path = await space()
    const { metadata } = await create(path, 'a')
    const events = await watch(api, path, { resourceVersion: metadata.resourceVersion })
    await api.admin.send('DELETE', `${path}/a`)
    const last = await events.next()
    assert.ok(Number(last?.['object'].metadata.resourceVersion) > Number(metadata.resourceVersion))
    events.stop()
  })

  test('without a version, and from 0: what there is comes first', async () => {
    const path = await space()
    await create(path, 'b')
    await create(path, 'a')
    for (const parameters of [{}, { resourceVersion: '0' }]) {
      const events = await watch(api, path, parameters)
      assert.deepEqual(await events.take(2), ['ADDED a', 'ADDED b'])
      events.stop()
    }
  })

  test('initial events end with a bookmark', async () => {
    const path = await space()
    await create(path, 'a')
    const events = await watch(api, path, { sendInitialEvents: 'true', resourceVersionMatch: 'NotOlderThan', allowWatchBookmarks: 'true' })
    assert.deepEqual(await events.take(1), ['ADDED a'])
    const bookmark = await events.next()
    assert.deepEqual(
      [bookmark?.['type'], bookmark?.['object'].kind, bookmark?.['object'].metadata.annotations],
      ['BOOKMARK', 'ConfigMap', { 'k8s.io/initial-events-end': 'true' }],
    )
    const list = (await api.admin.send('GET', path)).json
    assert.ok(Number(bookmark?.['object'].metadata.resourceVersion) >= Number(list['metadata'].resourceVersion))
    events.stop()
    for (const wrong of [
      { sendInitialEvents: 'true' },
      { resourceVersionMatch: 'NotOlderThan' },
      { sendInitialEvents: 'true', resourceVersionMatch: 'Exact' },
    ])
      assert.equal((await watch(api, path, wrong as Record<string, string>)).code, 422)
  })

  test('objects come to match a selector, and cease to', async () => {
    const path = await space()
    const events = await watch(api, path, { labelSelector: 'on=1' })
    await create(path, 'a', { on: '0' })
    await label(path, 'a', { on: '1' })
    await label(path, 'a', { more: '1' })
    await label(path, 'a', { on: '0' })
    await label(path, 'a', { on: '1' })
    await api.admin.send('DELETE', `${path}/a`)
    assert.deepEqual(await events.take(5), ['ADDED a', 'MODIFIED a', 'DELETED a', 'ADDED a', 'DELETED a'])
    events.stop()
  })

  test('one object by its name', async () => {
    const path = await space()
    await create(path, 'a')
    const [byField, byPath] = [await watch(api, path, { fieldSelector: 'metadata.name=b' }), await watch(api, `${path}/b`)]
    await create(path, 'b')
    await create(path, 'c')
    for (const events of [byField, byPath]) {
      assert.deepEqual(await events.take(1), ['ADDED b'])
      events.stop()
    }
  })

  test('a version that is gone, or not reached', async () => {
    const path = await space()
    const { metadata } = await create(path, 'a')
    await label(path, 'a', { x: '1' })
    const { store } = api.server.server.context.storage
    await store.compact(store.revision)
    const old = await watch(api, path, { resourceVersion: metadata.resourceVersion })
    assert.deepEqual([old.code, (await old.next())?.['reason']], [410, 'Expired'])
    const early = await watch(api, path, { resourceVersion: '99999999' })
    assert.deepEqual([early.code, (await early.next())?.['reason']], [504, 'Timeout'])
  })

  test('it ends in order after the time asked for', async () => {
    const path = await space()
    await create(path, 'a')
    const events = await watch(api, path, { timeoutSeconds: '1' })
    assert.deepEqual(await events.take(2), ['ADDED a', 'END'])
  })

  test('as tables: the columns come once', async () => {
    const path = await space()
    await create(path, 'a')
    const { stream } = await api.admin.open('GET', `${path}?watch=1&timeoutSeconds=1`, {
      headers: { accept: 'application/json;as=Table;g=meta.k8s.io;v=v1' },
    })
    await label(path, 'a', { x: '1' })
    let text = ''
    for await (const chunk of stream) text += chunk
    const events = text
      .trim()
      .split('\n')
      .map(line => JSON.parse(line))
    assert.deepEqual(
      events.map(e => [e.type, e.object.kind, e.object.rows[0].cells[0], e.object.columnDefinitions.length > 0]),
      [
        ['ADDED', 'Table', 'a', true],
        ['MODIFIED', 'Table', 'a', false],
      ],
    )
  })

  test('every watcher sees the same events in the same order', async () => {
    const path = await space()
    const { metadata } = await create(path, 'start')
    const watchers = await Promise.all(Array.from({ length: 5 }, () => watch(api, path, { resourceVersion: metadata.resourceVersion })))
    await Promise.all(Array.from({ length: 50 }, (_, i) => create(path, `e${i}`)))
    const seen = await Promise.all(watchers.map(w => w.take(50)))
    for (const other of seen) assert.deepEqual(other, seen[0])
    assert.equal(new Set(seen[0]).size, 50)
    for (const w of watchers) w.stop()
  })

  test('who does not read is cut off, and nobody waits for them', { timeout: 60_000 }, async () => {
    const path = await space()
    const { metadata } = await create(path, 'start')
    const from = { resourceVersion: metadata.resourceVersion }
    const { stream } = await api.admin.open('GET', `${path}?watch=1&resourceVersion=${metadata.resourceVersion}`)
    stream.on('error', () => {})
    stream.pause()
    const reader = await watch(api, path, from)
    const text = 'x'.repeat(900_000)
    const writes = 60
    for (let i = 0; i < writes; i++) await api.admin.send('POST', path, { body: configMap(`big${i}`, { text }) })
    assert.equal((await reader.take(writes)).length, writes)
    reader.stop()
    for (let i = 0; i < 200 && api.server.server.watches.size > 0; i++) await setTimeout(20)
    assert.equal(api.server.server.watches.size, 0, 'both watches are over')
    stream.destroy()
  })
})

for (const protocol of ['HTTP/2', 'HTTP/1.1'] as const)
  test(`${protocol}: watches end in order when the server closes`, async () => {
    const api = await startApi(protocol)
    const events = await watch(api, '/api/v1/namespaces')
    await events.take(2)
    const rest = (async () => {
      for (;;) {
        const event = await events.next()
        if (!event) return 'END'
        assert.notEqual(event['type'], 'ERROR')
      }
    })()
    await api.server.server.close()
    assert.equal(await rest, 'END')
    await api.close()
  })
