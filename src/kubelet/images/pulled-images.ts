// Remembers on disk who may use an image that was pulled: everyone where no credentials were needed or they were the node's, otherwise
// pods that bring the secret it was pulled with. An image without a record was loaded by the node's administrator, for everyone.
// https://kubernetes.io/docs/concepts/containers/images/#ensureimagepullcredentialverification
import { createHash } from 'node:crypto'
import { parseImageName } from '../../api/core/image-name.ts'
import type { Clock } from '../../base/clock.ts'
import { formatSeconds } from '../../base/rfc3339.ts'
import { type Files, isNoEntry, readTextIfThere } from '../host.ts'
import type { AuthConfig } from '../runtime/cri-config.ts'
import type { PullCredential, SecretName } from './credentials.ts'

/** Who may use an image by the name of one repository. */
interface Access {
  readonly nodePodsAccessible?: boolean
  readonly kubernetesSecrets?: readonly (SecretName & { readonly credentialHash: string })[]
}
export interface PulledRecord {
  readonly imageRef: string
  readonly credentialMapping: Readonly<Record<string, Access>>
}

/** Small files by name, each whole or not at all. */
export interface RecordFiles {
  read(name: string): Promise<string | undefined>
  write(name: string, text: string): Promise<void>
  remove(name: string): Promise<void>
  list(): Promise<readonly string[]>
}

export class PulledImages {
  readonly #files: RecordFiles
  readonly #clock: Clock
  #last = Promise.resolve()

  constructor(files: RecordFiles, clock: Clock) {
    this.#files = files
    this.#clock = clock
  }

  /** Undefined: it was not pulled. A pull that was cut short may have brought it: then it is nobody's. */
  async record(image: string, imageRef: string): Promise<PulledRecord | undefined> {
    const text = await this.#files.read(pulledName(imageRef))
    if (text !== undefined) return parseRecord(text, imageRef)
    const isUnfinished = (await this.#files.read(pullingName(image))) !== undefined
    return isUnfinished ? { imageRef, credentialMapping: {} } : undefined
  }

  /** Before a pull, so that its outcome is never taken for a loaded image. */
  begin(image: string): Promise<void> {
    return this.#files.write(pullingName(image), JSON.stringify({ kind: 'ImagePullIntent', apiVersion, image }))
  }

  /** In turn: two names may be one image, and each adds to its record. */
  succeed(image: string, imageRef: string, credential: PullCredential | undefined): Promise<void> {
    const work = this.#last.then(() => this.#add(image, imageRef, credential))
    this.#last = work.catch(() => {})
    return work
  }

  async #add(image: string, imageRef: string, credential: PullCredential | undefined): Promise<void> {
    const known = await this.#files.read(pulledName(imageRef))
    const before = parseRecord(known ?? '', imageRef)
    const lastUpdatedTime = formatSeconds(this.#clock.now())
    const record = { kind: 'ImagePulledRecord', apiVersion, lastUpdatedTime, ...withAccess(before, image, credential) }
    await this.#files.write(pulledName(imageRef), JSON.stringify(record))
    await this.fail(image)
  }

  fail(image: string): Promise<void> {
    return this.#files.remove(pullingName(image))
  }

  /** Forgets images that are gone: one with the same content may be loaded some day. */
  async keepOnly(imageRefs: readonly string[]): Promise<void> {
    const kept = new Set(imageRefs.map(pulledName))
    const gone = (await this.#files.list()).filter(name => name.startsWith('pulled-') && !kept.has(name))
    await Promise.all(gone.map(name => this.#files.remove(name)))
  }
}

export function recordFiles(files: Files, dir: string): RecordFiles {
  const orWhenMissing =
    <T>(value: T) =>
    (error: unknown): T => {
      if (isNoEntry(error)) return value
      throw error
    }
  return {
    read: name => readTextIfThere(files, `${dir}/${name}`),
    async write(name, text) {
      await files.mkdir(dir, { recursive: true, mode: 0o700 })
      await files.writeFile(`${dir}/${name}.new`, text, { mode: 0o600 })
      await files.rename(`${dir}/${name}.new`, `${dir}/${name}`)
    },
    remove: name => files.rm(`${dir}/${name}`, { force: true }),
    list: () => files.readdir(dir).catch(orWhenMissing([])),
  }
}

const apiVersion = 'kubelet.config.k8s.io/v1beta1'

/** A file that is damaged, such as by a power cut, tells that the image was pulled and not for whom. */
function parseRecord(text: string, imageRef: string): PulledRecord {
  const nobodys = { imageRef, credentialMapping: {} }
  try {
    return { ...nobodys, ...(JSON.parse(text) as PulledRecord) }
  } catch {
    return nobodys
  }
}

/** Whether a pod with these credentials may use an image that is on the node. */
export function mayUse(record: PulledRecord | undefined, image: string, credentials: readonly PullCredential[]): boolean {
  if (record === undefined) return true
  const access = record.credentialMapping[repositoryOf(image)]
  if (access?.nodePodsAccessible) return true
  return credentials.some(({ auth, secret }) =>
    access?.kubernetesSecrets?.some(used => used.credentialHash === hashOf(auth) || (secret !== undefined && isSameSecret(secret, used))),
  )
}

/** The record after another successful pull. */
export function withAccess(record: PulledRecord, image: string, credential: PullCredential | undefined): PulledRecord {
  const repository = repositoryOf(image)
  const before = record.credentialMapping[repository] ?? {}
  const secret = credential?.secret
  const others = secret === undefined ? [] : (before.kubernetesSecrets ?? []).filter(used => !isSameSecret(secret, used))
  const access: Access =
    before.nodePodsAccessible || credential === undefined || secret === undefined
      ? { nodePodsAccessible: true }
      : { kubernetesSecrets: [...others, { ...secret, credentialHash: hashOf(credential.auth) }] }
  return { ...record, credentialMapping: { ...record.credentialMapping, [repository]: access } }
}

const isSameSecret = (a: SecretName, b: SecretName) => a.uid === b.uid && a.namespace === b.namespace && a.name === b.name

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
const pulledName = (imageRef: string) => `pulled-${sha256(imageRef)}`
const pullingName = (image: string) => `pulling-${sha256(image)}`
const hashOf = ({ username, password, identityToken, registryToken }: AuthConfig) =>
  sha256(JSON.stringify([username, password, identityToken, registryToken]))

function repositoryOf(image: string): string {
  const name = parseImageName(image)
  return name === undefined ? image : `${name.registry}/${name.repository}`
}
