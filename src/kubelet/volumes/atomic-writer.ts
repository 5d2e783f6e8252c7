// Puts a set of files in place so that readers see the old set or the new one, never a mixture: the files go into a new timestamped
// folder, and the link `..data` to it is replaced by a rename. Names that users see are links through `..data`.
import { dirname, join } from 'node:path'
import { type Files, isNoEntry } from '../host.ts'
import type { Payload } from './payload.ts'

export interface Ownership {
  /** Owner of the files, when not root. */
  readonly uid?: number
  /** Group of the files; gives it read access. */
  readonly gid?: number
}

const dataLink = '..data'

/** Returns whether anything was written. */
export async function writePayload(files: Files, dir: string, payload: Payload, owner: Ownership, now: number): Promise<boolean> {
  const old = await readLink(files, join(dir, dataLink))
  if (old !== undefined && (await isSame(files, join(dir, old), payload))) return false
  const name = `..${timestamp(now)}`
  const folder = await freshFolder(files, dir, name)
  await files.chmod(join(dir, folder), 0o755)
  for (const [path, { data, mode }] of payload) await writeFile(files, join(dir, folder), path, data, mode, owner)
  const temporary = join(dir, `${dataLink}_tmp`)
  await files.rm(temporary, { force: true })
  await files.symlink(folder, temporary)
  await files.rename(temporary, join(dir, dataLink))
  await linkVisible(files, dir, new Set([...payload.keys()].map(path => path.split('/')[0] ?? path)))
  if (old !== undefined) await files.rm(join(dir, old), { recursive: true, force: true })
  return true
}

async function freshFolder(files: Files, dir: string, name: string): Promise<string> {
  for (let i = 0; ; i++) {
    const folder = i === 0 ? name : `${name}.${i}`
    const made = await files.mkdir(join(dir, folder), { mode: 0o755 }).then(
      () => true,
      (error: unknown) => {
        if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false
        throw error
      },
    )
    if (made) return folder
  }
}

async function writeFile(files: Files, root: string, path: string, data: Buffer, mode: number, owner: Ownership): Promise<void> {
  const target = join(root, path)
  if (path.includes('/')) await files.mkdir(dirname(target), { recursive: true, mode: 0o755 })
  await files.writeFile(target, data)
  if (owner.uid !== undefined || owner.gid !== undefined) await files.chown(target, owner.uid ?? 0, owner.gid ?? 0)
  // After the owner: a change of owner takes special bits away. Not by open's mode, which the umask trims.
  await files.chmod(target, owner.gid === undefined ? mode : mode | 0o440)
}

async function linkVisible(files: Files, dir: string, wanted: ReadonlySet<string>): Promise<void> {
  const present = (await files.readdir(dir)).filter(name => !name.startsWith('..'))
  for (const name of present) if (!wanted.has(name)) await files.rm(join(dir, name), { force: true })
  for (const name of wanted) if (!present.includes(name)) await files.symlink(`${dataLink}/${name}`, join(dir, name))
}

async function isSame(files: Files, folder: string, payload: Payload): Promise<boolean> {
  const paths = await listFiles(files, folder, '')
  if (paths === undefined || paths.length !== payload.size) return false
  for (const [path, { data }] of payload) {
    const present = await files.readFile(join(folder, path)).catch(() => undefined)
    if (!present?.equals(data)) return false
  }
  return true
}

async function listFiles(files: Files, folder: string, below: string): Promise<readonly string[] | undefined> {
  const entries = await files.readdir(join(folder, below), { withFileTypes: true }).catch(() => undefined)
  if (!entries) return undefined
  const found: string[] = []
  for (const entry of entries) {
    const path = join(below, entry.name)
    if (entry.isDirectory()) found.push(...((await listFiles(files, folder, path)) ?? []))
    else found.push(path)
  }
  return found
}

async function readLink(files: Files, path: string): Promise<string | undefined> {
  try {
    return await files.readlink(path)
  } catch (error) {
    if (isNoEntry(error)) return undefined
    throw error
  }
}

/** `2026_01_31_08_15_00.123`, as upstream names its folders. */
function timestamp(now: number): string {
  return new Date(now).toISOString().slice(0, 23).replaceAll('-', '_').replace('T', '_').replaceAll(':', '_')
}
