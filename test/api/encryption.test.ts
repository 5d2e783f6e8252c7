// Encryption at rest behind a whole API server: what is on disk, and how keys are rotated by ordinary updates.
import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { Secret } from '../../src/api/core/secret.ts'
import { systemClock } from '../../src/platform/clock.ts'
import { parseEncryptionConfiguration } from '../../src/server/encryption/configuration.ts'
import { Encryption } from '../../src/server/encryption/encryption.ts'
import { openSqliteStore } from '../../src/store/sqlite.ts'
import { startTestServer } from '../testkit/api-server.ts'

const config = (...names: readonly string[]) => {
  const keys = names.map(name => `{name: ${name}, secret: ${Buffer.alloc(32, name).toString('base64')}}`)
  return parseEncryptionConfiguration(`apiVersion: apiserver.config.k8s.io/v1
kind: EncryptionConfiguration
resources:
- resources: [secrets]
  providers: [{aescbc: {keys: [${keys.join(', ')}]}}]
`)
}

test('secrets are not readable on disk, and an update that changes nothing takes the new key', async () => {
  const path = mkdtempSync(join(tmpdir(), 'coxswain-sealed-'))
  const sealing = new Encryption(config('one'), [], () => assert.fail('no service here'))
  const store = await openSqliteStore({ path, clock: systemClock, sealing })
  const server = await startTestServer({ store })
  const onDisk = () => Buffer.concat(readdirSync(path).map(name => readFileSync(join(path, name))))
  try {
    const client = server.client()
    const data = { password: Buffer.from('swordfish').toString('base64') }
    const created = await client.create(Secret, { metadata: { name: 's', namespace: 'default', labels: { plain: 'swordtail' } }, data })
    const version = created.metadata.resourceVersion
    assert.equal((await client.update(Secret, created)).metadata.resourceVersion, version)
    sealing.configure(config('two', 'one'))
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
