import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { kubeletHost } from './kubelet-host.ts'

test('a request of a probe or hook has an outcome, whatever its path and headers are', async t => {
  const paths: (string | undefined)[] = []
  const server = createServer((request, response) => {
    paths.push(request.url)
    response.end('fine')
  }).listen(0, '127.0.0.1')
  t.after(() => server.close())
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const { http } = kubeletHost()
  const ask = (path: string, headers = {}) => http({ scheme: 'http', host: '127.0.0.1', port, path, headers, timeoutMs: 5000 })
  for (const path of ['', '/a b', '/ü\ud800?q=%20']) assert.deepEqual(await ask(path), { status: 200, body: 'fine' })
  assert.deepEqual(paths, ['/', '/a%20b', '/%C3%BC%EF%BF%BD?q=%20'])
  for (const value of ['a\nb', '漢']) {
    const outcome = await ask('/', { 'x-a': value })
    assert.match('error' in outcome ? outcome.error : '', /^Get "http:\/\/127\.0\.0\.1:\d+\/": Invalid character in header content/)
  }
})
