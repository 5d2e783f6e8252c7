import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import fc from 'fast-check'
import { VirtualClock } from '../base/virtual-clock.ts'
import { packRecords, unpackRecords } from './records.ts'
import { openSqliteStore } from './sqlite.ts'
import { commit, keepAll, type OpenTestStore, put, remove, testStore, texts } from './store.contract.ts'
import { CompactedError, prefixEnd, type Store, type StoreEvent, StoreOpenError, StoreWriteError } from './store.ts'

const everything = { start: '', end: prefixEnd('') }

function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), 'coxswain-store-'))
}

const openTestStore: OpenTestStore = async (clock, retention) => {
  const path = temporaryFolder()
  const store = await openSqliteStore({ path, clock, ...(retention ? { retention } : {}) })
  return {
    store,
    dispose: async () => {
      await store.close()
      rmSync(path, { recursive: true })
    },
  }
}

testStore('sqlite', openTestStore, { modelRuns: 10 })

/** All that can be seen of a store. */
function snapshot(store: Store) {
  const { revision, compactedRevision } = store
  const show = ({ key, value, createRevision, modRevision }: StoreEvent['entry']) => `${key}=${value} ${createRevision} ${modRevision}`
  const events: string[] = []
  const onEvents = (batch: readonly StoreEvent[]) => {
    for (const { type, entry, previous } of batch) events.push(`${type} ${show(entry)} was ${previous ? show(previous) : 'nothing'}`)
  }
  store.watch({ ...everything, after: compactedRevision, onEvents })()
  const states = []
  for (let at = Math.max(1, compactedRevision); at <= revision; at++)
    states.push(store.range({ ...everything, revision: at }).entries.map(show))
  return { revision, compactedRevision, events, states }
}

describe('packed records', () => {
  it('unpack to what was packed', () => {
    const shape = {
      revision: fc.maxSafeNat(),
      createRevision: fc.maxSafeNat(),
      deleted: fc.boolean(),
      key: fc.string({ unit: 'binary', maxLength: 20 }),
      value: fc.uint8Array({ maxLength: 50 }).map(bytes => Buffer.from(bytes)),
    }
    const record = fc.record(shape, { noNullPrototype: true })
    fc.assert(
      fc.property(fc.array(record), records => {
        assert.deepEqual([...unpackRecords(packRecords(records))], records)
      }),
      { numRuns: 30 },
    )
  })
})

describe('a store on disk', () => {
  let path: string
  let opened: Store[] = []
  beforeEach(() => {
    path = join(temporaryFolder(), 'store')
  })
  afterEach(async () => {
    for (const store of opened) await store.close()
    opened = []
    rmSync(join(path, '..'), { recursive: true, force: true })
  })

  const open = async (at = path) => {
    const store = await openSqliteStore({ path: at, clock: new VirtualClock(), retention: keepAll })
    opened.push(store)
    return store
  }

  it('is as it was after it was closed and opened again', async () => {
    let store = await open()
    for (let i = 0; i < 30; i++) {
      await store.commit(
        i % 4 === 3 ? { ...remove(`k${i % 5}`), tombstone: at => ({ bytes: Buffer.from(`gone ${at}`) }) } : put(`k${i % 5}`, `v${i}`),
      )
    }
    await store.compact(9)
    for (let round = 0; round < 2; round++) {
      const before = snapshot(store)
      await store.close()
      store = await open()
      assert.deepEqual(snapshot(store), before)
      assert.throws(() => store.get('k1', 8), CompactedError)
    }
    assert.equal(await commit(store, put('new', '1', 0)), store.revision)
    await store.close()
  })

  it('keeps its revision when everything has been deleted and compacted', async () => {
    const store = await open()
    await commit(store, put('a', '1'))
    const revision = await commit(store, remove('a'))
    await store.compact(revision)
    await store.close()
    const again = await open()
    assert.equal(again.revision, revision)
    assert.deepEqual(again.range(everything).entries, [])
    assert.equal(await commit(again, put('a', '2', 0)), revision + 1)
    await again.close()
  })

  it('loads thousands of versions, large ones among them', async () => {
    const store = await open()
    const texts = new Map(Array.from({ length: 3_000 }, (_, i) => [`/pods/${i}`, `${i}`.repeat(i % 100 === 0 ? 50_000 : 50)]))
    await Promise.all([...texts].map(([key, text]) => commit(store, put(key, text))))
    await store.close()
    const again = await open()
    assert.equal(again.count('', prefixEnd('')), texts.size)
    for (const [key, text] of texts) assert.equal(again.get(key)?.value.toString(), text)
    await again.close()
  })

  it('is readable by its owner only', async () => {
    const store = await open()
    await commit(store, put('a', '1'))
    const mode = (name: string) => statSync(join(path, name)).mode & 0o777
    assert.deepEqual([mode('.'), mode('store.db'), mode('store.db-wal')], [0o700, 0o600, 0o600])
    await store.close()
  })

  it('is refused while it is open, here or in another process', async () => {
    const store = await open()
    const locked = (error: unknown) => error instanceof StoreOpenError && error.reason === 'locked' && error.message.includes(path)
    await assert.rejects(open(), locked)
    const outcome = execFileSync(process.execPath, [
      '--input-type=module',
      '-e',
      childProgram(path, 'console.log("opened")', 'console.log(error.reason)'),
    ])
    assert.equal(outcome.toString().trim(), 'locked')
    // The refused attempts have not broken the lock.
    await assert.rejects(open(), locked)
    await commit(store, put('a', '1'))
    await store.close()
    const again = await open()
    assert.deepEqual(texts(again.range(everything).entries), ['a=1'])
    await again.close()
  })

  it('is refused when it is no database', async () => {
    await (await open()).close()
    writeFileSync(join(path, 'store.db'), 'not a database, but long enough to look at its header'.repeat(100))
    await assert.rejects(open(), (error: unknown) => error instanceof StoreOpenError && error.reason === 'failed')
  })

  it('loses nothing it has acknowledged when it is killed', async () => {
    for (let round = 0; round < 3; round++) {
      const acknowledged = await killWhileWriting(path)
      const store = await open()
      // Each key holds its newest acknowledged value or, if the kill came between a commit and its answer, a newer one.
      for (const [key, revision] of acknowledged) {
        const entry = store.get(key)
        assert.ok(entry && entry.modRevision >= revision, `${key} at ${revision} is lost`)
        assert.equal(entry.value.toString(), `${entry.modRevision}`.repeat(300))
      }
      assert.ok(acknowledged.size === 50 && store.revision >= Math.max(...acknowledged.values()))
      assert.ok(store.compactedRevision > 0, 'it was killed before it compacted anything')
      let expected = store.compactedRevision
      if (expected > 0)
        store.watch({ ...everything, after: expected, onEvents: events => assert.ok(events.every(event => event.revision === ++expected)) })
      assert.equal(expected, store.revision)
      await store.close()
    }
  })

  it('goes on after its disk was full', { skip: canMount() ? false : 'needs to mount a tmpfs' }, async () => {
    const disk = temporaryFolder()
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', disk])
    try {
      const folder = join(disk, 'store')
      let store = await open(folder)
      writeFileSync(join(disk, 'ballast'), Buffer.alloc(1024 * 1024))
      const write = (i: number) => commit(store, put(`key-${i}`, `${i}`.repeat(20_000)))
      let written = 0
      const failure = await (async () => {
        for (; ; written++) await write(written)
      })().catch((error: unknown) => error)
      assert.ok(failure instanceof StoreWriteError && failure.noSpace, String(failure))
      assert.ok(written > 0)
      assert.equal(store.revision, written + 1)
      assert.equal(store.get(`key-${written}`), undefined)

      rmSync(join(disk, 'ballast'))
      assert.equal(await write(written), written + 2)
      const before = snapshot(store)
      await store.close()
      store = await open(folder)
      assert.deepEqual(snapshot(store), before)
      await store.close()
    } finally {
      execFileSync('umount', ['-l', disk])
      rmSync(disk, { recursive: true })
    }
  })
})

function canMount(): boolean {
  const probe = temporaryFolder()
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', probe], { stdio: 'ignore' })
    execFileSync('umount', [probe])
    return true
  } catch {
    return false
  } finally {
    rmSync(probe, { recursive: true, force: true })
  }
}

/** A program that opens the store at `path` and runs `body` with it. */
function childProgram(path: string, body: string, onError = 'throw error'): string {
  const url = (file: string) => JSON.stringify(new URL(file, import.meta.url).href)
  return `
    import { writeSync } from 'node:fs'
    import { openSqliteStore } from ${url('./sqlite.ts')}
    import { VirtualClock } from ${url('../base/virtual-clock.ts')}
    try {
      const retention = { keepMs: Infinity, keepRevisions: 300, keepBytes: Infinity }
      const store = await openSqliteStore({ path: ${JSON.stringify(path)}, clock: new VirtualClock(), retention })
      ${body}
    } catch (error) { ${onError} }`
}

/** Kills a process that writes and compacts as fast as it can; returns the newest acknowledged revision of each key. */
async function killWhileWriting(path: string): Promise<Map<string, number>> {
  const body = `
    let next = 0
    async function write() {
      for (;;) {
        const key = 'key-' + next++ % 50
        const result = await store.commit({ key, expect: undefined, value: revision => ({ bytes: Buffer.from(String(revision).repeat(300)) }) })
        writeSync(1, key + ' ' + result.revision + '\\n')
      }
    }
    await Promise.all(Array.from({ length: 8 }, write))`
  const child = spawn(process.execPath, ['--input-type=module', '-e', childProgram(path, body)], { stdio: ['ignore', 'pipe', 'inherit'] })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text
    if (output.length > 16_000) child.kill('SIGKILL')
  })
  await once(child, 'close')
  const lines = output.slice(0, output.lastIndexOf('\n')).split('\n')
  return new Map(lines.map(line => line.split(' ')).map(([key, revision]) => [key!, Number(revision)]))
}
