// The archives of nginx and busybox, as the project's script builds them from Debian packages; once for all test files of a run.
import { createHash } from 'node:crypto'
import { existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { succeed } from './command.ts'

const root = resolve(import.meta.dirname, '../..')

export interface ImageArchives {
  /** `nginx:latest` and `nginx:1.22`. */
  readonly nginx: string
  readonly busybox: string
}

export async function imageArchives(): Promise<ImageArchives> {
  const sources = ['scripts/build-images.ts', ...globSync('src/cluster/images/*.ts', { cwd: root }).sort()]
  const hash = createHash('sha256')
  for (const file of sources) hash.update(readFileSync(join(root, file)))
  const dir = join(tmpdir(), `coxswain-images-${hash.digest('hex').slice(0, 12)}`)
  if (!existsSync(dir)) await build(dir)
  return { nginx: join(dir, 'nginx.tar'), busybox: join(dir, 'busybox.tar') }
}

/** Complete under its name or not there at all, also when several test files build it at once. */
async function build(dir: string): Promise<void> {
  mkdirSync(tmpdir(), { recursive: true })
  const work = mkdtempSync(`${dir}.part-`)
  try {
    await succeed(process.execPath, [join(root, 'scripts/build-images.ts'), work], { timeoutMs: 120_000 })
    renameSync(work, dir)
  } catch (error) {
    if (!existsSync(dir)) throw error
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}
