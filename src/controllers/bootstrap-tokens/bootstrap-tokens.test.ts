import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { compactVerify } from 'jose'
import { ConfigMap } from '../../api/core/config-map.ts'
import { Secret } from '../../api/core/secret.ts'
import { formatTime } from '../../meta/time.ts'
import { before, decide, NOW, outcomeOf, stored } from '../testing/decide.ts'
import { tokenCleaner } from './cleaning.ts'
import { bootstrapSigner } from './signing.ts'

const value = '0123456789abcdef'

function token(id: string, more: Readonly<Record<string, string>> = {}, changes: object = {}): Secret {
  const fields = { 'token-id': id, 'token-secret': value, 'usage-bootstrap-signing': 'true', ...more }
  const data = Object.fromEntries(Object.entries(fields).map(([key, text]) => [key, Buffer.from(text).toString('base64')]))
  const metadata = { namespace: 'kube-system', name: `bootstrap-token-${id}` }
  return stored(Secret, { metadata, type: 'bootstrap.kubernetes.io/token', data, ...changes })
}

describe('the cleaner of bootstrap tokens', () => {
  const key = 'kube-system/bootstrap-token-abcdef'
  it('removes what has expired, and nothing else', () => {
    const over = { expiration: before(1) }
    const cases: readonly (readonly [string, Secret, readonly string[]])[] = [
      ['expired', token('abcdef', over), ['delete Secret bootstrap-token-abcdef']],
      ['a time that is none', token('abcdef', { expiration: 'x' }), ['delete Secret bootstrap-token-abcdef']],
      ['without end', token('abcdef'), []],
      ['another type', token('abcdef', over, { type: 'Opaque' }), []],
    ]
    for (const [what, secret, writes] of cases) assert.deepEqual(decide(tokenCleaner, key, [secret]), writes, what)
  })
  it('comes back when the time of a token is over', () => {
    const secret = token('abcdef', { expiration: formatTime(NOW + 90_000) })
    assert.deepEqual(outcomeOf(tokenCleaner, key, [secret]), { writes: [], requeueAfterMs: 90_000 })
  })
})

describe('the signer of cluster-info', () => {
  const clusterInfo = (data: Record<string, string>) =>
    stored(ConfigMap, { metadata: { namespace: 'kube-public', name: 'cluster-info' }, data })
  const key = 'kube-public/cluster-info'
  function signedData(map: ConfigMap, ...secrets: readonly Secret[]): Readonly<Record<string, string>> | undefined {
    const [write] = outcomeOf(bootstrapSigner, key, [map, ...secrets]).writes
    return write?.verb === 'update' ? (write.object as ConfigMap).data : undefined
  }

  it('signs the kubeconfig so that who knows the token can check it', async () => {
    const data = signedData(clusterInfo({ kubeconfig: 'apiVersion: v1\n' }), token('abcdef'))
    const [header, payload, signature] = data?.['jws-kubeconfig-abcdef']?.split('.') ?? []
    assert.equal(payload, '')
    const whole = [header, Buffer.from('apiVersion: v1\n').toString('base64url'), signature].join('.')
    const { protectedHeader } = await compactVerify(whole, Buffer.from(value))
    assert.deepEqual(protectedHeader, { alg: 'HS256', kid: 'abcdef' })
  })
  it('keeps one signature for each token that is for signing, and writes nothing then', () => {
    const secrets = [
      token('aaaaaa'),
      token('bbbbbb', { 'usage-bootstrap-signing': 'false' }),
      token('cccccc', { expiration: before(1) }),
      token('dddddd', { 'token-id': 'eeeeee' }),
      token('ffffff', {}, { type: 'Opaque' }),
    ]
    const data = signedData(clusterInfo({ kubeconfig: 'k', 'jws-kubeconfig-zzzzzz': 'old', other: 'kept' }), ...secrets)
    assert.deepEqual(Object.keys(data ?? {}).sort(), ['jws-kubeconfig-aaaaaa', 'kubeconfig', 'other'])
    assert.equal(signedData(clusterInfo(data ?? {}), ...secrets), undefined)
    assert.deepEqual(Object.keys(signedData(clusterInfo(data ?? {})) ?? {}).sort(), ['kubeconfig', 'other'])
  })
  it('leaves a map without a kubeconfig alone', () => {
    assert.deepEqual(decide(bootstrapSigner, key, [token('abcdef')]), [])
    assert.deepEqual(decide(bootstrapSigner, key, [clusterInfo({ 'jws-kubeconfig-zzzzzz': 'old' }), token('abcdef')]), [])
  })
})
