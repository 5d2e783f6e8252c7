// Gives images to nodes through containerd's own client. Each node has a store of its own; they are filled side by side.
import { run } from '../../platform/process.ts'
import { type ImageArchive, openArchive } from './archive.ts'

const ctr = (socket: string) => ['--address', socket, '--namespace', 'k8s.io', 'images', 'import']

/** An archive of our own making: what it is is known. */
export async function importOwnArchive(socket: string, file: string): Promise<void> {
  await run('ctr', [...ctr(socket), file])
}

/** Someone else's archive, after `inspectArchive` found it good. */
export async function importArchive(sockets: readonly string[], archive: ImageArchive): Promise<void> {
  const args = ['--all-platforms', '--digests', '--skip-digest-for-named', '-']
  await Promise.all(sockets.map(socket => run('ctr', [...ctr(socket), ...args], { input: openArchive(archive) })))
}
