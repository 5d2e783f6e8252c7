// A layer of an image: a tar of its files, made so that the same files always give the same bytes, whoever packs them and when.
import { createHash } from 'node:crypto'
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { pack } from 'tar-stream'

export type LayerEntry =
  | { readonly path: string; readonly kind: 'directory'; readonly mode?: number }
  | { readonly path: string; readonly kind: 'file'; readonly content: Buffer | string; readonly mode?: number }
  | { readonly path: string; readonly kind: 'symlink'; readonly target: string }

/** Uncompressed, so that its digest is also its `diff_id`. */
export interface Blob {
  readonly bytes: Buffer
  /** `sha256:...` */
  readonly digest: string
}

export function blobOf(bytes: Buffer): Blob {
  return { bytes, digest: `sha256:${createHash('sha256').update(bytes).digest('hex')}` }
}

/** Everything belongs to root and is as old as the epoch. Parents come before what is in them: the caller's order is kept. */
export async function packLayer(entries: readonly LayerEntry[]): Promise<Blob> {
  const tar = pack()
  const bytes = buffer(tar)
  const common = { mtime: new Date(0), uid: 0, gid: 0 }
  for (const entry of entries) {
    const name = entry.path.replace(/^\/+/, '')
    if (entry.kind === 'directory') tar.entry({ ...common, name: `${name}/`, type: 'directory', mode: entry.mode ?? 0o755 })
    else if (entry.kind === 'symlink') tar.entry({ ...common, name, type: 'symlink', linkname: entry.target, mode: 0o777 })
    else tar.entry({ ...common, name, type: 'file', mode: entry.mode ?? 0o644 }, entry.content)
  }
  tar.finalize()
  return blobOf(await bytes)
}

/** The entries of a root directory; `skip` is asked with paths such as `usr/share/doc`. Devices and sockets are left out. */
export function entriesOf(root: string, skip: (path: string) => boolean = () => false, path = ''): LayerEntry[] {
  return readdirSync(join(root, path))
    .sort()
    .map(name => (path === '' ? name : `${path}/${name}`))
    .filter(each => !skip(each))
    .flatMap((each): LayerEntry[] => {
      const file = join(root, each)
      const stat = lstatSync(file)
      const mode = stat.mode & 0o7777
      if (stat.isSymbolicLink()) return [{ path: each, kind: 'symlink', target: readlinkSync(file) }]
      if (stat.isDirectory()) return [{ path: each, kind: 'directory', mode }, ...entriesOf(root, skip, each)]
      return stat.isFile() ? [{ path: each, kind: 'file', content: readFileSync(file), mode }] : []
    })
}
