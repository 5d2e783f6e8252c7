// The worker thread that owns the SQLite file. One row is one version of a key; rows are only appended and, by compaction, dropped.
//
// Durable: WAL with synchronous=FULL, so a commit has been synced to disk when it returns. Locked: in exclusive locking mode the
// process holds the file's lock until it closes it or dies, however it dies. That mode also needs no shared-memory file, whose
// growth on a full disk would kill the process.
import { chmodSync, closeSync, fsyncSync, mkdirSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { packRecords, recordBytes, unpackRecords } from './records.ts'
import type { SqliteReply, SqliteRequest, SqliteWorkerData } from './sqlite-messages.ts'
import type { VersionRecord } from './versions.ts'

const FORMAT = 1
/** The write-ahead log is brought into the database file when it has grown by this much. */
const CHECKPOINT_BYTES = 8 * 1024 * 1024
const CHUNK_BYTES = 256 * 1024

/** Primary result codes, https://www.sqlite.org/rescode.html */
const SQLITE_BUSY = 5
const SQLITE_FULL = 13

function openDatabase({ path, erases }: SqliteWorkerData): DatabaseSync {
  createPrivately(path)
  const database = new DatabaseSync(path, { timeout: 0 })
  try {
    // Pages of 8 KiB hold three typical objects; with the usual 4 KiB a page often has room for one, and disk and log grow by a half.
    database.exec('PRAGMA page_size = 8192; PRAGMA locking_mode = EXCLUSIVE')
    // The log is brought in after a reply rather than within a commit. It is not left much larger than it has to be.
    database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0;
      PRAGMA journal_size_limit = ${2 * CHECKPOINT_BYTES}`)
    database.exec(`PRAGMA secure_delete = ${erases ? 'ON' : 'OFF'}`)
    const format = database.prepare('PRAGMA user_version').get()!['user_version']
    if (format !== 0 && format !== FORMAT) throw new Error(`its format is ${format}; this version reads ${FORMAT}`)
    database.exec(`BEGIN EXCLUSIVE;
      CREATE TABLE IF NOT EXISTS version (revision INTEGER PRIMARY KEY, create_revision INTEGER NOT NULL, deleted INTEGER NOT NULL,
        key TEXT NOT NULL, value BLOB NOT NULL) STRICT;
      CREATE TABLE IF NOT EXISTS compaction (id INTEGER PRIMARY KEY CHECK (id = 0), revision INTEGER NOT NULL) STRICT;
      INSERT OR IGNORE INTO compaction VALUES (0, 0);
      PRAGMA user_version = ${FORMAT};
      COMMIT`)
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

/** Makes the folder and the file, readable by their owner only. SQLite gives its other files the same mode. */
function createPrivately(path: string): void {
  const folder = dirname(path)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  chmodSync(folder, 0o700)
  try {
    // Not opened when it exists: closing it here would release the lock that another connection of this process has on it.
    closeSync(openSync(path, 'wx', 0o600))
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
    chmodSync(path, 0o600)
    return
  }
  for (const created of [folder, dirname(folder)]) {
    const directory = openSync(created, 'r')
    fsyncSync(directory)
    closeSync(directory)
  }
}

function sendVersions(database: DatabaseSync, send: (reply: SqliteReply, transfer?: ArrayBuffer[]) => void): void {
  const { revision: compactedRevision } = database.prepare('SELECT revision FROM compaction').get() as { revision: number }
  send({ type: 'begin', compactedRevision })
  let chunk: VersionRecord[] = []
  let bytes = 0
  const flush = () => {
    const records = packRecords(chunk)
    send({ type: 'versions', records }, [records])
    chunk = []
    bytes = 0
  }
  const select = database.prepare('SELECT revision, create_revision, deleted, key, value FROM version ORDER BY revision')
  select.setReturnArrays(true)
  // In array mode a row is the tuple of the selected columns, of the types that the strict table holds them to.
  for (const row of select.iterate() as Iterable<unknown> as Iterable<[number, number, number, string, Uint8Array]>) {
    const [revision, createRevision, deleted, key, value] = row
    const record = {
      revision,
      createRevision,
      deleted: deleted === 1,
      key,
      value: Buffer.from(value.buffer, value.byteOffset, value.length),
    }
    chunk.push(record)
    bytes += recordBytes(record)
    if (bytes >= CHUNK_BYTES) flush()
  }
  if (chunk.length > 0) flush()
  send({ type: 'opened' })
}

/** Answers requests until `close`. */
function serve(database: DatabaseSync, port: MessagePort, send: (reply: SqliteReply) => void): void {
  const insert = database.prepare('INSERT INTO version (revision, create_revision, deleted, key, value) VALUES (?, ?, ?, ?, ?)')
  const forget = database.prepare('DELETE FROM version WHERE revision = ?')
  const setCompacted = database.prepare('UPDATE compaction SET revision = ?')
  let loggedBytes = 0

  const perform = (request: SqliteRequest) => {
    if (request.type === 'persist') {
      transact(database, () => {
        for (const { revision, createRevision, deleted, key, value } of unpackRecords(request.records)) {
          insert.run(revision, createRevision, deleted ? 1 : 0, key, value)
        }
      })
      loggedBytes += request.records.byteLength
    } else if (request.type === 'drop') {
      transact(database, () => {
        setCompacted.run(request.compactedRevision)
        for (const revision of request.revisions) forget.run(revision)
      })
      loggedBytes += request.revisions.length * 1024
    } else database.close()
  }

  port.on('message', (request: SqliteRequest) => {
    try {
      perform(request)
      send({ type: 'done' })
    } catch (error) {
      send({ type: 'failed', message: messageOf(error), noSpace: codeOf(error) === SQLITE_FULL })
    }
    if (request.type === 'close') return port.close()
    if (loggedBytes >= CHECKPOINT_BYTES) {
      loggedBytes = 0
      checkpoint(database)
    }
  })
}

function transact(database: DatabaseSync, body: () => void): void {
  database.exec('BEGIN IMMEDIATE')
  try {
    body()
    database.exec('COMMIT')
  } catch (error) {
    // Some errors (a full disk among them) have rolled back by themselves.
    if (database.isTransaction) database.exec('ROLLBACK')
    throw error
  }
}

/** A failure loses nothing: the log stays the truth, and grows until a later checkpoint works or a commit fails for lack of space. */
function checkpoint(database: DatabaseSync): void {
  try {
    database.exec('PRAGMA wal_checkpoint(PASSIVE)')
  } catch (error) {
    if (codeOf(error) === undefined) throw error
  }
}

/** The primary result code of an error of SQLite. */
function codeOf(error: unknown): number | undefined {
  return error instanceof Error && 'errcode' in error && typeof error.errcode === 'number' ? error.errcode & 0xff : undefined
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

function main(port: MessagePort, data: SqliteWorkerData): void {
  const send = (reply: SqliteReply, transfer: ArrayBuffer[] = []) => port.postMessage(reply, transfer)
  try {
    const database = openDatabase(data)
    sendVersions(database, send)
    serve(database, port, send)
  } catch (error) {
    const locked = codeOf(error) === SQLITE_BUSY
    const message = locked ? 'it is in use by another process, or is already open in this one' : messageOf(error)
    send({ type: 'refused', reason: locked ? 'locked' : 'failed', message })
  }
}

if (parentPort) main(parentPort, workerData)
