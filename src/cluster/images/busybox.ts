// The busybox image, made of the machine's static busybox (Debian's busybox-static) and a link for each of its applets.
import { existsSync, readFileSync } from 'node:fs'
import { run } from '../../platform/process.ts'
import { type Blob, type LayerEntry, packLayer } from './layer.ts'
import type { Image } from './oci-image.ts'

export const busyboxImageName = 'docker.io/library/busybox:latest'
const path = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

export async function busyboxImage(layer: Blob): Promise<Image> {
  return { name: busyboxImageName, layers: [layer], config: { Cmd: ['sh'], Env: [path] } }
}

/** The root file system. Applets that would only work on a real machine's devices are linked too: they say so themselves. */
export async function busyboxLayer(binary = findBusybox()): Promise<Blob> {
  const applets = (await run(binary, ['--list'])).trim().split('\n')
  return packLayer(busyboxEntries(readFileSync(binary), applets))
}

export function busyboxEntries(binary: Buffer, applets: readonly string[]): LayerEntry[] {
  const directory = (name: string, mode = 0o755): LayerEntry => ({ path: name, kind: 'directory', mode })
  const file = (name: string, content: string): LayerEntry => ({ path: name, kind: 'file', content })
  return [
    directory('bin'),
    { path: 'bin/busybox', kind: 'file', content: binary, mode: 0o755 },
    ...applets
      .filter(applet => applet !== 'busybox')
      .map((applet): LayerEntry => ({ path: `bin/${applet}`, kind: 'symlink', target: 'busybox' })),
    directory('etc'),
    file('etc/group', 'root:x:0:\ndaemon:x:1:\ntty:x:5:\nwww-data:x:33:\nnogroup:x:65534:\n'),
    file(
      'etc/passwd',
      'root:x:0:0:root:/root:/bin/sh\nwww-data:x:33:33:www-data:/var/www:/bin/false\nnobody:x:65534:65534:nobody:/home:/bin/false\n',
    ),
    directory('home'),
    directory('root', 0o700),
    directory('tmp', 0o1777),
    directory('usr'),
    directory('usr/bin'),
    // Scripts begin with it.
    { path: 'usr/bin/env', kind: 'symlink', target: '../../bin/env' },
    directory('var'),
    directory('var/tmp', 0o1777),
  ]
}

function findBusybox(): string {
  const found = ['/usr/bin/busybox', '/bin/busybox'].find(existsSync)
  if (found === undefined) throw new Error('busybox is missing: install the package busybox-static')
  return found
}
