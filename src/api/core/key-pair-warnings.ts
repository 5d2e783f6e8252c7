// Whether the certificate and the key of a TLS secret belong together, in the words of Go, whose clients are to read them.
import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import { type PemBlock, readPem } from '../../base/pem.ts'
import type { Warnings } from '../warnings.ts'
import type { Secret } from './secret.ts'

export function warnSecret({ type, data }: Secret): Warnings {
  if (type !== 'kubernetes.io/tls') return []
  const text = (key: string) => Buffer.from(data?.[key] ?? '', 'base64').toString('latin1')
  const problem = problemOf(readPem(text('tls.crt')), readPem(text('tls.key')))
  return problem === undefined ? [] : [problem]
}

function problemOf(certificates: readonly PemBlock[], keys: readonly PemBlock[]): string | undefined {
  const leaf = certificates.find(({ type }) => type === 'CERTIFICATE')
  if (!leaf) {
    const [only] = certificates
    if (!only) return 'tls: failed to find any PEM data in certificate input'
    if (certificates.length === 1 && only.type.endsWith('PRIVATE KEY'))
      return 'tls: failed to find certificate PEM data in certificate input, but did find a private key; PEM inputs may have been switched'
    return `tls: failed to find "CERTIFICATE" PEM block in certificate input after skipping PEM blocks of the following types: ${typesOf(certificates)}`
  }
  const key = keys.find(({ type }) => type === 'PRIVATE KEY' || type.endsWith(' PRIVATE KEY'))
  if (!key) {
    const [only] = keys
    if (!only) return 'tls: failed to find any PEM data in key input'
    if (keys.length === 1 && only.type === 'CERTIFICATE') return 'tls: found a certificate rather than a key in the PEM for the private key'
    return `tls: failed to find PEM block with type ending in "PRIVATE KEY" in key input after skipping PEM blocks of the following types: ${typesOf(keys)}`
  }
  return mismatchOf(leaf.bytes, key.bytes)
}

function typesOf(blocks: readonly PemBlock[]): string {
  return `[${blocks.map(({ type }) => type).join(' ')}]`
}

function mismatchOf(certificateBytes: Buffer, keyBytes: Buffer): string | undefined {
  let certificate: X509Certificate
  try {
    certificate = new X509Certificate(certificateBytes)
  } catch {
    return 'x509: malformed certificate'
  }
  const key = privateKeyOf(keyBytes)
  if (!key) return 'tls: failed to parse private key'
  if (key.asymmetricKeyType !== certificate.publicKey.asymmetricKeyType) return 'tls: private key type does not match public key type'
  return certificate.checkPrivateKey(key) ? undefined : 'tls: private key does not match public key'
}

/** The form is tried out, whatever the block calls itself. */
function privateKeyOf(key: Buffer): KeyObject | undefined {
  for (const type of ['pkcs8', 'pkcs1', 'sec1'] as const) {
    try {
      return createPrivateKey({ key, format: 'der', type })
    } catch {
      // It is of another form, or none.
    }
  }
  return undefined
}
