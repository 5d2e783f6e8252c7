// Changes to a file that other programs change too: under a lock file beside it, as kubectl takes it, and written whole or not at all.
import {
  closeSync,
  existsSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

export interface UpdateOptions {
  /** Permission bits of a file that is made anew. One that is there keeps its own. */
  readonly mode?: number
  /** How long to wait for another's lock. */
  readonly patienceMs?: number
}

/** The lock was not given up in time: who holds it is unknown, so the user must decide. */
export class LockedError extends Error {
  override readonly name = 'LockedError'
  readonly lockPath: string

  constructor(lockPath: string) {
    super(`${lockPath} exists: another program is writing the file beside it. If none is, remove ${lockPath} and try again.`)
    this.lockPath = lockPath
  }
}

/** `change` gets the file's text, undefined where there is none, and answers the new one, or undefined to leave the file as it is. */
export async function updateFile(
  path: string,
  change: (text: string | undefined) => string | undefined,
  { mode = 0o600, patienceMs = 5000 }: UpdateOptions = {},
): Promise<void> {
  mkdirSync(dirname(path), { recursive: true, mode: 0o755 })
  const lockPath = `${path}.lock`
  await takeLock(lockPath, patienceMs)
  try {
    const target = behindLinks(path)
    const before = existsSync(target) ? readFileSync(target, 'utf8') : undefined
    const after = change(before)
    if (after === undefined || after === before) return
    const half = `${target}.${process.pid}.tmp`
    try {
      writeFileSync(half, after, { mode: before === undefined ? mode : statSync(target).mode & 0o777 })
      renameSync(half, target)
    } finally {
      rmSync(half, { force: true })
    }
  } finally {
    rmSync(lockPath, { force: true })
  }
}

async function takeLock(lockPath: string, patienceMs: number): Promise<void> {
  const deadline = Date.now() + patienceMs
  for (;;) {
    try {
      return closeSync(openSync(lockPath, 'wx', 0))
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
      if (Date.now() >= deadline) throw new LockedError(lockPath)
    }
    await delay(20)
  }
}

/** The file that a chain of symbolic links ends in, so that renaming onto it keeps the links. */
function behindLinks(path: string): string {
  for (let at = path, hops = 0; ; hops++) {
    if (hops > 40 || !lstatSync(at, { throwIfNoEntry: false })?.isSymbolicLink()) return at
    at = resolve(dirname(at), readlinkSync(at))
  }
}
