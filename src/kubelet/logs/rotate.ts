// Keeps container logs small: a log that has grown too large is moved aside, the runtime opens a new one, older pieces are compressed and
// the oldest removed. https://kubernetes.io/docs/concepts/cluster-administration/logging/#log-rotation
import { basename, dirname, join } from 'node:path'
import type { Clock } from '../../base/clock.ts'
import { type Host, isNoEntry } from '../host.ts'
import type { Runtime } from '../runtime/runtime.ts'

export interface RotateOptions {
  readonly host: Host
  readonly runtime: Runtime
  readonly clock: Clock
  readonly maxBytes: number
  /** With the one that is written. */
  readonly maxFiles: number
}

/** Rotates the log of one container where it is due. */
export async function rotateLog(
  path: string,
  containerId: string,
  { host, runtime, clock, maxBytes, maxFiles }: RotateOptions,
): Promise<boolean> {
  const { files } = host
  const stats = await files.stat(path).catch((error: unknown) => {
    if (isNoEntry(error)) return undefined
    throw error
  })
  if (!stats || stats.size < maxBytes) return false
  const folder = dirname(path)
  const pieces = (await files.readdir(folder)).filter(name => isPieceOf(name, basename(path))).sort()
  const plan = planRotation(pieces, maxFiles)
  for (const name of plan.remove) await files.rm(join(folder, name), { force: true })
  for (const name of plan.compress) await host.gzip(join(folder, name))
  const moved = `${path}.${stamp(clock.now())}`
  await files.rename(path, moved)
  try {
    await runtime.reopenContainerLog(containerId)
  } catch (error) {
    // The runtime goes on writing to the file it has open: it gets its name back.
    await files.rename(moved, path)
    throw error
  }
  return true
}

/** What to do with the pieces that are there, oldest first, before one more is added. The newest stays readable for those who follow. */
export function planRotation(
  pieces: readonly string[],
  maxFiles: number,
): { readonly remove: readonly string[]; readonly compress: readonly string[] } {
  const whole = pieces.filter(name => !name.endsWith('.tmp'))
  const spare = Math.max(0, maxFiles - 2)
  const kept = spare === 0 ? [] : whole.slice(-spare)
  return {
    remove: pieces.filter(name => !kept.includes(name)),
    compress: kept.filter(name => !name.endsWith('.gz')),
  }
}

function isPieceOf(name: string, log: string): boolean {
  return name.startsWith(`${log}.`) && /^\d{8}-\d{6}(\.gz)?(\.tmp)?$/.test(name.slice(log.length + 1))
}

/** `20260131-081500`. */
function stamp(now: number): string {
  const digits = new Date(now).toISOString().replace(/\D/g, '')
  return `${digits.slice(0, 8)}-${digits.slice(8, 14)}`
}
