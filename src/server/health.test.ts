import assert from 'node:assert/strict'
import { test } from 'node:test'
import { health } from './health.ts'

const checks = (why?: string) => ({ livez: { ping: () => undefined }, readyz: { ping: () => undefined, 'poststarthook/x': () => why } })
const ask = (path: string, query = '', why?: string) => {
  const answer = health(checks(why), path, new URLSearchParams(query))
  return answer?.type === 'text' ? [answer.code, answer.body] : undefined
}

test('all is well', () => {
  for (const path of ['/livez', '/readyz', '/healthz', '/readyz/ping', '/readyz/poststarthook/x'])
    assert.deepEqual(ask(path), [200, 'ok'], path)
  assert.deepEqual(ask('/readyz', 'verbose'), [200, '[+]ping ok\n[+]poststarthook/x ok\nreadyz check passed\n'])
  assert.deepEqual(ask('/readyz', 'verbose&exclude=ping'), [200, '[+]ping excluded: ok\n[+]poststarthook/x ok\nreadyz check passed\n'])
})

test('a check that fails is shown unasked', () => {
  assert.deepEqual(ask('/readyz', '', 'not yet'), [500, '[+]ping ok\n[-]poststarthook/x failed: not yet\nreadyz check failed\n'])
  assert.deepEqual(ask('/readyz/poststarthook/x', '', 'not yet'), [500, 'internal server error: not yet'])
  assert.deepEqual(ask('/livez', '', 'not yet'), [200, 'ok'])
  assert.deepEqual(ask('/readyz', 'exclude=poststarthook/x', 'not yet'), [200, 'ok'])
})

test('no other path is health', () => {
  for (const path of ['/', '/livezz', '/readyz/nothing', '/readyz/__proto__', '/livez/constructor', '/api'])
    assert.equal(ask(path), undefined, path)
})
