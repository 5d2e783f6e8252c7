// The ciphers of local keys, in upstream's formats: what a value is kept as after its prefix. `context` is the key in the store: where the
// cipher can, it binds the value to its place.
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { nonceBytes, openSecretbox, sealSecretbox } from './secretbox.ts'

export interface Cipher {
  readonly keySizes: readonly number[]
  seal(secret: Buffer, plain: Buffer, context: string): Buffer
  /** Undefined when it cannot be opened by this secret. */
  open(secret: Buffer, sealed: Buffer, context: string): Buffer | undefined
}

const gcmNonceBytes = 12
const gcmTagBytes = 16

/** Nonce, cipher text, tag. */
export const aesgcm: Cipher = {
  keySizes: [16, 24, 32],
  seal(secret, plain, context) {
    const nonce = randomBytes(gcmNonceBytes)
    const cipher = createCipheriv(gcm(secret), secret, nonce).setAAD(Buffer.from(context))
    return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()])
  },
  open(secret, sealed, context) {
    if (sealed.length < gcmNonceBytes + gcmTagBytes) return undefined
    const end = sealed.length - gcmTagBytes
    const cipher = createDecipheriv(gcm(secret), secret, sealed.subarray(0, gcmNonceBytes), { authTagLength: gcmTagBytes })
    cipher.setAAD(Buffer.from(context)).setAuthTag(sealed.subarray(end))
    return finished(cipher, sealed.subarray(gcmNonceBytes, end))
  },
}

function gcm(secret: Buffer): 'aes-128-gcm' | 'aes-192-gcm' | 'aes-256-gcm' {
  return secret.length === 16 ? 'aes-128-gcm' : secret.length === 24 ? 'aes-192-gcm' : 'aes-256-gcm'
}

const blockBytes = 16

/** Initialization vector and cipher text, padded as PKCS #7 says. It does not show when it was changed. */
export const aescbc: Cipher = {
  keySizes: [16, 24, 32],
  seal(secret, plain) {
    const iv = randomBytes(blockBytes)
    const cipher = createCipheriv(`aes-${secret.length * 8}-cbc`, secret, iv)
    return Buffer.concat([iv, cipher.update(plain), cipher.final()])
  },
  open(secret, sealed) {
    if (sealed.length < 2 * blockBytes || sealed.length % blockBytes !== 0) return undefined
    return finished(createDecipheriv(`aes-${secret.length * 8}-cbc`, secret, sealed.subarray(0, blockBytes)), sealed.subarray(blockBytes))
  },
}

/** Nonce and box. */
export const secretbox: Cipher = {
  keySizes: [32],
  seal(secret, plain) {
    const nonce = randomBytes(nonceBytes)
    return Buffer.concat([nonce, sealSecretbox(plain, nonce, secret)])
  },
  open: (secret, sealed) => openSecretbox(sealed.subarray(nonceBytes), sealed.subarray(0, nonceBytes), secret),
}

function finished(cipher: ReturnType<typeof createDecipheriv>, text: Buffer): Buffer | undefined {
  try {
    return Buffer.concat([cipher.update(text), cipher.final()])
  } catch {
    // The wrong key or other bytes: the caller tries the next key and says so when none fits.
    return undefined
  }
}
