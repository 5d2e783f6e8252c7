// The keys by which service account tokens are signed and told apart: P-256 or RSA, named by the hash of their public half as upstream does.
import { createHash, createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'

export interface VerificationKey {
  /** The `kid` of the token's header. */
  readonly id: string
  readonly algorithm: 'ES256' | 'RS256'
  readonly publicKey: KeyObject
}
export interface SigningKey extends VerificationKey {
  readonly privateKey: KeyObject
}

export function verificationKey(pem: string): VerificationKey {
  const publicKey = createPublicKey(pem)
  const id = createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('base64url')
  return { id, algorithm: publicKey.asymmetricKeyType === 'rsa' ? 'RS256' : 'ES256', publicKey }
}
export function signingKey(pem: string): SigningKey {
  return { ...verificationKey(pem), privateKey: createPrivateKey(pem) }
}
