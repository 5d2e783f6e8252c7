// Signs certificates that others ask for, with the key of an authority. What goes into them is decided elsewhere.
import { createPublicKey, X509Certificate } from 'node:crypto'
import { assemble, authorityOf, extension, id, type KeyPair, keyIdentifier } from './certificate.ts'
import { bitString, implicit, objectIdentifier, sequence } from './der.ts'

export interface CertificateOrder {
  /** In DER. */
  readonly subject: Buffer
  readonly publicKey: Buffer
  /** The value of the extension, in DER. */
  readonly subjectAltNames: Buffer | undefined
  /** Numbers of bits, as RFC 5280 gives them. */
  readonly keyUsages: readonly number[]
  /** Object identifiers. */
  readonly extendedKeyUsages: readonly string[]
  /** Milliseconds since the epoch. */
  readonly notBefore: number
  readonly notAfter: number
}

export interface CertificateAuthority {
  /** Until when it can sign, in milliseconds since the epoch. */
  readonly notAfter: number
  /** Answers PEM. */
  sign(order: CertificateOrder): string
}

export function certificateAuthority(pair: KeyPair): CertificateAuthority {
  const issuer = authorityOf(pair)
  const ownKey = keyIdentifier(createPublicKey(issuer.key))
  return {
    notAfter: Date.parse(new X509Certificate(pair.certificate).validTo),
    sign: order => assemble({ ...order, issuer, extensions: extensionsOf(order, ownKey) }),
  }
}

function extensionsOf({ subject, subjectAltNames, keyUsages, extendedKeyUsages }: CertificateOrder, authorityKey: Buffer): Buffer[] {
  return [
    ...(keyUsages.length > 0 ? [extension(id.keyUsage, bits(keyUsages), true)] : []),
    ...(extendedKeyUsages.length > 0 ? [extension(id.extendedKeyUsage, sequence(...extendedKeyUsages.map(objectIdentifier)))] : []),
    extension(id.basicConstraints, sequence(), true),
    extension(id.authorityKeyIdentifier, sequence(implicit(0, authorityKey))),
    // Where there is no subject, the names are all there is to go by.
    ...(subjectAltNames ? [extension(id.subjectAltName, subjectAltNames, subject.equals(sequence()))] : []),
  ]
}

/** A bit string without zeros at its end. */
function bits(numbers: readonly number[]): Buffer {
  const highest = Math.max(...numbers)
  const bytes = Buffer.alloc(Math.floor(highest / 8) + 1)
  for (const bit of numbers) bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) | (0x80 >> (bit & 7))
  return bitString(bytes, 7 - (highest % 8))
}
