import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { silentLogger } from '../base/logger.ts'
import { systemClock } from '../platform/clock.ts'
import { watchText } from '../platform/watched-file.ts'
import { apiServerExtras } from './api-server-settings.ts'

let dir: string
before(() => {
  dir = mkdtempSync(join(tmpdir(), 'coxswain-settings-'))
})
after(() => rmSync(dir, { recursive: true, force: true }))

const extras = (settings: Parameters<typeof apiServerExtras>[0]) =>
  apiServerExtras(settings, { logsDir: dir, clock: systemClock, logger: silentLogger })

function file(name: string, text: string): string {
  const path = join(dir, name)
  writeFileSync(path, text)
  return path
}

test('without settings there is neither a record nor encryption', async () => {
  const { options, sealing, close } = await extras({})
  assert.deepEqual([options.audit, sealing, options.readyChecks], [undefined, undefined, undefined])
  close()
})

test('the audit log is a file of its own that only its owner reads', async () => {
  const auditPolicyFile = file('policy.yaml', 'apiVersion: audit.k8s.io/v1\nkind: Policy\nrules:\n- level: Metadata\n')
  const { options, close } = await extras({ auditPolicyFile })
  options.audit?.write('{}\n')
  close()
  const log = join(dir, 'audit.log')
  assert.equal(readFileSync(log, 'utf8'), '{}\n')
  assert.equal(statSync(log).mode & 0o777, 0o600)
})

test('what is wrong in a file keeps the control plane from starting', async () => {
  await assert.rejects(extras({ auditPolicyFile: file('bad.yaml', 'kind: Policy\n') }), /audit policy: apiVersion/)
  await assert.rejects(extras({ encryptionConfigFile: file('bad.yaml', 'kind: Policy\n') }), /encryption configuration: apiVersion/)
  await assert.rejects(extras({ encryptionConfigFile: join(dir, 'none.yaml') }), /ENOENT/)
})

test('encryption without a key management service is well, and one that does not answer is not', async () => {
  const config = (provider: string) =>
    file(
      'encryption.yaml',
      `apiVersion: apiserver.config.k8s.io/v1\nkind: EncryptionConfiguration\nresources:\n- resources: [secrets]\n  providers:\n  - ${provider}\n`,
    )
  const key = Buffer.alloc(32, 1).toString('base64')
  const local = await extras({ encryptionConfigFile: config(`aesgcm: {keys: [{name: a, secret: ${key}}]}`) })
  assert.equal(local.options.readyChecks?.['kms-providers']?.(), undefined)
  assert.match(String(local.sealing?.seal({ key: '/registry/secrets/a/b', revision: 2, value: Buffer.from('x') })), /^k8s:enc:aesgcm:v1:a:/)
  local.close()
  const socket = join(dir, 'nobody.sock')
  const far = await extras({ encryptionConfigFile: config(`kms: {apiVersion: v2, name: k, endpoint: "unix://${socket}", timeout: 500ms}`) })
  assert.notEqual(far.options.readyChecks?.['kms-providers']?.(), undefined)
  assert.throws(() => far.sealing?.seal({ key: '/registry/secrets/a/b', revision: 2, value: Buffer.from('x') }), /does not answer/)
  far.close()
})

test('a file that has changed is read again', { timeout: 10_000 }, async () => {
  const path = file('watched', 'one')
  const texts: string[] = []
  let heard = () => {}
  const next = () =>
    new Promise<void>(resolve => {
      heard = resolve
    })
  const stop = watchText(
    path,
    text => {
      texts.push(text)
      heard()
    },
    error => assert.fail(String(error)),
    50,
  )
  const alive = setInterval(() => {}, 1000)
  await new Promise(resolve => setTimeout(resolve, 200))
  const second = next()
  writeFileSync(path, 'two')
  await second
  stop()
  clearInterval(alive)
  assert.deepEqual(texts, ['two'])
})
