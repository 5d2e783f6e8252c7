import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { Server, ServerCredentials } from '@grpc/grpc-js'
import { ProtoReader, ProtoWriter } from '../../base/protobuf-wire.ts'
import { VirtualClock } from '../../base/virtual-clock.ts'
import type { Opening } from '../../store/sealing.ts'
import { openSqliteStore } from '../../store/sqlite.ts'
import { CompactedError, prefixEnd, type Store, type StoreEvent, StoreWriteError, UnreadableError } from '../../store/store.ts'
import { parseEncryptionConfiguration } from './configuration.ts'
import { Encryption, plainOnly } from './encryption.ts'
import { KmsV2Provider } from './kms.ts'
import { connectKms } from './kms-client.ts'

const key = (fill: number, size = 32) => Buffer.alloc(size, fill).toString('base64')
const config = (...entries: string[]) =>
  parseEncryptionConfiguration(`apiVersion: apiserver.config.k8s.io/v1\nkind: EncryptionConfiguration\nresources:\n${entries.join('')}`)
const entry = (resources: string, ...providers: string[]) =>
  `- resources: ${resources}\n  providers:\n${providers.map(p => `  - ${p}\n`).join('')}`
const keys = (type: string, ...names: readonly [string, number][]) =>
  `${type}: {keys: [${names.map(([name, fill]) => `{name: ${name}, secret: ${key(fill)}}`).join(', ')}]}`
const noKms = () => {
  throw new Error('no key management service here')
}
const encryption = (...entries: string[]) => new Encryption(config(...entries), ['apps'], noKms)

let dir: string
const clock = new VirtualClock()
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'coxswain-encryption-'))
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

const secretKey = '/registry/secrets/default/token'
const mapKey = '/registry/configmaps/default/map'
async function put(store: Store, at: string, text: string): Promise<void> {
  const expect = store.get(at)?.modRevision ?? 0
  assert.ok((await store.commit({ key: at, expect, value: () => ({ bytes: Buffer.from(text) }) })).ok)
}
const onDisk = () => Buffer.concat(readdirSync(join(dir, 'store')).map(name => readFileSync(join(dir, 'store', name))))
async function withStore<T>(by: Encryption | Opening, use: (store: Store) => Promise<T>): Promise<T> {
  const store = await openSqliteStore({
    path: join(dir, 'store'),
    clock,
    ...(by instanceof Encryption ? { sealing: by } : { opening: by }),
  })
  try {
    return await use(store)
  } finally {
    await store.close()
  }
}
const open = (by: Encryption | Opening) => withStore(by, async store => store.get(secretKey)?.value.toString())

for (const [type, prefix] of [
  ['aescbc', 'k8s:enc:aescbc:v1:k1:'],
  ['aesgcm', 'k8s:enc:aesgcm:v1:k1:'],
  ['secretbox', 'k8s:enc:secretbox:v1:k1:'],
] as const)
  test(`${type}: nothing of a secret is on disk, and it is there again after a restart`, async () => {
    const of = () => encryption(entry('[secrets]', keys(type, ['k1', 1])))
    await withStore(of(), async store => {
      await put(store, secretKey, 'swordfish-one')
      await put(store, secretKey, 'swordfish-two')
      await put(store, mapKey, 'in the open')
      assert.equal(store.get(secretKey)?.value.toString(), 'swordfish-two')
      assert.equal(onDisk().includes('swordfish'), false)
      await store.commit({ key: secretKey, expect: undefined, value: undefined })
      await put(store, secretKey, 'swordfish-three')
    })
    const bytes = onDisk()
    assert.equal(bytes.includes('swordfish'), false)
    assert.equal(bytes.includes(prefix), true)
    assert.equal(bytes.includes('in the open'), true)
    assert.equal(await open(of()), 'swordfish-three')
    const unreadable = (why: string) => ({ name: 'UnreadableError', message: `unable to transform key "${secretKey}": ${why}` })
    const transformer = type === 'secretbox' ? 'Secretbox' : 'AES'
    const noKey = unreadable(`no matching key was found for the provided ${transformer} transformer`)
    await assert.rejects(open(encryption(entry('[secrets]', keys(type, ['k1', 9])))), noKey)
    await assert.rejects(open(encryption(entry('[secrets]', 'identity: {}'))), unreadable('no matching prefix found'))
    for (const none of [encryption(entry('[pods]', 'identity: {}')), plainOnly])
      await assert.rejects(open(none), unreadable('identity transformer tried to read encrypted data'))
    assert.equal(await open(of()), 'swordfish-three')
  })

test('what cannot be read stays until it is overwritten or deleted, and takes nothing else with it', async () => {
  const [mine, other] = [
    () => encryption(entry('[secrets]', keys('aesgcm', ['k1', 1]))),
    () => encryption(entry('[secrets]', keys('aesgcm', ['k2', 2]))),
  ]
  const second = `${secretKey}-2`
  await withStore(mine(), async store => {
    for (const at of [secretKey, second]) await put(store, at, 'swordfish-one')
    await put(store, secretKey, 'swordfish-two')
    await put(store, mapKey, 'in the open')
  })
  await withStore(other(), async store => {
    const range = { start: '/registry/secrets/', end: prefixEnd('/registry/secrets/') }
    assert.throws(() => store.get(secretKey), UnreadableError)
    assert.throws(() => store.range(range), UnreadableError)
    assert.deepEqual([store.range({ ...range, onlyReadable: true }).entries, store.count(range.start, range.end)], [[], 2])
    assert.equal(store.get(mapKey)?.value.toString(), 'in the open')
    // What a watch would replay cannot be read either.
    const after = store.revision
    assert.throws(() => store.watch({ ...range, after: after - 3, onEvents: () => {} }), CompactedError)
    assert.equal((await store.commit({ key: secretKey, expect: 0, value: () => ({ bytes: Buffer.from('x') }) })).ok, false)

    const seen: string[] = []
    store.watch({ ...range, after, onEvents: assert.fail, onUnreadable: ({ key }) => seen.push(`ended by ${key}`) })
    const show = (events: readonly StoreEvent[]) => events.map(e => `${e.type} ${e.key} ${e.entry.value} was ${e.previous?.value}`)
    store.watch({ ...range, after, onEvents: events => seen.push(...show(events)) })
    const tombstone = () => ({ bytes: Buffer.from('gone') })
    assert.ok((await store.commit({ key: second, expect: undefined, value: undefined, tombstone })).ok)
    assert.deepEqual(seen, [`ended by ${second}`, `delete ${second} gone was undefined`])
    assert.equal(store.get(second), undefined)
    assert.equal(store.compactedRevision, store.revision)
    assert.ok((await store.commit({ key: secretKey, expect: undefined, value: () => ({ bytes: Buffer.from('swordfish-three') }) })).ok)
    assert.equal(store.get(secretKey)?.value.toString(), 'swordfish-three')
  })
  await withStore(other(), async store => {
    assert.equal(store.get(second), undefined)
    assert.equal(store.get(secretKey)?.value.toString(), 'swordfish-three')
  })
})

test('wildcards and groups decide what is sealed', async () => {
  const sealing = encryption(entry('[secrets]', 'identity: {}'), entry('["*.apps", "*.example.com"]', keys('aesgcm', ['k', 1])))
  const sealed = (at: string) =>
    sealing
      .seal({ key: at, revision: 2, value: Buffer.from('text') })
      .toString('latin1')
      .startsWith('k8s:enc:aesgcm')
  assert.equal(sealed('/registry/apps/deployments/default/x'), true)
  assert.equal(sealed('/registry/example.com/widgets/default/x'), true)
  assert.equal(sealed('/registry/secrets/default/x'), false)
  assert.equal(sealed('/registry/pods/default/x'), false)
})

test('a value that was moved to another key is not opened by ciphers that can tell', () => {
  const sealing = encryption(entry('[secrets]', keys('aesgcm', ['k', 1])))
  const value = sealing.seal({ key: secretKey, revision: 2, value: Buffer.from('text') })
  assert.equal(String(sealing.open({ key: secretKey, revision: 2, value })), 'text')
  assert.throws(
    () => sealing.open({ key: `${secretKey}2`, revision: 2, value }),
    /no matching key was found for the provided AES transformer/,
  )
})

describe('a key is rotated', () => {
  const old: [string, number] = ['old', 1]
  const fresh: [string, number] = ['new', 2]

  test('what an older key sealed is stale until it is written again', async () => {
    await withStore(encryption(entry('[secrets]', 'identity: {}')), store => put(store, secretKey, 'swordfish'))
    const sealing = encryption(entry('[secrets]', keys('aescbc', old), 'identity: {}'))
    await withStore(sealing, async store => {
      const stale = () => store.isStale(store.get(secretKey)!)
      assert.equal(stale(), true)
      await put(store, secretKey, 'swordfish')
      assert.equal(stale(), false)
      sealing.configure(config(entry('[secrets]', keys('aescbc', fresh, old))))
      assert.equal(stale(), true)
      assert.throws(() => sealing.configure(config(entry('[secrets]', keys('aescbc', fresh)))), /still needs a key/)
      await put(store, secretKey, 'swordfish')
      assert.equal(stale(), false)
      await store.compact(store.revision)
      sealing.configure(config(entry('[secrets]', keys('aescbc', fresh))))
      assert.equal(stale(), false)
    })
    assert.equal(await open(encryption(entry('[secrets]', keys('aescbc', fresh)))), 'swordfish')
    assert.equal(onDisk().includes('swordfish'), false)
  })

  test('and encryption given up, which makes everything sealed stale', async () => {
    await withStore(encryption(entry('[secrets]', keys('secretbox', old))), store => put(store, secretKey, 'swordfish'))
    await withStore(encryption(entry('[secrets]', 'identity: {}', keys('secretbox', old))), async store => {
      assert.equal(store.isStale(store.get(secretKey)!), true)
      await put(store, secretKey, 'swordfish')
      assert.equal(store.isStale(store.get(secretKey)!), false)
    })
    assert.equal(onDisk().includes('swordfish'), true)
  })
})

/** A service that "encrypts" by turning all bits, and knows which key it did that with. */
class FakeKms {
  readonly #server = new Server()
  keyId = 'one'
  healthz = 'ok'
  readonly calls: string[] = []

  async listen(path: string): Promise<void> {
    const identity = (bytes: Buffer) => bytes
    const method = (name: string, answer: (fields: Map<number, Buffer>) => readonly (readonly [number, string | Buffer])[]) => ({
      path: `/v2.KeyManagementService/${name}`,
      requestStream: false,
      responseStream: false,
      requestSerialize: identity,
      requestDeserialize: identity,
      responseSerialize: identity,
      responseDeserialize: identity,
      handle: (call: { request: Buffer }, callback: (error: null, reply: Buffer) => void) => {
        this.calls.push(name)
        const fields = new Map<number, Buffer>()
        for (const from = new ProtoReader(call.request); !from.atEnd; ) fields.set(from.tag().number, from.run())
        const to = new ProtoWriter()
        for (const [number, value] of answer(fields)) {
          to.tag(number, 2)
          to.bytes(Buffer.from(value as string))
        }
        callback(null, Buffer.from(to.finish()))
      },
    })
    const turned = (bytes: Buffer = Buffer.alloc(0)) => Buffer.from(bytes.map(byte => byte ^ 0xff))
    const methods = {
      Status: method('Status', () => [
        [1, 'v2'],
        [2, this.healthz],
        [3, this.keyId],
      ]),
      Encrypt: method('Encrypt', fields => [
        [1, turned(fields.get(1))],
        [2, this.keyId],
      ]),
      Decrypt: method('Decrypt', fields => [[1, turned(fields.get(1))]]),
    }
    const handlers = Object.fromEntries(Object.entries(methods).map(([name, { handle }]) => [name, handle]))
    this.#server.addService(methods, handlers)
    await new Promise<void>((resolve, reject) =>
      this.#server.bindAsync(`unix:${path}`, ServerCredentials.createInsecure(), error => (error ? reject(error) : resolve())),
    )
  }

  close(): void {
    this.#server.forceShutdown()
  }
}

/** Calls over a socket take their time. */
async function until(isSo: () => boolean): Promise<void> {
  for (let i = 0; i < 200 && !isSo(); i++) await new Promise(resolve => setTimeout(resolve, 10))
}

test('kms v2: the service seals a seed, once for all values, and a new key of its makes older values stale', async () => {
  const kms = new FakeKms()
  const socket = join(dir, 'kms.sock')
  await kms.listen(socket)
  const providers: KmsV2Provider[] = []
  const made = async () => {
    const provider = new KmsV2Provider({
      name: 'vault',
      client: connectKms(socket, 2000, Date.now),
      clock,
      newUid: () => 'uid',
    })
    providers.push(provider)
    await provider.start()
    return {
      provider,
      sealing: new Encryption(
        config(entry('[secrets]', `kms: {apiVersion: v2, name: vault, endpoint: "unix://${socket}"}`)),
        [],
        () => provider,
      ),
    }
  }
  try {
    const first = await made()
    assert.equal(first.provider.problem, undefined)
    await withStore(first.sealing, async store => {
      for (let i = 0; i < 20; i++) await put(store, secretKey, `swordfish ${i}`)
      await put(store, `${secretKey}-2`, 'swordfish')
    })
    assert.deepEqual(kms.calls, ['Status', 'Encrypt'])
    assert.equal(onDisk().includes('swordfish'), false)
    assert.equal(onDisk().includes('k8s:enc:kms:v2:vault:'), true)

    kms.calls.length = 0
    const second = await made()
    await withStore(second.sealing, async store => {
      assert.equal(store.get(secretKey)?.value.toString(), 'swordfish 19')
      assert.deepEqual(kms.calls, ['Status', 'Encrypt', 'Decrypt'])
      assert.equal(store.isStale(store.get(secretKey)!), false)
      kms.keyId = 'two'
      await clock.advance(61_000)
      await until(() => store.isStale(store.get(secretKey)!))
      assert.equal(store.isStale(store.get(secretKey)!), true)
      await put(store, secretKey, 'swordfish again')
      assert.equal(store.isStale(store.get(secretKey)!), false)

      kms.healthz = 'sealed'
      await clock.advance(61_000)
      await until(() => second.provider.problem !== undefined)
      assert.match(second.provider.problem ?? '', /unexpected healthz status: sealed/)
      await put(store, secretKey, 'for a while the last seed is good')
      await clock.advance(4 * 60_000)
      await assert.rejects(put(store, secretKey, 'not now'), StoreWriteError)
      assert.equal(store.get(secretKey)?.value.toString(), 'for a while the last seed is good')
    })
  } finally {
    for (const provider of providers) provider.close()
    kms.close()
  }
})
