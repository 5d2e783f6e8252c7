// Lists: which state they show, how they are paged, and what selectors choose.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Json } from '../testkit/api-requests.ts'
import { collection, configMap, configMaps, overBothProtocols, patchWish, pod, pods } from './setup.ts'

const names = (list: Json): string[] => list['items'].map((o: Json) => o['metadata'].name)
const query = (parameters: Record<string, string | number>) =>
  `?${new URLSearchParams(Object.entries(parameters).map(([k, v]): [string, string] => [k, String(v)]))}`

overBothProtocols(api => {
  const list = (path: string, parameters: Record<string, string | number> = {}) => api.admin.send('GET', path + query(parameters))

  test('a list is in the order of names and says its version', async () => {
    const space = collection('configmaps', 'api/v1', 'default')
    for (const name of ['b', 'a', 'c']) await api.admin.send('POST', space, { body: configMap(name) })
    const { code, json } = await list(space)
    assert.deepEqual([code, json['kind'], json['apiVersion'], names(json)], [200, 'ConfigMapList', 'v1', ['a', 'b', 'c']])
    assert.equal(json['metadata'].resourceVersion, json['items'][2].metadata.resourceVersion)
    const everywhere = (await list('/api/v1/configmaps', { fieldSelector: 'metadata.namespace=default' })).json
    assert.deepEqual(names(everywhere), ['a', 'b', 'c'])
  })

  test('versions: unset, 0, exact, not older than', async () => {
    const at = (resourceVersion: string, more: Record<string, string> = {}) =>
      list(configMaps, { resourceVersion, labelSelector: 'set=versions', ...more })
    const first = (await api.admin.send('POST', configMaps, { body: configMap('v1', {}, { labels: { set: 'versions' } }) })).json
    const second = (await api.admin.send('POST', configMaps, { body: configMap('v2', {}, { labels: { set: 'versions' } }) })).json
    const [old, now] = [first['metadata'].resourceVersion, second['metadata'].resourceVersion]

    assert.deepEqual(names((await at('')).json), ['v1', 'v2'])
    assert.deepEqual(names((await at('0')).json), ['v1', 'v2'])
    const exact = (await at(old, { resourceVersionMatch: 'Exact' })).json
    assert.deepEqual([names(exact), exact['metadata'].resourceVersion], [['v1'], old])
    const paged = (await at(old, { limit: '5' })).json
    assert.deepEqual([names(paged), paged['metadata'].resourceVersion], [['v1'], old])
    const newer = (await at(old, { resourceVersionMatch: 'NotOlderThan' })).json
    assert.deepEqual(names(newer), ['v1', 'v2'])
    assert.ok(Number(newer['metadata'].resourceVersion) >= Number(now))
    assert.deepEqual(names((await at(old)).json), ['v1', 'v2'])
  })

  test('a version that is not reached yet is a timeout that clients know', async () => {
    for (const more of [{}, { resourceVersionMatch: 'Exact' }, { resourceVersionMatch: 'NotOlderThan' }]) {
      const { code, json, headers } = await list(configMaps, { resourceVersion: 99999999, ...more })
      assert.deepEqual([code, json['reason'], json['details'].causes[0].reason], [504, 'Timeout', 'ResourceVersionTooLarge'])
      assert.equal(headers['retry-after'], '1')
    }
    const one = await list(`${configMaps}/v1`, { resourceVersion: 99999999 })
    assert.equal(one.code, 504)
  })

  test('a version that is no longer kept is expired', async () => {
    const { metadata } = (await api.admin.send('POST', configMaps, { body: configMap('old') })).json
    await api.admin.send('PATCH', `${configMaps}/old`, patchWish('merge', { data: { a: '1' } }))
    const page = (await list(configMaps, { limit: 1 })).json
    await api.admin.send('PATCH', `${configMaps}/old`, patchWish('merge', { data: { a: '2' } }))
    const { store } = api.server.server.context.storage
    await store.compact(store.revision)
    const expired = await list(configMaps, { resourceVersion: metadata.resourceVersion, resourceVersionMatch: 'Exact' })
    assert.deepEqual([expired.code, expired.json['reason']], [410, 'Expired'])
    const next = await list(configMaps, { limit: 1, continue: page['metadata'].continue })
    assert.deepEqual([next.code, next.json['reason']], [410, 'Expired'])
    // The token of the answer goes on at the state that there is when it is used, however much was forgotten since.
    await api.admin.send('PATCH', `${configMaps}/old`, patchWish('merge', { data: { a: '3' } }))
    await api.admin.send('POST', configMaps, { body: configMap('zz-newer') })
    await store.compact(store.revision)
    const inconsistent = await list(configMaps, { limit: 1, continue: next.json['metadata'].continue })
    assert.deepEqual([inconsistent.code, inconsistent.json['metadata'].resourceVersion], [200, String(store.revision)])
    const all = names((await list(configMaps)).json)
    assert.deepEqual(names(inconsistent.json), all.slice(1, 2))
    // From there on the pages are of one state again.
    await api.admin.send('POST', configMaps, { body: configMap('zzz-later') })
    const rest = await list(configMaps, { continue: inconsistent.json['metadata'].continue })
    assert.deepEqual(
      [names(rest.json), rest.json['metadata'].resourceVersion],
      [all.slice(2), inconsistent.json['metadata'].resourceVersion],
    )
  })

  test('parameters that contradict each other', async () => {
    const rows: [Record<string, string>, number][] = [
      [{ resourceVersion: 'abc' }, 400],
      [{ resourceVersion: '-1' }, 400],
      [{ resourceVersionMatch: 'Exact' }, 422],
      [{ resourceVersionMatch: 'Exact', resourceVersion: '0' }, 422],
      [{ resourceVersionMatch: 'Nearly', resourceVersion: '1' }, 422],
      [{ sendInitialEvents: 'true' }, 422],
      [{ limit: 'many' }, 400],
      [{ continue: 'nonsense' }, 400],
      [{ continue: Buffer.from('{"v":"meta.k8s.io/v1","rv":0,"start":"a"}').toString('base64url') }, 400],
      [{ continue: Buffer.from('{"v":"meta.k8s.io/v1","rv":-2,"start":"a"}').toString('base64url') }, 400],
      [{ continue: Buffer.from('{"v":"meta.k8s.io/v1","rv":"x","start":1}').toString('base64url') }, 400],
      [{ labelSelector: 'a in (' }, 400],
      [{ labelSelector: '!!' }, 400],
      [{ fieldSelector: 'spec.nothing=1' }, 400],
      [{ fieldSelector: 'a' }, 400],
    ]
    for (const [parameters, code] of rows) assert.equal((await list(configMaps, parameters)).code, code, JSON.stringify(parameters))
  })

  test('pages show one state while writes go on', async () => {
    const space = collection('secrets')
    const all = Array.from({ length: 25 }, (_, i) => `s${String(i).padStart(2, '0')}`)
    await Promise.all(all.map(name => api.admin.send('POST', space, { body: { metadata: { name } } })))
    const seen: string[] = []
    const remaining: unknown[] = []
    const versions = new Set<string>()
    let token = ''
    do {
      const { code, json } = await list(space, { limit: 10, ...(token && { continue: token }) })
      assert.equal(code, 200)
      seen.push(...names(json))
      remaining.push(json['metadata'].remainingItemCount)
      versions.add(json['metadata'].resourceVersion)
      token = json['metadata'].continue ?? ''
      await api.admin.send('DELETE', `${space}/s24`)
      await api.admin.send('POST', space, { body: { metadata: { name: `s05-${seen.length}` } } })
    } while (token)
    assert.deepEqual(seen, all)
    assert.deepEqual(remaining, [15, 5, undefined])
    assert.equal(versions.size, 1)
  })

  test('pages under a selector are full', async () => {
    await Promise.all(
      Array.from({ length: 30 }, (_, i) =>
        api.admin.send('POST', configMaps, { body: configMap(`p${i}`, {}, { labels: { odd: String(i % 2) } }) }),
      ),
    )
    const first = (await list(configMaps, { labelSelector: 'odd=1', limit: 10 })).json
    assert.equal(first['items'].length, 10)
    assert.equal(first['metadata'].remainingItemCount, undefined)
    const rest = (await list(configMaps, { labelSelector: 'odd=1', limit: 10, continue: first['metadata'].continue })).json
    assert.deepEqual([rest['items'].length, rest['metadata'].continue], [5, undefined])
    assert.equal(new Set([...names(first), ...names(rest)]).size, 15)
  })

  test('label and field selectors', async () => {
    await api.admin.send('POST', pods, { body: pod('s1', { nodeName: 'n1' }, { labels: { app: 'a', tier: 'x' } }) })
    await api.admin.send('POST', pods, { body: pod('s2', {}, { labels: { app: 'b' } }) })
    const rows: [Record<string, string>, string[]][] = [
      [{ labelSelector: 'app=a' }, ['s1']],
      [{ labelSelector: 'app in (a,b),tier' }, ['s1']],
      [{ labelSelector: 'app,!tier' }, ['s2']],
      [{ labelSelector: 'app!=a' }, ['s2']],
      [{ fieldSelector: 'spec.nodeName=n1' }, ['s1']],
      [{ fieldSelector: 'spec.nodeName=' }, ['s2']],
      [{ fieldSelector: 'metadata.name=s2,status.phase=Pending' }, ['s2']],
      [{ fieldSelector: 'metadata.name!=s2' }, ['s1']],
      [{ fieldSelector: 'spec.restartPolicy=Never' }, []],
    ]
    for (const [parameters, expected] of rows)
      assert.deepEqual(names((await list(pods, parameters)).json), expected, JSON.stringify(parameters))
  })

  test('large lists are compressed for who asks', async () => {
    await api.admin.send('POST', configMaps, { body: configMap('large', { text: 'x'.repeat(200_000) }) })
    const { headers, code } = await api.admin.send('GET', `${configMaps}/large`, { headers: { 'accept-encoding': 'gzip' } })
    assert.deepEqual([code, headers['content-encoding']], [200, 'gzip'])
    assert.equal((await api.admin.send('GET', `${configMaps}/large`)).headers['content-encoding'], undefined)
  })

  test('a list of many pieces arrives whole, compressed too', async () => {
    const space = collection('configmaps', 'api/v1', 'long')
    await api.admin.send('POST', '/api/v1/namespaces', { body: { metadata: { name: 'long' } } })
    const created = Array.from({ length: 120 }, (_, i) => `piece-${String(i).padStart(3, '0')}`)
    for (const name of created) await api.admin.send('POST', space, { body: configMap(name, { text: name.repeat(2_000) }) })
    const plain = await list(space)
    assert.deepEqual(names(plain.json), created)
    assert.ok(plain.json['items'].every((o: Json) => o['data'].text === o['metadata'].name.repeat(2_000)))
    const { headers, code } = await api.admin.send('GET', space, { headers: { 'accept-encoding': 'gzip' } })
    assert.deepEqual([code, headers['content-encoding']], [200, 'gzip'])
  })
})
