// The store of one machine: versions in memory, made durable by a SQLite file that a worker thread owns.
import { join, resolve } from 'node:path'
import { Worker } from 'node:worker_threads'
import { assert } from '../base/assert.ts'
import type { Clock } from '../base/clock.ts'
import { type Backend, MvccStore } from './mvcc.ts'
import { packRecords, unpackRecords } from './records.ts'
import type { Retention } from './retention.ts'
import { type Opening, OpenLaterError, type Sealing } from './sealing.ts'
import type { SqliteReply, SqliteRequest, SqliteWorkerData } from './sqlite-messages.ts'
import { type Entry, type Store, type StoreEvent, StoreOpenError, StoreWriteError, type UnreadableError } from './store.ts'
import { type VersionRecord, Versions } from './versions.ts'

export interface SqliteStoreOptions {
  /** The folder of the store; made with mode 0700 when it is missing. */
  readonly path: string
  readonly clock: Clock
  readonly retention?: Partial<Retention>
  /** The module of the worker: where the bundle has it. Default: sqlite-worker.ts beside this file. */
  readonly workerUrl?: URL
  /** Encryption at rest. Default: the file has the values as they are. */
  readonly sealing?: Sealing
  /** Opens what was sealed when it was written. Default: `sealing`, or nothing was. */
  readonly opening?: Opening
  /** Told, once it is open, of each key whose value cannot be read. */
  onUnreadable?(error: UnreadableError): void
}

/** @throws {StoreOpenError} another process has it open, or it cannot be read */
export async function openSqliteStore(options: SqliteStoreOptions): Promise<Store> {
  const folder = resolve(options.path)
  const { sealing, opening = sealing } = options
  const workerData: SqliteWorkerData = { path: join(folder, 'store.db'), erases: sealing !== undefined }
  const worker = new Worker(options.workerUrl ?? new URL('./sqlite-worker.ts', import.meta.url), {
    name: 'store',
    workerData,
    execArgv: ['--disable-warning=ExperimentalWarning'],
  })
  const loaded = await load(worker, folder, opening)
  for (const error of loaded.versions.unreadable) options.onUnreadable?.(error)
  return new MvccStore({ ...loaded, backend: new SqliteBackend(worker, sealing), clock: options.clock, retention: options.retention })
}

/** Takes in what the worker sends until it says that the file is open. */
function load(worker: Worker, path: string, by: Opening | undefined): Promise<{ versions: Versions; garbage: number[] }> {
  const versions = new Versions()
  const garbage: number[] = []
  const take = (record: VersionRecord) => {
    garbage.push(...versions.restore(detached(record)))
  }
  /** Opening may take time, and the order counts. */
  let opening = Promise.resolve()
  const openAll = async (records: ArrayBuffer, by: Opening) => {
    for (const record of unpackRecords(records)) {
      const opened = openedRecord(record, by)
      take(opened instanceof Promise ? await opened : opened)
    }
  }
  return new Promise((resolve, reject) => {
    const finish = (settle: () => void) => {
      worker.off('message', onReply).off('error', onError)
      settle()
    }
    const onError = (error: unknown) => finish(() => reject(new StoreOpenError(path, 'failed', String(error))))
    const onReply = (reply: SqliteReply) => {
      if (reply.type === 'begin') versions.restoreCompacted(reply.compactedRevision)
      else if (reply.type === 'versions' && by) {
        opening = opening.then(() => openAll(reply.records, by))
        // What failed is told once the worker has sent everything.
        opening.catch(() => {})
      } else if (reply.type === 'versions') for (const record of unpackRecords(reply.records)) take(record)
      else if (reply.type === 'opened')
        opening.then(
          () => finish(() => resolve({ versions, garbage: [...garbage, ...versions.restored()] })),
          async error => {
            await worker.terminate()
            finish(() => reject(new StoreOpenError(path, 'failed', error instanceof Error ? error.message : String(error))))
          },
        )
      else if (reply.type === 'refused') finish(() => reject(new StoreOpenError(path, reply.reason, reply.message)))
    }
    worker.on('message', onReply).on('error', onError)
  })
}

function openedRecord(record: VersionRecord, by: Opening): VersionRecord | Promise<VersionRecord> {
  const done = (value: Buffer): VersionRecord => ({ ...record, value })
  const failed = (error: unknown): VersionRecord => {
    if (error instanceof OpenLaterError) throw error
    return { ...record, problem: error instanceof Error ? error.message : String(error) }
  }
  try {
    const opened = by.open(record)
    return opened instanceof Promise ? opened.then(done, failed) : done(opened)
  } catch (error) {
    return failed(error)
  }
}

/** With bytes of its own, so that a version does not keep all those alive that were read with it. */
function detached(record: VersionRecord): VersionRecord {
  const value = Buffer.allocUnsafeSlow(record.value.length)
  record.value.copy(value)
  return { ...record, value }
}

class SqliteBackend implements Backend {
  readonly #worker: Worker
  readonly #sealing: Sealing | undefined
  readonly #ended: Promise<void>
  /** Requests that have no reply yet, oldest first. */
  readonly #waiting: { resolve(): void; reject(error: Error): void }[] = []
  #lost: Error | undefined

  constructor(worker: Worker, sealing: Sealing | undefined) {
    this.#worker = worker
    this.#sealing = sealing
    worker.on('message', (reply: SqliteReply) => this.#onReply(reply))
    worker.on('error', error => this.#lose(error instanceof Error ? error : new Error(String(error))))
    this.#ended = new Promise(resolve => {
      worker.on('exit', code => {
        this.#lose(new Error(`the worker of the store ended with code ${code}`))
        resolve()
      })
    })
  }

  async persist(events: readonly StoreEvent[]): Promise<void> {
    const records = packRecords(this.#sealed(events.map(recordOf)))
    await this.#ask({ type: 'persist', records }, [records])
  }

  async drop(compactedRevision: number, revisions: readonly number[]): Promise<void> {
    await this.#ask({ type: 'drop', compactedRevision, revisions })
    this.#sealing?.dropped(revisions)
  }

  isStale({ key, modRevision }: Entry): boolean {
    return this.#sealing?.isStale(key, modRevision) ?? false
  }

  #sealed(records: readonly VersionRecord[]): readonly VersionRecord[] {
    const sealing = this.#sealing
    if (!sealing) return records
    try {
      return records.map(record => ({ ...record, value: sealing.seal(record) }))
    } catch (error) {
      throw new StoreWriteError(error instanceof Error ? error.message : String(error), false)
    }
  }

  async close(): Promise<void> {
    if (!this.#lost) await this.#ask({ type: 'close' })
    await this.#ended
  }

  #ask(request: SqliteRequest, transfer: ArrayBuffer[] = []): Promise<void> {
    if (this.#lost) return Promise.reject(this.#lost)
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject })
      this.#worker.postMessage(request, transfer)
    })
  }

  #onReply(reply: SqliteReply): void {
    const asked = this.#waiting.shift()
    assert(asked, `a reply without a request: ${reply.type}`)
    if (reply.type === 'failed') asked.reject(new StoreWriteError(reply.message, reply.noSpace))
    else asked.resolve()
  }

  #lose(error: Error): void {
    this.#lost ??= error
    for (const { reject } of this.#waiting.splice(0)) reject(this.#lost)
  }
}

function recordOf({ type, key, revision, entry }: StoreEvent): VersionRecord {
  return { revision, createRevision: entry.createRevision, deleted: type === 'delete', key, value: entry.value }
}
