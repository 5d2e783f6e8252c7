// A file that is read again when it has changed, also when another one took its place.
import { unwatchFile, watchFile } from 'node:fs'
import { readFile } from 'node:fs/promises'

const lookEveryMs = 5_000

/** Calls back with each new text. Returns how to stop. */
export function watchText(
  path: string,
  onText: (text: string) => void,
  onError: (error: unknown) => void,
  everyMs = lookEveryMs,
): () => void {
  const listener = () => {
    readFile(path, 'utf8').then(onText, onError)
  }
  watchFile(path, { interval: everyMs, persistent: false }, listener)
  return () => unwatchFile(path, listener)
}
