// A provider of an encryption configuration: it knows its own values by their prefix, opens them, and seals new ones.
import { hash } from 'node:crypto'
import { aescbc, aesgcm, type Cipher, secretbox } from './ciphers.ts'

export interface Opened {
  readonly plain: Buffer
  /** By whom and by what key it was sealed. */
  readonly writer: string
}

export interface Provider {
  /** Whom new values are sealed by. */
  readonly writer: string
  owns(stored: Buffer): boolean
  /** Fails when none of its keys opens it. */
  open(stored: Buffer, context: string): Opened | Promise<Opened>
  seal(plain: Buffer, context: string): Buffer
  /** Whether it can open what this writer sealed. */
  knows(writer: string): boolean
}

export interface NamedKey {
  readonly name: string
  readonly secret: Buffer
}

export const sealedPrefix = Buffer.from('k8s:enc:')
const plainWriter = 'identity'

export function startsWith(stored: Buffer, prefix: Buffer): boolean {
  return stored.length >= prefix.length && stored.compare(prefix, 0, prefix.length, 0, prefix.length) === 0
}

/** Values as they are. */
export const identity: Provider = {
  writer: plainWriter,
  owns: stored => !startsWith(stored, sealedPrefix),
  open: stored => ({ plain: stored, writer: plainWriter }),
  seal: plain => plain,
  knows: writer => writer === plainWriter,
}

export const ciphers = { aescbc, aesgcm, secretbox } satisfies Record<string, Cipher>

/** The first key seals, all of them open. */
export function keyedProvider(type: keyof typeof ciphers, keys: readonly [NamedKey, ...NamedKey[]]): Provider {
  const cipher: Cipher = ciphers[type]
  const prefix = Buffer.from(`k8s:enc:${type}:v1:`)
  const known = keys.map(({ name, secret }) => {
    const own = Buffer.from(`${prefix}${name}:`)
    // Two keys of one name are told apart, without saying what they are.
    return { secret, prefix: own, writer: `${own}${hash('sha256', secret, 'hex').slice(0, 16)}` }
  })
  const [first] = known as [(typeof known)[number]]
  return {
    writer: first.writer,
    owns: stored => startsWith(stored, prefix),
    open(stored, context) {
      for (const { secret, prefix: own, writer } of known) {
        if (!startsWith(stored, own)) continue
        const plain = cipher.open(secret, stored.subarray(own.length), context)
        if (plain) return { plain, writer }
      }
      throw new Error(`no matching key was found for the provided ${type === 'secretbox' ? 'Secretbox' : 'AES'} transformer`)
    },
    seal: (plain, context) => Buffer.concat([first.prefix, cipher.seal(first.secret, plain, context)]),
    knows: writer => known.some(k => k.writer === writer),
  }
}
