import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isFor, parseEncryptionConfiguration } from './configuration.ts'

const secret = Buffer.alloc(32, 7).toString('base64')
const file = (resources: string) => `apiVersion: apiserver.config.k8s.io/v1
kind: EncryptionConfiguration
resources:
${resources}`
const entry = (resources: string, providers: string) => `- resources: ${resources}\n  providers: ${providers}\n`

test('resources, providers and their keys are read', () => {
  const [first, second] = parseEncryptionConfiguration(
    file(
      entry('[secrets, deployments.apps]', `[{aescbc: {keys: [{name: a, secret: ${secret}}]}}, {identity: {}}]`) +
        entry('["*.*"]', '[{kms: {apiVersion: v2, name: k, endpoint: "unix:///run/k.sock", timeout: 5s}}]'),
    ),
  )
  assert.deepEqual(first, {
    resources: ['secrets', 'deployments.apps'],
    providers: [{ type: 'aescbc', keys: [{ name: 'a', secret: Buffer.alloc(32, 7) }] }, { type: 'identity' }],
  })
  assert.deepEqual(second?.providers, [{ type: 'kms', name: 'k', socketPath: '/run/k.sock', timeoutMs: 5000 }])
})

for (const [why, text, message] of [
  ['another kind', 'apiVersion: apiserver.config.k8s.io/v1\nkind: Policy\n', /kind: must be EncryptionConfiguration/],
  ['no resources', file('  []'), /resources: Required value/],
  [
    'an unknown field',
    file(entry('[secrets]', '[{identity: {}}]').replace('providers', 'provider')),
    /resources\[0\]\.provider: unknown field/,
  ],
  ['an unknown provider', file(entry('[secrets]', '[{rot13: {}}]')), /rot13: unknown provider/],
  ['two providers in one', file(entry('[secrets]', '[{identity: {}, aesgcm: {keys: []}}]')), /more than one provider/],
  ['no key', file(entry('[secrets]', '[{aesgcm: {keys: []}}]')), /provider has no keys/],
  ['a short key', file(entry('[secrets]', '[{secretbox: {keys: [{name: a, secret: YWJj}]}}]')), /got 3, expected one of \[32\]/],
  ['a key that is no base64', file(entry('[secrets]', '[{aescbc: {keys: [{name: a, secret: "?"}]}}]')), /base64 encoded/],
  ['kms v1', file(entry('[secrets]', '[{kms: {name: k, endpoint: "unix:///k"}}]')), /only v2 is supported/],
  ['a tcp endpoint', file(entry('[secrets]', '[{kms: {apiVersion: v2, name: k, endpoint: "tcp://k"}}]')), /must be a unix socket/],
  [
    'what is covered before',
    file(entry('["*."]', '[{identity: {}}]') + entry('[secrets]', '[{identity: {}}]')),
    /secrets is covered by \*\./,
  ],
  ['a bare star', file(entry('["*"]', '[{identity: {}}]')), /use \*\.\*/],
] as const)
  test(`${why} is refused`, () => {
    assert.throws(() => parseEncryptionConfiguration(text), message)
  })

for (const [name, group, plural, expected] of [
  ['secrets', '', 'secrets', true],
  ['secrets', 'example.com', 'secrets', false],
  ['deployments.apps', 'apps', 'deployments', true],
  ['*.apps', 'apps', 'deployments', true],
  ['*.', '', 'pods', true],
  ['*.', 'apps', 'deployments', false],
  ['*.*', 'apps', 'deployments', true],
  ['*.example.com', 'example.com', 'widgets', true],
] as const)
  test(`${name} ${expected ? 'means' : 'does not mean'} ${plural} of group "${group}"`, () => {
    assert.equal(isFor(name, group, plural), expected)
  })
