// Discovery and OpenAPI as clients keep them: tagged, asked about by tag, and under addresses that change with the content.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { overBothProtocols } from './setup.ts'

const aggregated = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList'
const gnostic = 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf'

overBothProtocols(api => {
  const get = (path: string, headers: Record<string, string> = {}) => api.admin.send('GET', path, { headers })

  for (const [path, accept, contentType] of [
    ['/openapi/v2', 'application/json', 'application/json'],
    ['/openapi/v2', gnostic, 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf'],
    ['/openapi/v3', 'application/json', 'application/json'],
    ['/openapi/v3/api/v1', 'application/json', 'application/json'],
    ['/api', aggregated, aggregated],
    ['/apis', aggregated, aggregated],
  ] as const)
    test(`${path} as ${accept} has a tag`, async () => {
      const first = await get(path, { accept })
      const tag = String(first.headers['etag'])
      assert.deepEqual([first.code, first.headers['content-type']], [200, contentType])
      assert.match(tag, /^"[0-9A-F]{64}"$/)
      assert.match(String(first.headers['vary']), /Accept/)
      for (const known of [tag, `W/${tag}`, `"other", ${tag}`, '*']) {
        const again = await get(path, { accept, 'if-none-match': known })
        assert.deepEqual([again.code, again.text, again.headers['etag']], [304, '', tag], known)
      }
      assert.equal((await get(path, { accept, 'if-none-match': '"other"' })).code, 200)
    })

  test('each form has a tag of its own', async () => {
    const tags = await Promise.all(
      [aggregated, 'application/json', gnostic].map(async accept => (await get('/openapi/v2', { accept })).headers['etag']),
    )
    assert.equal(new Set(tags).size, 2)
  })

  test('a document under its hash is for ever, and an older hash leads to the newer', async () => {
    const { paths } = (await get('/openapi/v3')).json as { paths: Record<string, { serverRelativeURL: string }> }
    const address = paths['apis/apps/v1']?.serverRelativeURL ?? ''
    assert.match(address, /^\/openapi\/v3\/apis\/apps\/v1\?hash=[0-9A-F]{64}$/)
    const found = await get(address)
    assert.deepEqual([found.code, found.headers['etag']], [200, `"${address.slice(-64)}"`])
    assert.match(String(found.headers['cache-control']), /public, immutable/)
    const old = await get('/openapi/v3/apis/apps/v1?hash=OLD')
    assert.deepEqual([old.code, old.headers['location']], [301, address])
    const plain = await get('/openapi/v3/apis/apps/v1')
    assert.deepEqual([plain.code, plain.text], [200, found.text])
    assert.doesNotMatch(String(plain.headers['cache-control']), /immutable/)
  })

  test('the tag of discovery and of OpenAPI changes with what is served', async () => {
    const tags = async () =>
      Promise.all(
        [get('/apis', { accept: aggregated }), get('/openapi/v2'), get('/openapi/v3')].map(async reply => (await reply).headers['etag']),
      )
    const before = await tags()
    const names = { plural: 'tagged', singular: 'tagged', kind: 'Tagged' }
    const schema = { openAPIV3Schema: { type: 'object' } }
    const body = {
      metadata: { name: 'tagged.example.com' },
      spec: { group: 'example.com', names, scope: 'Namespaced', versions: [{ name: 'v1', served: true, storage: true, schema }] },
    }
    const crds = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
    assert.equal((await api.admin.send('POST', crds, { body })).code, 201)
    while ((await get('/apis/example.com/v1')).code !== 200) await new Promise(resolve => setImmediate(resolve))
    const after = await tags()
    for (const [i, tag] of after.entries()) assert.notEqual(tag, before[i])
    assert.equal((await api.admin.send('DELETE', `${crds}/tagged.example.com`)).code, 200)
  })
})
