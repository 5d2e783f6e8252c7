// Disks and network devices as the summary shows them.
import { join } from 'node:path'
import { type Files, isNoEntry, readTextIfThere } from '../host.ts'

export interface Filesystem {
  readonly availableBytes: number
  readonly capacityBytes: number
  readonly usedBytes: number
  readonly inodesFree: number
  readonly inodes: number
  readonly inodesUsed: number
}

/** Undefined where there is nothing at the path. */
export async function filesystem(files: Files, path: string): Promise<Filesystem | undefined> {
  try {
    const { bsize, blocks, bfree, bavail, files: inodes, ffree } = await files.statfs(path)
    return {
      availableBytes: bavail * bsize,
      capacityBytes: blocks * bsize,
      usedBytes: (blocks - bfree) * bsize,
      inodesFree: ffree,
      inodes,
      inodesUsed: inodes - ffree,
    }
  } catch (error) {
    if (isNoEntry(error)) return undefined
    throw error
  }
}

/** What the files right in a folder take; nothing where it is not there. */
export async function folderUse(files: Files, folder: string): Promise<{ readonly usedBytes: number; readonly inodesUsed: number }> {
  const names = await files.readdir(folder).catch((): string[] => [])
  const stats = await Promise.all(names.map(name => files.lstat(join(folder, name)).catch(() => undefined)))
  const found = stats.filter(stat => stat !== undefined)
  return { usedBytes: found.reduce((total, { blocks }) => total + blocks * 512, 0), inodesUsed: found.length }
}

export interface NetworkInterface {
  readonly name: string
  readonly rxBytes: number
  readonly rxErrors: number
  readonly txBytes: number
  readonly txErrors: number
}

/** The devices of this network namespace, but for the one that leads nowhere. */
export async function networkInterfaces(files: Files): Promise<readonly NetworkInterface[]> {
  return parseNetworkDevices((await readTextIfThere(files, '/proc/self/net/dev')) ?? '')
}

export function parseNetworkDevices(text: string): readonly NetworkInterface[] {
  return text.split('\n').flatMap(line => {
    const match = /^\s*([^:\s]+):\s*(.*)$/.exec(line)
    const [, name = '', rest = ''] = match ?? []
    const [rxBytes = 0, , rxErrors = 0, , , , , , txBytes = 0, , txErrors = 0] = rest.trim().split(/\s+/).map(Number)
    return match && name !== 'lo' ? [{ name, rxBytes, rxErrors, txBytes, txErrors }] : []
  })
}
