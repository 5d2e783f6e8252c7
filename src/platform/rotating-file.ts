// A file that is appended to, and set aside under a name with the time when it has grown large. Lines gather and leave as one write a turn
// that nobody waits for; what is left when the process ends is written then. Nothing is lost: a backlog that grows too large is written at once.
import { close, closeSync, fstatSync, openSync, readdirSync, renameSync, rmSync, statSync, write, writeSync } from 'node:fs'
import { basename, dirname, extname, join } from 'node:path'

export interface RotatingFileOptions {
  readonly path: string
  readonly mode: number
  /** 0: it grows for ever. */
  readonly maxBytes: number
  /** How many files that were set aside are kept; 0: all. */
  readonly maxBackups: number
  /** How long they are kept; 0: for ever. */
  readonly maxAgeMs?: number
  /** Told what went wrong; default: written to the standard error. */
  onError?(error: unknown): void
}

/** What is left in files that are open when the process ends. */
const unfinished = new Set<() => void>()
process.on('exit', () => {
  for (const finish of unfinished) finish()
})

/** What may wait for the disk. */
const maxPendingBytes = 8 * 1024 * 1024

export class RotatingFile {
  readonly #options: RotatingFileOptions
  #fd: number
  #size: number
  #pending: string[] = []
  #pendingLength = 0
  /** What is being written now: its first part may be on disk already. */
  #writing: { bytes: Buffer; written: number } | undefined
  #isScheduled = false
  #isClosed = false

  constructor(options: RotatingFileOptions) {
    this.#options = options
    this.#fd = openSync(options.path, 'a', options.mode)
    this.#size = fstatSync(this.#fd).size
    unfinished.add(this.#finish)
  }

  /** Appends a line, which must end in a newline. Never fails: see `onError`. */
  append(line: string): void {
    if (this.#isClosed) return
    this.#pending.push(line)
    this.#pendingLength += line.length
    if (this.#pendingLength > maxPendingBytes && !this.#writing) this.#writeNow()
    else if (!this.#isScheduled && !this.#writing) {
      this.#isScheduled = true
      setImmediate(() => {
        this.#isScheduled = false
        this.#flush()
      })
    }
  }

  /** Writes what is left. */
  close(): void {
    if (this.#isClosed) return
    this.#finish()
    this.#isClosed = true
    unfinished.delete(this.#finish)
    // A write under way holds the descriptor until it is done.
    if (!this.#writing) closeSync(this.#fd)
  }

  readonly #finish = (): void => {
    if (this.#pendingLength > 0) this.#writeNow()
  }

  #take(): Buffer {
    const bytes = Buffer.from(this.#pending.join(''))
    this.#pending = []
    this.#pendingLength = 0
    return bytes
  }

  #flush(): void {
    if (this.#isClosed || this.#writing || this.#pendingLength === 0) return
    this.#rotateIfLarge()
    this.#writing = { bytes: this.#take(), written: 0 }
    this.#continue()
  }

  #continue(): void {
    const current = this.#writing
    if (!current) return
    const fd = this.#fd
    write(fd, current.bytes, current.written, current.bytes.length - current.written, null, (error, written) => {
      this.#size += written
      current.written += written
      if (error) this.#report(error)
      else if (current.written < current.bytes.length) return this.#continue()
      this.#writing = undefined
      if (this.#isClosed) close(fd)
      else this.#flush()
    })
  }

  #writeNow(): void {
    try {
      if (!this.#writing) this.#rotateIfLarge()
      const bytes = this.#take()
      for (let at = 0; at < bytes.length; ) at += writeSync(this.#fd, bytes, at)
      this.#size += bytes.length
    } catch (error) {
      this.#report(error)
    }
  }

  #rotateIfLarge(): void {
    const { path, mode, maxBytes } = this.#options
    if (maxBytes === 0 || this.#size < maxBytes) return
    try {
      renameSync(path, backupPath(path, new Date()))
      const fd = openSync(path, 'a', mode)
      closeSync(this.#fd)
      this.#fd = fd
      this.#size = fstatSync(fd).size
      this.#prune()
    } catch (error) {
      // The old file goes on; the next write tries again.
      this.#report(error)
    }
  }

  #prune(): void {
    const { path, maxBackups, maxAgeMs = 0 } = this.#options
    for (const old of outdated(backupsOf(path), maxBackups, maxAgeMs === 0 ? 0 : Date.now() - maxAgeMs)) rmSync(old, { force: true })
  }

  #report(error: unknown): void {
    if (this.#options.onError) this.#options.onError(error)
    else process.stderr.write(`${this.#options.path}: ${String(error)}\n`)
  }
}

export interface Backup {
  readonly path: string
  readonly modifiedMs: number
}

/** Which files to remove: all but the newest so many, and those last written before `oldestMs`. */
export function outdated(backups: readonly Backup[], maxBackups: number, oldestMs: number): readonly string[] {
  const newestFirst = backups.toSorted((a, b) => (a.path < b.path ? 1 : -1))
  return newestFirst.filter((b, i) => (maxBackups > 0 && i >= maxBackups) || b.modifiedMs < oldestMs).map(b => b.path)
}

/** `audit.log` set aside is `audit-2026-01-31T12-00-00.000.log`. */
function backupPath(path: string, at: Date): string {
  const extension = extname(path)
  return `${path.slice(0, path.length - extension.length)}-${at.toISOString().slice(0, -1).replaceAll(':', '-')}${extension}`
}

function backupsOf(path: string): readonly Backup[] {
  const folder = dirname(path)
  const extension = extname(path)
  const stem = `${basename(path, extension)}-`
  const isBackup = (name: string) =>
    name.startsWith(stem) &&
    name.endsWith(extension) &&
    /^\d{4}-\d\d-\d\dT[\d.-]+$/.test(name.slice(stem.length, name.length - extension.length))
  return readdirSync(folder)
    .filter(isBackup)
    .map(name => join(folder, name))
    .map(backup => ({ path: backup, modifiedMs: statSync(backup).mtimeMs }))
}
