// Walks the published description of Kubernetes 1.36: every path of the stable group versions answers every verb that it has there.
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { after, before, describe, it } from 'node:test'
import type { Json, Reply } from '../testkit/api-requests.ts'
import { startApi } from './setup.ts'

const file = new URL('../../../shared/specs/openapi-v2/swagger-1.36.json', import.meta.url)
const methods = ['get', 'put', 'post', 'delete', 'patch', 'head', 'options']

/** What is not served, and why: the beginning of a path with its method. */
const exceptions: Readonly<Record<string, string>> = {
  '/apis/internal.apiserver.k8s.io/ get': 'the group has alpha versions alone',
  '/apis/storagemigration.k8s.io/ get': 'the group has beta versions alone',
  '/logs/': "files of the server's machine are its owner's; upstream has them off unless it is told otherwise",
}

/** Of the stable versions, and of what has no version. */
function isStable(path: string): boolean {
  const [, root, ...rest] = path.split('/')
  const version = root === 'api' ? rest[0] : root === 'apis' ? rest[1] : undefined
  return !version || /^v\d+$/.test(version)
}

/** The path with names in it: of a namespace that there is, and an object that there is not. */
function filled(path: string): string {
  return path
    .replace(/\/$/, '')
    .replace('{namespace}', 'test')
    .replace('{name}', 'absent')
    .replace(/\{\w+\}/, 'some/where')
}

/** Whether what is asked for is known to the server, if perhaps not the object, or not what was sent. An answer to HEAD does not say. */
function isServed(method: string, { code, text }: Reply): boolean {
  if (code !== 404) return [200, 201, 202, 400, 409, 422].includes(code)
  return method === 'head' || (text.startsWith('{') && (JSON.parse(text) as Json)['details']?.name === 'absent')
}

describe('the paths of Kubernetes 1.36', { skip: existsSync(file) ? false : 'the description is not at ../shared' }, () => {
  let api: Awaited<ReturnType<typeof startApi>>
  before(async () => {
    api = await startApi('HTTP/2')
  })
  after(() => api.close())

  it('answer every verb', async t => {
    const { paths } = JSON.parse(readFileSync(file, 'utf8')) as { paths: Readonly<Record<string, object>> }
    const failing: string[] = []
    let asked = 0
    for (const [path, item] of Object.entries(paths).filter(([path]) => isStable(path)))
      for (const method of methods.filter(method => method in item)) {
        asked++
        const reply = await ask(method, filled(path))
        if (!isServed(method, reply)) failing.push(`${path} ${method}: ${reply.code} ${reply.text.slice(0, 200)}`)
      }
    assert.ok(asked > 600, `only ${asked} operations`)
    const starts = Object.keys(exceptions)
    for (const [start, why] of Object.entries(exceptions)) t.diagnostic(`${start}: ${why}`)
    assert.deepEqual(
      failing.filter(line => !starts.some(start => line.startsWith(start))),
      [],
    )
    assert.deepEqual(
      starts.filter(start => !failing.some(line => line.startsWith(start))),
      [],
      'exceptions that hold no more',
    )
  })

  /** Of an answer that goes on, its head alone. */
  async function ask(method: string, target: string): Promise<Reply> {
    const hasBody = method === 'put' || method === 'post' || method === 'patch'
    const headers = method === 'patch' ? { 'content-type': 'application/merge-patch+json' } : {}
    // Nothing is deleted that others of the server's parts need.
    const query = method === 'delete' ? '?labelSelector=walk' : ''
    if (!target.includes('/watch/')) return api.admin.send(method.toUpperCase(), target + query, { ...(hasBody && { body: {} }), headers })
    const ending = new AbortController()
    const { code, headers: answered } = await api.admin.open('GET', target, { signal: ending.signal })
    ending.abort()
    return { code, headers: answered, bytes: Buffer.alloc(0), text: '', json: {} }
  }
})
