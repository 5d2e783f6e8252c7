// Looks into a file that is said to hold images, before a node gets it: which format it is, which images it names, and whether it is whole.
// Archives are OCI image layouts and docker-archives (`docker save`, `podman save`, `skopeo copy`), plain or gzipped.
import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import { extract, pack } from 'tar-stream'
import { normalizeImageName, parseImageName } from '../../api/core/image-name.ts'

export interface ImageArchive {
  readonly file: string
  readonly format: 'oci' | 'docker-archive'
  readonly gzip: boolean
  /** In full, such as `docker.io/library/nginx:latest`. */
  readonly names: readonly string[]
  /** An OCI layout's index with full names, where the file's own has only tags that containerd would not take for names. */
  readonly index?: string
}

export type ArchiveResult = { readonly ok: true; readonly archive: ImageArchive } | { readonly ok: false; readonly error: string }

const maxIndexBytes = 4 * 1024 * 1024
const nameAnnotation = 'io.containerd.image.name'
const refAnnotation = 'org.opencontainers.image.ref.name'

/** `name` is for archives of one image that name none, or only a tag. */
export async function inspectArchive(file: string, name?: string): Promise<ArchiveResult> {
  const fail = (error: string) => ({ ok: false, error: `${file}: ${error}` }) as const
  const compression = await readCompression(file)
  if ('error' in compression) return fail(compression.error)
  const contents = await readContents(file, compression.gzip)
  if ('error' in contents) return fail(contents.error)
  const { entries, texts } = contents
  const given = name === undefined ? undefined : parseImageName(name)
  if (name !== undefined && given === undefined) return fail(`"${name}" is no image name`)
  const oci = texts.get('index.json')
  const docker = texts.get('manifest.json')
  const common = { file, gzip: compression.gzip }
  try {
    if (oci !== undefined && texts.has('oci-layout')) {
      const found = readOciIndex(oci, entries, name)
      return 'error' in found ? fail(found.error) : { ok: true, archive: { ...common, format: 'oci', ...found } }
    }
    if (docker !== undefined) {
      const found = readDockerManifest(docker, entries)
      return 'error' in found ? fail(found.error) : { ok: true, archive: { ...common, format: 'docker-archive', ...found } }
    }
  } catch (error) {
    if (error instanceof SyntaxError) return fail(`its index is not valid JSON: ${error.message}`)
    throw error
  }
  return fail('holds no images: it has neither the index.json of an OCI image layout nor the manifest.json of a docker-archive')
}

/** The archive as a plain tar with full names. */
export function openArchive(archive: ImageArchive): Readable {
  const plain = plainTar(archive.file, archive.gzip)
  if (archive.index === undefined) return plain
  const index = archive.index
  const output = pack()
  const input = extract()
  input.on('entry', (header, stream, next) => {
    if (normalPath(header.name) === 'index.json') {
      stream.resume()
      output.entry({ name: 'index.json', mode: 0o644 }, index, next)
    } else stream.pipe(output.entry(header, next))
  })
  pipeline(plain, input).then(
    () => output.finalize(),
    error => output.destroy(error),
  )
  return Readable.from(output)
}

type Failure = { readonly error: string }

async function readCompression(file: string): Promise<{ gzip: boolean } | Failure> {
  const head = Buffer.alloc(6)
  try {
    const handle = await open(file)
    try {
      const { bytesRead } = await handle.read(head, 0, 6, 0)
      if (bytesRead === 0) return { error: 'is empty' }
    } finally {
      await handle.close()
    }
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error
    return {
      error: error.code === 'ENOENT' ? 'there is no such file' : error.code === 'EISDIR' ? 'is a directory, not an archive' : error.message,
    }
  }
  const begins = (...bytes: number[]) => bytes.every((byte, index) => head[index] === byte)
  if (begins(0x28, 0xb5, 0x2f, 0xfd)) return { error: 'is compressed with zstd; only plain and gzipped archives are taken' }
  if (begins(0xfd, 0x37, 0x7a, 0x58, 0x5a)) return { error: 'is compressed with xz; only plain and gzipped archives are taken' }
  if (begins(0x42, 0x5a, 0x68)) return { error: 'is compressed with bzip2; only plain and gzipped archives are taken' }
  return { gzip: begins(0x1f, 0x8b) }
}

async function readContents(file: string, gzip: boolean): Promise<{ entries: Set<string>; texts: Map<string, string> } | Failure> {
  const entries = new Set<string>()
  const texts = new Map<string, string>()
  const input = extract()
  const reading = (async () => {
    for await (const entry of input) {
      const path = normalPath(entry.header.name)
      entries.add(path)
      if (['index.json', 'manifest.json', 'oci-layout'].includes(path) && (entry.header.size ?? 0) <= maxIndexBytes)
        texts.set(path, (await buffer(entry)).toString())
      else entry.resume()
    }
  })()
  const [read, piped] = await Promise.allSettled([reading, pipeline(plainTar(file, gzip), input)])
  const failure = [piped, read].find(each => each.status === 'rejected')
  if (failure !== undefined) {
    const why = failure.reason instanceof Error ? failure.reason.message : String(failure.reason)
    return { error: `is not a whole tar archive: ${why}` }
  }
  return { entries, texts }
}

function plainTar(file: string, gzip: boolean): Readable {
  const raw = createReadStream(file, { highWaterMark: 1024 * 1024 })
  if (!gzip) return raw
  const plain = createGunzip({ chunkSize: 1024 * 1024 })
  raw.on('error', error => plain.destroy(error))
  return raw.pipe(plain)
}

function readDockerManifest(text: string, entries: ReadonlySet<string>): { names: string[] } | Failure {
  const manifest: unknown = JSON.parse(text)
  if (!Array.isArray(manifest) || manifest.length === 0) return { error: 'its manifest.json lists no images' }
  const names: string[] = []
  for (const image of manifest.map(asRecord)) {
    const files = [image['Config'], ...asList(image['Layers'])]
    const missing = files.find(file => typeof file !== 'string' || !entries.has(normalPath(file)))
    if (files.length < 2 || missing !== undefined)
      return { error: `its manifest.json names ${JSON.stringify(missing)}, which is not in the archive` }
    names.push(
      ...asList(image['RepoTags'])
        .filter(tag => typeof tag === 'string')
        .map(normalizeImageName),
    )
  }
  return names.length === 0 ? { error: 'its images have no names; save them by name, not by id' } : { names }
}

function readOciIndex(text: string, entries: ReadonlySet<string>, name?: string): { names: string[]; index?: string } | Failure {
  const index = asRecord(JSON.parse(text))
  const manifests = asList(index['manifests']).map(asRecord)
  if (manifests.length === 0) return { error: 'its index.json lists no images' }
  const names: string[] = []
  let changed = false
  for (const manifest of manifests) {
    const digest = manifest['digest']
    if (typeof digest !== 'string' || !entries.has(`blobs/${digest.replace(':', '/')}`))
      return { error: `its index.json names ${JSON.stringify(digest)}, which is not in the archive` }
    const annotations = asRecord(manifest['annotations'])
    const own = annotations[nameAnnotation]
    if (typeof own === 'string' && name === undefined) {
      names.push(normalizeImageName(own))
      continue
    }
    const full = fullName(annotations[refAnnotation], manifests.length === 1 ? name : undefined)
    if (full === undefined) return { error: 'its image has only a tag for a name; give its name' }
    names.push(full)
    manifest['annotations'] = { ...annotations, [nameAnnotation]: full }
    changed = true
  }
  return { names, ...(changed ? { index: JSON.stringify({ ...index, manifests }) } : {}) }
}

/** A reference such as `nginx:1.2` or `example.com/app` is a name; `latest` or `v1.2` alone only a tag. */
function fullName(ref: unknown, given: string | undefined): string | undefined {
  if (given !== undefined) return normalizeImageName(given)
  return typeof ref === 'string' && /[/:]/.test(ref) && parseImageName(ref) !== undefined ? normalizeImageName(ref) : undefined
}

const normalPath = (path: string) => path.replace(/^(\.?\/)+/, '')
const asList = (value: unknown): unknown[] => (Array.isArray(value) ? value : [])
const asRecord = (value: unknown): Record<string, unknown> => (typeof value === 'object' && value !== null ? { ...value } : {})
