import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Secret } from '../../api/core/secret.ts'
import { VirtualClock } from '../../base/virtual-clock.ts'
import { bootstrapTokens } from './bootstrap-tokens.ts'
import { anyToken, type Objects, type TokenOutcome } from './service-account-tokens.ts'

const token = 'abcdef.0123456789abcdef'
const good = { 'token-id': 'abcdef', 'token-secret': '0123456789abcdef', 'usage-bootstrap-authentication': 'true' }

/** What comes of showing the token where this secret is stored; `more` undefined stores none. */
function outcome(more: Readonly<Record<string, string>> | undefined, changes: object = {}, shown = token): Promise<TokenOutcome> {
  const data = Object.fromEntries(Object.entries({ ...good, ...more }).map(([key, value]) => [key, Buffer.from(value).toString('base64')]))
  const metadata = { namespace: 'kube-system', name: 'bootstrap-token-abcdef', uid: 'u', resourceVersion: '1', creationTimestamp: '' }
  const secret: Secret = { apiVersion: 'v1', kind: 'Secret', metadata, type: 'bootstrap.kubernetes.io/token', data, ...changes }
  const objects: Objects = {
    find: (_kind, namespace, name) =>
      more && namespace === 'kube-system' && name === 'bootstrap-token-abcdef' ? (secret as never) : undefined,
  }
  const clock = new VirtualClock(Date.UTC(2026, 0, 1))
  return bootstrapTokens(objects, clock).verify(shown, ['api'])
}

test('a bootstrap token tells a user of its own', async () => {
  const user = { username: 'system:bootstrap:abcdef', groups: ['system:bootstrappers'] }
  assert.deepEqual(await outcome({}), { type: 'good', user, audiences: ['api'] })
  const grouped = await outcome({ 'auth-extra-groups': 'system:bootstrappers:b,system:bootstrappers:a,system:bootstrappers:b' })
  assert.deepEqual(grouped.type === 'good' && grouped.user.groups, [
    'system:bootstrappers',
    'system:bootstrappers:a',
    'system:bootstrappers:b',
  ])
  for (const expiration of ['2026-01-01T00:00:01Z', '2026-01-01T02:00:00.5+01:00'])
    assert.equal((await outcome({ expiration })).type, 'good', expiration)
})

test('a bootstrap token that is not good is refused', async () => {
  const cases: readonly (readonly [what: string, more: Record<string, string> | undefined, changes?: object])[] = [
    ['no secret', undefined],
    ['another secret', { 'token-secret': '0123456789abcdee' }],
    ['no secret in it', { 'token-secret': '' }],
    ['another id', { 'token-id': 'abcdeg' }],
    ['expired', { expiration: '2026-01-01T00:00:00Z' }],
    ['a time that is none', { expiration: 'tomorrow' }],
    ['not for authentication', { 'usage-bootstrap-authentication': 'TRUE' }],
    ['a group that it may not give', { 'auth-extra-groups': 'system:bootstrappers:a,system:masters' }],
    ['an empty group', { 'auth-extra-groups': 'system:bootstrappers:a,' }],
    ['another type', {}, { type: 'Opaque' }],
    ['going', {}, { metadata: { namespace: 'kube-system', name: 'bootstrap-token-abcdef', deletionTimestamp: '2026-01-01T00:00:00Z' } }],
  ]
  for (const [what, more, changes] of cases) assert.equal((await outcome(more, changes)).type, 'bad', what)
})

test('any other token is left to others, without a look at what is stored', async () => {
  const objects: Objects = { find: () => assert.fail('nothing is to be read') }
  const tokens = anyToken(bootstrapTokens(objects, new VirtualClock()), { verify: async shown => ({ type: 'bad', reason: shown }) })
  for (const shown of ['', 'abcdef', 'ABCDEF.0123456789abcdef', 'abcdef.0123456789abcde', `${token}0`, 'eyJhbGciOiJFUzI1NiJ9.e30.x'])
    assert.deepEqual(await tokens.verify(shown, []), { type: 'bad', reason: shown })
})
