// PKCS #10 (RFC 2986): what a certificate is asked for with. Its parts are kept as they came, to be signed as they came.
import { createPublicKey, type KeyObject, verify } from 'node:crypto'
import { bitsOf, contentOf, type DerElement, DerError, derTag, objectIdentifierOf, partsOf, readDer, readDerAll } from '../../base/der.ts'
import { readPem } from '../../base/pem.ts'

export interface CertificateRequest {
  readonly subject: { readonly commonName: string; readonly organizations: readonly string[] }
  readonly dnsNames: readonly string[]
  readonly emailAddresses: readonly string[]
  readonly uris: readonly string[]
  /** 4 or 16 bytes each. */
  readonly ipAddresses: readonly Buffer[]
  readonly der: {
    readonly subject: Buffer
    readonly publicKey: Buffer
    /** The value of the extension; undefined where there is none. */
    readonly subjectAltNames: Buffer | undefined
  }
  readonly publicKey: KeyObject
}

export type Parsed = { readonly request: CertificateRequest } | { readonly error: string }

const id = {
  commonName: '2.5.4.3',
  organization: '2.5.4.10',
  subjectAltName: '2.5.29.17',
  extensionRequest: '1.2.840.113549.1.9.14',
} as const

/** The digests of signature algorithms; for Ed25519 there is none. */
const digests: Readonly<Record<string, 'sha256' | 'sha384' | 'sha512' | null>> = {
  '1.2.840.113549.1.1.11': 'sha256',
  '1.2.840.113549.1.1.12': 'sha384',
  '1.2.840.113549.1.1.13': 'sha512',
  '1.2.840.10045.4.3.2': 'sha256',
  '1.2.840.10045.4.3.3': 'sha384',
  '1.2.840.10045.4.3.4': 'sha512',
  '1.3.101.112': null,
}

/** Reads the base64 of a PEM text, and checks that it is signed by the key within. */
export function readCertificateRequest(base64: string): Parsed {
  const [block] = readPem(Buffer.from(base64, 'base64').toString('latin1'))
  if (block?.type !== 'CERTIFICATE REQUEST') return { error: 'PEM block type must be CERTIFICATE REQUEST' }
  try {
    return parse(block.bytes)
  } catch (error) {
    if (error instanceof DerError) return { error: `asn1: structure error: ${error.message}` }
    throw error
  }
}

function parse(bytes: Buffer): Parsed {
  const [info, algorithm, signature] = partsOf(readDer(bytes), derTag.sequence)
  const [, subject, key, attributes] = partsOf(info, derTag.sequence)
  if (!info || !subject || !key) throw new DerError('sequence truncated')
  const publicKey = readKey(key.bytes)
  if (!publicKey) return { error: 'x509: unknown public key algorithm' }
  const digest = digests[objectIdentifierOf(partsOf(algorithm, derTag.sequence)[0])]
  if (digest === undefined) return { error: 'x509: cannot verify signature: algorithm unimplemented' }
  if (!isSigned(digest, info.bytes, publicKey, bitsOf(signature))) return { error: 'x509: invalid signature' }
  const subjectAltNames = attributes && requestedNames(attributes)
  return {
    request: {
      subject: readSubject(subject),
      ...readNames(subjectAltNames),
      der: { subject: subject.bytes, publicKey: key.bytes, subjectAltNames },
      publicKey,
    },
  }
}

function readKey(der: Buffer): KeyObject | undefined {
  try {
    return createPublicKey({ key: der, format: 'der', type: 'spki' })
  } catch {
    return undefined
  }
}

function isSigned(digest: string | null, bytes: Buffer, key: KeyObject, signature: Buffer): boolean {
  try {
    return verify(digest, bytes, key, signature)
  } catch {
    // The algorithm is not one of this kind of key.
    return false
  }
}

function readSubject(subject: DerElement): CertificateRequest['subject'] {
  const parts = partsOf(subject, derTag.sequence)
    .flatMap(set => partsOf(set, derTag.set))
    .map(pair => {
      const [type, value] = partsOf(pair, derTag.sequence)
      return { type: objectIdentifierOf(type), text: value?.content.toString('utf8') ?? '' }
    })
  const values = (type: string) => parts.filter(part => part.type === type).map(part => part.text)
  return { commonName: values(id.commonName).at(-1) ?? '', organizations: values(id.organization) }
}

/** The subjectAltName among the extensions that are asked for. */
function requestedNames(attributes: DerElement): Buffer | undefined {
  for (const attribute of readDerAll(attributes.content)) {
    const [type, values] = partsOf(attribute, derTag.sequence)
    if (objectIdentifierOf(type) !== id.extensionRequest) continue
    const [extensions] = partsOf(values, derTag.set)
    for (const extension of partsOf(extensions, derTag.sequence)) {
      const members = partsOf(extension, derTag.sequence)
      if (objectIdentifierOf(members[0]) === id.subjectAltName) return contentOf(members.at(-1), derTag.octetString)
    }
  }
  return undefined
}

type Names = Pick<CertificateRequest, 'dnsNames' | 'emailAddresses' | 'uris' | 'ipAddresses'>

function readNames(subjectAltNames: Buffer | undefined): Names {
  const names = subjectAltNames ? partsOf(readDer(subjectAltNames), derTag.sequence) : []
  const texts = (tag: number) => names.filter(name => name.tag === tag).map(name => name.content.toString('latin1'))
  return {
    emailAddresses: texts(0x81),
    dnsNames: texts(0x82),
    uris: texts(0x86),
    ipAddresses: names.filter(name => name.tag === 0x87).map(name => name.content),
  }
}
