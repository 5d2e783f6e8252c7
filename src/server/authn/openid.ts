// The documents by which others can check our service account tokens: OpenID discovery and the key set.
import type { VerificationKey } from './signing-key.ts'

export const discoveryPath = '/.well-known/openid-configuration'
export const keySetPath = '/openid/v1/jwks'
export const keySetContentType = 'application/jwk-set+json'

/** `keySetUri` is the full URL under which clients reach `keySetPath`. */
export function discoveryDocument(issuer: string, keySetUri: string, keys: readonly VerificationKey[]): object {
  return {
    issuer,
    jwks_uri: keySetUri,
    response_types_supported: ['id_token'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: [...new Set(keys.map(k => k.algorithm))],
  }
}

export function keySet(keys: readonly VerificationKey[]): object {
  return { keys: keys.map(k => ({ use: 'sig', alg: k.algorithm, kid: k.id, ...k.publicKey.export({ format: 'jwk' }) })) }
}
