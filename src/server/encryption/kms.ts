// KMS v2: values are sealed by keys of our own, each derived from one seed and 32 random bytes; the key management service seals the seed.
// So it is asked once a seed, not once a value. The form on disk is upstream's: the prefix `k8s:enc:kms:v2:<name>:` and an EncryptedObject.
import { createHmac, hash, randomBytes } from 'node:crypto'
import { type Clock, sleep } from '../../base/clock.ts'
import { ProtoReader, ProtoWriter } from '../../base/protobuf-wire.ts'
import { OpenLaterError } from '../../store/sealing.ts'
import { aesgcm } from './ciphers.ts'
import { type Opened, type Provider, startsWith } from './provider.ts'

export interface KmsStatus {
  readonly version: string
  readonly healthz: string
  readonly keyId: string
}
export interface KmsSealed {
  readonly ciphertext: Buffer
  readonly keyId: string
  readonly annotations: ReadonlyMap<string, Buffer>
}
/** The service `v2.KeyManagementService`. */
export interface KmsClient {
  status(): Promise<KmsStatus>
  encrypt(plaintext: Buffer, uid: string): Promise<KmsSealed>
  decrypt(sealed: KmsSealed, uid: string): Promise<Buffer>
  close(): void
}

/** While the service does not answer, the last seed is good for this long, as upstream has it. */
const seedLifeMs = 3 * 60_000
const askEveryMs = 60_000
const askAgainMs = 10_000
const decryptAttempts = 10
const decryptAgainMs = 1_000
const seedBytes = 32
const infoBytes = 32
/** Opened seeds that are remembered. */
const maxSeeds = 1000

interface Seed {
  readonly seed: Buffer
  readonly sealed: KmsSealed
  readonly writer: string
}

export interface KmsOptions {
  readonly name: string
  readonly client: KmsClient
  readonly clock: Clock
  readonly newUid: () => string
  onError?(error: unknown): void
}

export class KmsV2Provider implements Provider {
  readonly #options: KmsOptions
  readonly #prefix: Buffer
  readonly #seeds = new Map<string, Buffer>()
  #current: Seed | undefined
  #goodUntilMs = 0
  #problem: string | undefined = 'the service has not been asked yet'
  #cancel: () => void = () => {}
  #isClosed = false

  constructor(options: KmsOptions) {
    this.#options = options
    this.#prefix = Buffer.from(`k8s:enc:kms:v2:${options.name}:`)
  }

  /** Asks for the first seed, and from then on whether the service is well and its key the same. Never fails: see `problem`. */
  async start(): Promise<void> {
    await this.#ask()
    if (!this.#isClosed)
      this.#cancel = this.#options.clock.after(this.#problem === undefined ? askEveryMs : askAgainMs, () => void this.start())
  }

  /** Why values cannot be relied on to be sealed and opened; undefined when all is well. */
  get problem(): string | undefined {
    return this.#problem
  }

  get writer(): string {
    return this.#current?.writer ?? this.#prefix.toString()
  }

  owns(stored: Buffer): boolean {
    return startsWith(stored, this.#prefix)
  }

  knows(writer: string): boolean {
    return writer.startsWith(this.#prefix.toString())
  }

  seal(plain: Buffer, context: string): Buffer {
    if (!this.#current || this.#options.clock.now() > this.#goodUntilMs)
      throw new Error(`the key management service ${this.#options.name} does not answer: ${this.#problem}`)
    const info = randomBytes(infoBytes)
    const data = Buffer.concat([info, aesgcm.seal(derive(this.#current.seed, info), plain, context)])
    return Buffer.concat([this.#prefix, encodeObject(data, this.#current.sealed)])
  }

  open(stored: Buffer, context: string): Opened | Promise<Opened> {
    const { data, sealed, isDerived } = decodeObject(stored.subarray(this.#prefix.length))
    const id = seedId(sealed)
    const openBy = (seed: Buffer): Opened => {
      const plain = isDerived
        ? aesgcm.open(derive(seed, data.subarray(0, infoBytes)), data.subarray(infoBytes), context)
        : aesgcm.open(seed, data, context)
      if (!plain) throw new Error('its key does not open it')
      return { plain, writer: this.#writerOf(sealed.keyId) }
    }
    const known = this.#seeds.get(id)
    if (known) return openBy(known)
    return this.#decrypt(sealed).then(seed => {
      this.#remember(id, seed)
      return openBy(seed)
    })
  }

  close(): void {
    this.#isClosed = true
    this.#cancel()
    this.#options.client.close()
  }

  /** A store is opened as a whole, so a service that starts together with the control plane is waited for. */
  async #decrypt(sealed: KmsSealed): Promise<Buffer> {
    const { client, clock, newUid } = this.#options
    for (let attempt = 1; ; attempt++) {
      try {
        return await client.decrypt(sealed, newUid())
      } catch (error) {
        if (attempt === decryptAttempts || this.#isClosed)
          throw new OpenLaterError(`the key management service ${this.#options.name} does not decrypt: ${messageOf(error)}`, {
            cause: error,
          })
        await sleep(clock, decryptAgainMs)
      }
    }
  }

  async #ask(): Promise<void> {
    const { client, clock, newUid } = this.#options
    try {
      const { version, healthz, keyId } = await client.status()
      if (version !== 'v2' && version !== 'v2beta1') throw new Error(`expected KMSv2 API version v2, got ${JSON.stringify(version)}`)
      if (healthz !== 'ok') throw new Error(`got unexpected healthz status: ${healthz}`)
      if (keyId === '') throw new Error('the key_id is empty')
      if (keyId !== this.#current?.sealed.keyId) {
        const seed = randomBytes(seedBytes)
        const sealed = await client.encrypt(seed, newUid())
        this.#current = { seed, sealed, writer: this.#writerOf(sealed.keyId) }
        this.#remember(seedId(sealed), seed)
      }
      this.#goodUntilMs = clock.now() + seedLifeMs
      this.#problem = undefined
    } catch (error) {
      this.#problem = messageOf(error)
      this.#options.onError?.(error)
    }
  }

  #writerOf(keyId: string): string {
    return `${this.#prefix}${keyId}`
  }

  #remember(id: string, seed: Buffer): void {
    if (this.#seeds.size >= maxSeeds) this.#seeds.clear()
    this.#seeds.set(id, seed)
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** HKDF's expansion (RFC 5869) to one block. */
function derive(seed: Buffer, info: Buffer): Buffer {
  return createHmac('sha256', seed).update(info).update(Buffer.of(1)).digest()
}

function seedId({ ciphertext, keyId }: KmsSealed): string {
  return `${keyId}\0${hash('sha256', ciphertext, 'base64')}`
}

/** How the first field of an EncryptedObject was sealed: by a key, or by one derived from a seed. */
const bySeed = 1

export function encodeObject(data: Buffer, { ciphertext, keyId, annotations }: KmsSealed): Buffer {
  const to = new ProtoWriter()
  to.tag(1, 2)
  to.bytes(data)
  to.tag(2, 2)
  to.string(keyId)
  to.tag(3, 2)
  to.bytes(ciphertext)
  writeAnnotations(to, 4, annotations)
  to.tag(5, 0)
  to.varint(bySeed)
  return Buffer.from(to.finish())
}

export function decodeObject(bytes: Buffer): { data: Buffer; sealed: KmsSealed; isDerived: boolean } {
  const annotations = new Map<string, Buffer>()
  let data = Buffer.alloc(0)
  let keyId = ''
  let ciphertext = Buffer.alloc(0)
  let type = 0
  for (const from = new ProtoReader(bytes); !from.atEnd; ) {
    const { number, wireType } = from.tag()
    if (number === 1 && wireType === 2) data = Buffer.from(from.run())
    else if (number === 2 && wireType === 2) keyId = from.run().toString()
    else if (number === 3 && wireType === 2) ciphertext = Buffer.from(from.run())
    else if (number === 4 && wireType === 2) readAnnotation(from.nested(), annotations)
    else if (number === 5 && wireType === 0) type = Number(from.varint())
    else from.skip(number, wireType)
  }
  return { data, sealed: { ciphertext, keyId, annotations }, isDerived: type === bySeed }
}

export function writeAnnotations(to: ProtoWriter, field: number, annotations: ReadonlyMap<string, Buffer>): void {
  for (const [key, value] of annotations) {
    to.tag(field, 2)
    to.run(entry => {
      entry.tag(1, 2)
      entry.string(key)
      entry.tag(2, 2)
      entry.bytes(value)
    })
  }
}

export function readAnnotation(from: ProtoReader, into: Map<string, Buffer>): void {
  let key = ''
  let value = Buffer.alloc(0)
  while (!from.atEnd) {
    const { number, wireType } = from.tag()
    if (number === 1 && wireType === 2) key = from.run().toString()
    else if (number === 2 && wireType === 2) value = Buffer.from(from.run())
    else from.skip(number, wireType)
  }
  into.set(key, value)
}
