// A root directory made of Debian packages: downloaded by apt, unpacked, not installed. No package script runs, so what a package only
// makes at its installation (users, caches) is for the caller to add.
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { run } from '../../platform/process.ts'

/** Unpacks the packages, and those they depend on as far as `keep` wants them, into `root`. `workDir` takes the downloads. Answers names. */
export async function unpackPackages(
  packages: readonly string[],
  keep: (name: string) => boolean,
  workDir: string,
  root: string,
): Promise<string[]> {
  const only = ['--no-recommends', '--no-suggests', '--no-conflicts', '--no-breaks', '--no-replaces', '--no-enhances']
  const tree = await run('apt-cache', ['depends', '--recurse', ...only, ...packages])
  const wanted = dependencyClosure(tree, packages, keep)
  await run('apt-get', ['download', ...wanted], { cwd: workDir })
  for (const file of readdirSync(workDir)
    .filter(name => name.endsWith('.deb'))
    .sort())
    await run('dpkg', ['--extract', join(workDir, file), root])
  return wanted
}

/** Walks the output of `apt-cache depends --recurse`: a line for each package, its dependencies indented below. */
export function dependencyClosure(tree: string, start: readonly string[], keep: (name: string) => boolean): string[] {
  const depends = new Map<string, string[]>()
  let current: string[] = []
  for (const line of tree.split('\n')) {
    const [, name] = /^(\S+)$/.exec(line) ?? []
    const [, dependency] = /^ {1,2}\|?(?:Pre)?Depends: ([^<\s]+)/.exec(line) ?? []
    if (name !== undefined) {
      current = []
      depends.set(name, current)
    } else if (dependency !== undefined) current.push(dependency.replace(/:\w+$/, ''))
  }
  const found = new Set<string>()
  const visit = (name: string): void => {
    if (found.has(name)) return
    found.add(name)
    for (const next of depends.get(name) ?? []) if (keep(next) && depends.has(next)) visit(next)
  }
  for (const name of start) visit(name)
  return [...found].sort()
}
