// Encryption at rest behind a whole API server: what is on disk, and how keys are rotated by ordinary updates.
import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { ConfigMap } from '../../src/api/core/config-map.ts'
import { Namespace } from '../../src/api/core/namespace.ts'
import { Secret } from '../../src/api/core/secret.ts'
import { ClusterRole } from '../../src/api/rbac/cluster-role.ts'
import { ClusterRoleBinding } from '../../src/api/rbac/cluster-role-binding.ts'
import { silentLogger } from '../../src/base/logger.ts'
import { systemClock } from '../../src/platform/clock.ts'
import { parseEncryptionConfiguration } from '../../src/server/encryption/configuration.ts'
import { Encryption } from '../../src/server/encryption/encryption.ts'
import { openSqliteStore } from '../../src/store/sqlite.ts'
import { requestsOver } from '../testkit/api-requests.ts'
import { startTestServer, type TestServer } from '../testkit/api-server.ts'

const config = (resources: string, ...names: readonly string[]) => {
  const keys = names.map(name => `{name: ${name}, secret: ${Buffer.alloc(32, name).toString('base64')}}`)
  return parseEncryptionConfiguration(`apiVersion: apiserver.config.k8s.io/v1
kind: EncryptionConfiguration
resources:
- resources: [namespaces]
  providers: [{identity: {}}]
- resources: ["${resources}"]
  providers: [{aescbc: {keys: [${keys.join(', ')}]}}]
`)
}

const sealingBy = (...of: Parameters<typeof config>) => new Encryption(config(...of), [], () => assert.fail('no service here'))

/** A server over the store of the folder, that encrypts so. */
async function serving<T>(path: string, sealing: Encryption, use: (server: TestServer) => Promise<T>): Promise<T> {
  const server = await startTestServer({
    store: await openSqliteStore({ path, clock: systemClock, sealing }),
    settings: { logger: silentLogger },
  })
  try {
    return await use(server)
  } finally {
    await server.close()
  }
}

const unsafe = 'ignoreStoreReadErrorWithClusterBreakingPotential'
const secretsPath = '/api/v1/namespaces/default/secrets'
const unreadable = (name: string) =>
  `Internal error occurred: unable to transform key "/registry/secrets/default/${name}": no matching key was found for the provided AES transformer`

test('a secret whose key is missing fails its own reads alone, is there again with the key, and can be given up', async () => {
  const path = mkdtempSync(join(tmpdir(), 'coxswain-sealed-'))
  try {
    await serving(path, sealingBy('secrets', 'one'), async server => {
      for (const name of ['kept', 'lost'])
        await server.client().create(Secret, { metadata: { name, namespace: 'default', finalizers: ['a.b/c'] } })
    })
    await serving(path, sealingBy('secrets', 'two'), async ({ url, pki, client }) => {
      const api = requestsOver('HTTP/1.1', url, { ca: pki.ca.certificate, cert: pki.admin.certificate, key: pki.admin.key })
      const answer = async (method: string, path: string, body?: object) => {
        const { code, json } = await api.send(method, path, body && { body })
        return [code, json['reason'] ?? '', json['message'] ?? '']
      }
      try {
        const failure = (name: string) => [500, 'InternalError', unreadable(name)]
        for (const path of [secretsPath, '/api/v1/secrets', `${secretsPath}?watch=true`, `${secretsPath}/kept`])
          assert.deepEqual(await answer('GET', path), failure('kept'), path)
        assert.deepEqual(await answer('GET', `${secretsPath}/lost`), failure('lost'))
        assert.deepEqual(await answer('DELETE', `${secretsPath}/lost`), failure('lost'))
        assert.deepEqual((await answer('POST', secretsPath, { metadata: { name: 'lost' } })).slice(0, 2), [409, 'AlreadyExists'])
        assert.equal((await answer('POST', secretsPath, { metadata: { name: 'new' } }))[0], 201)
        assert.equal((await answer('GET', `${secretsPath}/new`))[0], 200)
        assert.equal((await answer('GET', '/api/v1/configmaps'))[0], 200)

        const wish = { [unsafe]: true }
        const [code, reason, message] = await answer('DELETE', `${secretsPath}/new`, wish)
        assert.deepEqual([code, reason], [422, 'Invalid'])
        assert.match(String(message), /is exclusively used to delete corrupt object\(s\), try again by removing this option/)
        const odd = await answer('DELETE', `${secretsPath}/lost`, { ...wish, gracePeriodSeconds: 0 })
        assert.match(String(odd[2]), /Invalid value: true: cannot be set together with \.gracePeriodSeconds/)
        assert.match(String((await answer('DELETE', secretsPath, wish))[2]), /is not allowed with DELETECOLLECTION/)
        await client().create(ClusterRole, {
          metadata: { name: 'edit-secrets' },
          rules: [{ apiGroups: [''], resources: ['secrets'], verbs: ['delete'] }],
        })
        await client().create(ClusterRoleBinding, {
          metadata: { name: 'edit-secrets' },
          roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'edit-secrets' },
          subjects: [{ kind: 'Group', name: 'editors', apiGroup: 'rbac.authorization.k8s.io' }],
        })
        const headers = { 'impersonate-user': 'someone', 'impersonate-group': 'editors' }
        const forbidden = await api.send('DELETE', `${secretsPath}/lost`, { body: wish, headers })
        assert.match(
          forbidden.json['message'],
          /^secrets "lost" is forbidden: not permitted to do "unsafe-delete-ignore-read-errors", reason: /,
        )
        assert.equal((await answer('DELETE', `${secretsPath}/lost?${unsafe}=true`))[0], 200)
        assert.equal((await answer('GET', `${secretsPath}/lost`))[0], 404)
      } finally {
        api.close()
      }
    })
    await serving(path, sealingBy('secrets', 'two', 'one'), async server => {
      const { items } = await server.client().list(Secret)
      assert.deepEqual(
        items.map(({ metadata }) => metadata.name).filter(name => ['kept', 'lost', 'new'].includes(name)),
        ['kept', 'new'],
      )
    })
  } finally {
    rmSync(path, { recursive: true, force: true })
  }
})

test('a server starts over objects of which it can read next to none', async () => {
  const path = mkdtempSync(join(tmpdir(), 'coxswain-sealed-'))
  try {
    await serving(path, sealingBy('*.*', 'one'), async server => {
      await server.client().create(ConfigMap, { metadata: { name: 'm', namespace: 'default' } })
    })
    await serving(path, sealingBy('*.*', 'two'), async server => {
      const client = server.client()
      await assert.rejects(client.list(ConfigMap), /unable to transform key/)
      await client.create(Namespace, { metadata: { name: 'new' } })
      await client.create(ConfigMap, { metadata: { name: 'm', namespace: 'new' } })
      assert.equal((await client.list(ConfigMap, { namespace: 'new' })).items.length, 1)
    })
    await serving(path, sealingBy('*.*', 'two', 'one'), async server => {
      assert.equal((await server.client().get(ConfigMap, { namespace: 'default', name: 'm' })).metadata.name, 'm')
    })
  } finally {
    rmSync(path, { recursive: true, force: true })
  }
})

test('secrets are not readable on disk, and an update that changes nothing takes the new key', async () => {
  const path = mkdtempSync(join(tmpdir(), 'coxswain-sealed-'))
  const sealing = sealingBy('secrets', 'one')
  const store = await openSqliteStore({ path, clock: systemClock, sealing })
  const server = await startTestServer({ store })
  const onDisk = () => Buffer.concat(readdirSync(path).map(name => readFileSync(join(path, name))))
  try {
    const client = server.client()
    const data = { password: Buffer.from('swordfish').toString('base64') }
    const created = await client.create(Secret, { metadata: { name: 's', namespace: 'default', labels: { plain: 'swordtail' } }, data })
    const version = created.metadata.resourceVersion
    assert.equal((await client.update(Secret, created)).metadata.resourceVersion, version)
    sealing.configure(config('secrets', 'two', 'one'))
    const rewritten = await client.update(Secret, created)
    assert.notEqual(rewritten.metadata.resourceVersion, version)
    assert.equal((await client.update(Secret, rewritten)).metadata.resourceVersion, rewritten.metadata.resourceVersion)
    assert.deepEqual((await client.get(Secret, { namespace: 'default', name: 's' })).data, data)
    const bytes = onDisk()
    for (const text of ['swordfish', data.password, 'swordtail']) assert.equal(bytes.includes(text), false, text)
    for (const name of ['one', 'two']) assert.equal(bytes.includes(`k8s:enc:aescbc:v1:${name}:`), true)
  } finally {
    await server.close()
    rmSync(path, { recursive: true, force: true })
  }
})
