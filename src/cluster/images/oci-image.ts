// Writes images into one tar that is an OCI image layout (https://github.com/opencontainers/image-spec) and a docker-archive at once, as
// `docker save` does: every tool that loads images takes it. Layers that images share are stored once.
import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { arch } from 'node:os'
import { dirname } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { pack } from 'tar-stream'
import { type Blob, blobOf } from './layer.ts'

export interface Image {
  /** In full, such as `docker.io/library/busybox:latest`. */
  readonly name: string
  readonly layers: readonly Blob[]
  readonly config: {
    readonly Entrypoint?: readonly string[]
    readonly Cmd?: readonly string[]
    readonly Env?: readonly string[]
    readonly User?: string
    readonly WorkingDir?: string
    readonly ExposedPorts?: Readonly<Record<string, Record<string, never>>>
    readonly StopSignal?: string
  }
}

/** Replaces the file only when the archive is complete. */
export async function writeImageArchive(file: string, images: readonly Image[]): Promise<void> {
  mkdirSync(dirname(file), { recursive: true })
  const part = `${file}.${process.pid}.part`
  writeFileSync(part, await imageArchive(images))
  renameSync(part, file)
}

export function imageArchive(images: readonly Image[]): Promise<Buffer> {
  const blobs = new Map<string, Buffer>()
  const keep = ({ digest, bytes }: Blob, mediaType: string) => {
    blobs.set(digest, bytes)
    return { mediaType, digest, size: bytes.length }
  }
  const platform = { architecture: ociArchitecture(), os: 'linux' }
  const written = images.map(image => {
    const layers = image.layers.map(layer => keep(layer, 'application/vnd.oci.image.layer.v1.tar'))
    const rootfs = { type: 'layers', diff_ids: layers.map(layer => layer.digest) }
    const history = layers.map(() => ({ created: epoch, created_by: 'coxswain' }))
    const config = keep(
      json({ created: epoch, ...platform, config: image.config, rootfs, history }),
      'application/vnd.oci.image.config.v1+json',
    )
    const manifestType = 'application/vnd.oci.image.manifest.v1+json'
    const manifest = keep(json({ schemaVersion: 2, mediaType: manifestType, config, layers }), manifestType)
    const annotations = { 'io.containerd.image.name': image.name, 'org.opencontainers.image.ref.name': tagOf(image.name) }
    return { name: image.name, config, layers, descriptor: { ...manifest, annotations, platform } }
  })
  const index = { schemaVersion: 2, mediaType: 'application/vnd.oci.image.index.v1+json', manifests: written.map(each => each.descriptor) }
  const dockerManifest = written.map(({ name, config, layers }) => ({
    Config: blobPath(config.digest),
    RepoTags: [name.replace(/^docker\.io\/(library\/)?/, '')],
    Layers: layers.map(layer => blobPath(layer.digest)),
  }))
  return tarOf([
    ['oci-layout', json({ imageLayoutVersion: '1.0.0' }).bytes],
    ['index.json', json(index).bytes],
    ['manifest.json', json(dockerManifest).bytes],
    ...[...blobs].map(([digest, bytes]) => [blobPath(digest), bytes] as const),
  ])
}

const epoch = '1970-01-01T00:00:00Z'
const json = (value: unknown) => blobOf(Buffer.from(JSON.stringify(value)))
const blobPath = (digest: string) => `blobs/${digest.replace(':', '/')}`
const tagOf = (name: string) => name.slice(name.lastIndexOf(':') + 1)

function tarOf(files: readonly (readonly [name: string, bytes: Buffer])[]): Promise<Buffer> {
  const tar = pack()
  const bytes = buffer(tar)
  for (const [name, content] of files) tar.entry({ name, mtime: new Date(0), mode: 0o644 }, content)
  tar.finalize()
  return bytes
}

/** This machine's architecture as images name it. */
export function ociArchitecture(nodeArch: string = arch()): string {
  return nodeArch === 'x64' ? 'amd64' : nodeArch
}
