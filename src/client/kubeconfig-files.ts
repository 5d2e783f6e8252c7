// The kubeconfig files of the user who runs us: read over all of them, written under their locks.
import { existsSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { updateFile } from '../platform/locked-file.ts'
import { connectionOf, type KubeconfigConnection, type KubeconfigEntry, mergeEntry, pathToWrite, removeEntry } from './kubeconfig.ts'

/** Writes a cluster's entries, and answers the file they went into. */
export async function addToKubeconfig(paths: readonly string[], entry: KubeconfigEntry): Promise<string> {
  const path = pathToWrite(paths, existsSync)
  await updateFile(path, text => mergeEntry(text, entry))
  return path
}

/** Removes a cluster's entries from every file that has them. */
export async function removeFromKubeconfig(paths: readonly string[], name: string): Promise<void> {
  for (const path of paths) if (existsSync(path)) await updateFile(path, text => (text === undefined ? undefined : removeEntry(text, name)))
}

export function readConnection(paths: readonly string[], context?: string): KubeconfigConnection {
  const files = paths.filter(p => existsSync(p)).map(path => ({ dir: dirname(path), text: readFileSync(path, 'utf8') }))
  return connectionOf(files, context, path => readFileSync(path, 'utf8'))
}
