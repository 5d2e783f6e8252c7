import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { CompactedError } from '../store/store.ts'
import { decodeContinue, encodeContinue, parseRevision, tooLarge, versionExpired } from './revisions.ts'

test('versions as text', () => {
  assert.deepEqual([null, '', '0', '17', '999999999999999'].map(parseRevision), [undefined, undefined, 0, 17, 999_999_999_999_999])
  for (const text of ['-1', '1.5', '1e3', 'x', ' 1', '9'.repeat(16)]) assert.throws(() => parseRevision(text), { code: 400 }, text)
})

test('a token comes back as it was', () => {
  fc.assert(
    fc.property(
      fc.option(fc.integer({ min: 1 }), { nil: undefined }),
      fc.string({ unit: 'binary' }).map(s => s.toWellFormed()),
      (revision, start) => {
        const text = encodeContinue({ revision, start })
        assert.match(text, /^[\w-]+$/)
        assert.deepEqual(decodeContinue(text), { revision, start })
      },
    ),
  )
})

test('what is no token is a bad request', () => {
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const good = { v: 'meta.k8s.io/v1', rv: 1, start: 'a' }
  const texts = [
    '',
    'x',
    encode(null),
    encode([]),
    encode({}),
    encode({ ...good, v: 'v9' }),
    encode({ ...good, rv: '1' }),
    encode({ ...good, rv: 1.5 }),
    encode({ ...good, rv: 0 }),
    encode({ ...good, rv: -2 }),
    encode({ ...good, start: 1 }),
  ]
  for (const text of texts) assert.throws(() => decodeContinue(text), { code: 400, message: /continue key is not valid/ }, text)
  fc.assert(fc.property(fc.string(), text => assert.throws(() => decodeContinue(text), { code: 400 })))
})

test('clients know these failures by reason and cause', () => {
  const { code, status } = tooLarge(9, 5)
  assert.deepEqual(
    [code, status.message, status.details?.causes?.[0]?.reason],
    [504, 'Timeout: Too large resource version: 9, current: 5', 'ResourceVersionTooLarge'],
  )
  const expired = versionExpired(new CompactedError(3, 7))
  assert.deepEqual([expired.code, expired.reason, expired.message], [410, 'Expired', 'too old resource version: 3 (7)'])
})
