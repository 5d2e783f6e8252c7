// hostPath: a path of the node as it is, after a look at what it is said to be.
// https://kubernetes.io/docs/concepts/storage/volumes/#hostpath-volume-types
import { dirname } from 'node:path'
import { type Files, isNoEntry } from '../host.ts'
import { PayloadError } from './payload.ts'

type Stats = Awaited<ReturnType<Files['stat']>>

const kinds: Readonly<Record<string, readonly [is: (stats: Stats) => boolean, word: string]>> = {
  Directory: [s => s.isDirectory(), 'directory'],
  DirectoryOrCreate: [s => s.isDirectory(), 'directory'],
  File: [s => s.isFile(), 'file'],
  FileOrCreate: [s => s.isFile(), 'file'],
  Socket: [s => s.isSocket(), 'socket file'],
  CharDevice: [s => s.isCharacterDevice(), 'character device'],
  BlockDevice: [s => s.isBlockDevice(), 'block device'],
}

/** Throws `PayloadError` when the path is not what `type` says. */
export async function checkHostPath(files: Files, path: string, type: string): Promise<void> {
  const kind = kinds[type]
  if (!kind) return
  const [is, word] = kind
  const stats = await files.stat(path).catch((error: unknown) => {
    if (isNoEntry(error)) return undefined
    throw error
  })
  if (stats) {
    if (!is(stats)) throw new PayloadError(`hostPath type check failed: ${path} is not a ${word}`)
  } else if (type === 'DirectoryOrCreate') await files.mkdir(path, { recursive: true, mode: 0o755 })
  else if (type === 'FileOrCreate') {
    await files.mkdir(dirname(path), { recursive: true })
    await files.writeFile(path, '', { flag: 'a', mode: 0o644 })
  } else throw new PayloadError(`hostPath type check failed: ${path} is not a ${word}`)
}
