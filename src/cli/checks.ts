// What must be true before anything is made. A check that fails says so in one line, and what to do in another.
import { existsSync, statfsSync } from 'node:fs'
import { dirname } from 'node:path'
import { installCommand, missingPackages } from '../cluster/system-packages.ts'
import type { Cli } from './command.ts'
import { Failure } from './failure.ts'

const neededBytes = 500 * 1024 * 1024

/** For every command that makes or changes nodes. `typed` is the command as the user typed it. */
export function checkRoot(typed: string, isRoot = process.getuid?.() === 0): void {
  if (process.platform !== 'linux') throw new Failure('nodes need Linux', 'run it on a Linux machine, or in a virtual one')
  if (!isRoot) throw new Failure('nodes are made of namespaces and mounts, which needs root', `sudo ${typed}`)
}

export function checkPackages(missing = missingPackages()): void {
  if (missing.length > 0)
    throw new Failure(`packages that a node needs are missing: ${missing.join(' ')}`, `as root: ${installCommand(missing)}`)
}

export function checkDisk(cli: Pick<Cli, 'roots'>, freeBytes = freeSpace): void {
  const dir = existing(cli.roots.home)
  const free = freeBytes(dir)
  if (free < neededBytes)
    throw new Failure(
      `${dir} has ${Math.floor(free / 1024 / 1024)} MB left, a cluster needs at least ${neededBytes / 1024 / 1024} MB`,
      'free some space, or set COXSWAIN_HOME to a directory on a larger disk',
    )
}

function freeSpace(dir: string): number {
  const { bavail, bsize } = statfsSync(dir)
  return bavail * bsize
}

function existing(dir: string): string {
  return existsSync(dir) || dir === '/' ? dir : existing(dirname(dir))
}
