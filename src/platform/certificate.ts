// Makes X.509 certificates on P-256 keys: authorities, servers and clients. Only Node's own crypto stands behind it: the certificates are
// of one fixed shape, and a whole cluster's are made in a fraction of the time that loading a certificate library takes.
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
  X509Certificate,
} from 'node:crypto'
import { isIP } from 'node:net'
import { writePem } from '../base/pem.ts'
import {
  bitString,
  boolean,
  explicit,
  implicit,
  integer,
  objectIdentifier,
  octetString,
  sequence,
  setOf,
  smallInteger,
  time,
  utf8String,
} from './der.ts'

/** A certificate and its private key, both as PEM. */
export interface KeyPair {
  readonly certificate: string
  readonly key: string
}

export interface Subject {
  readonly commonName: string
  readonly organizations?: readonly string[]
}

export interface CertificateRequest {
  readonly subject: Subject
  readonly usage: 'authority' | 'server' | 'client' | 'server-and-client'
  /** DNS names and IP addresses, told apart by their form. */
  readonly alternativeNames?: readonly string[]
  /** Milliseconds since the epoch. */
  readonly notBefore: number
  readonly notAfter: number
}

export const id = {
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
  commonName: '2.5.4.3',
  organization: '2.5.4.10',
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  authorityKeyIdentifier: '2.5.29.35',
  extendedKeyUsage: '2.5.29.37',
  serverAuth: '1.3.6.1.5.5.7.3.1',
  clientAuth: '1.3.6.1.5.5.7.3.2',
} as const

export function newKey(): KeyObject {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
}
export function keyToPem(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString()
}

/** Makes a key and a certificate over it, signed by `authority`, or by itself where there is none. */
export function issue(request: CertificateRequest, authority?: KeyPair): KeyPair {
  const key = newKey()
  return { certificate: certify(createPublicKey(key), request, authority ?? { key, subject: request.subject }), key: keyToPem(key) }
}

/** Signs a certificate over a public key whose holder keeps the private one. Answers PEM. */
export function certify(publicKey: KeyObject, request: CertificateRequest, issuer: KeyPair | SelfIssuer): string {
  const { name, key } = 'certificate' in issuer ? authorityOf(issuer) : { name: nameOf(issuer.subject), key: issuer.key }
  return assemble({
    subject: nameOf(request.subject),
    publicKey: publicKey.export({ type: 'spki', format: 'der' }),
    extensions: extensions(publicKey, request, createPublicKey(key)),
    notBefore: request.notBefore,
    notAfter: request.notAfter,
    issuer: { name, key },
  })
}

/** The parts of a certificate in DER. */
interface Parts {
  readonly subject: Buffer
  readonly publicKey: Buffer
  readonly extensions: readonly Buffer[]
  readonly notBefore: number
  readonly notAfter: number
  readonly issuer: { readonly name: Buffer; readonly key: KeyObject }
}

/** Signs what the parts make. Answers PEM. */
export function assemble({ subject, publicKey, extensions, notBefore, notAfter, issuer }: Parts): string {
  const algorithm = sequence(objectIdentifier(id.ecdsaWithSha256))
  const toBeSigned = sequence(
    explicit(0, smallInteger(2)),
    serialNumber(),
    algorithm,
    issuer.name,
    sequence(time(notBefore), time(notAfter)),
    subject,
    publicKey,
    explicit(3, sequence(...extensions)),
  )
  return writePem('CERTIFICATE', sequence(toBeSigned, algorithm, bitString(sign('sha256', toBeSigned, issuer.key))))
}

interface SelfIssuer {
  readonly key: KeyObject
  readonly subject: Subject
}

export function authorityOf(pair: KeyPair): { readonly name: Buffer; readonly key: KeyObject } {
  const { commonName, organizations } = subjectOf(new X509Certificate(pair.certificate))
  return { name: nameOf({ commonName, organizations }), key: createPrivateKey(pair.key) }
}

/** Common name and organizations of a certificate. */
export function subjectOf(certificate: X509Certificate): { readonly commonName: string; readonly organizations: readonly string[] } {
  const lines = certificate.subject?.split('\n') ?? []
  const values = (field: string) => lines.filter(l => l.startsWith(`${field}=`)).map(l => l.slice(field.length + 1))
  return { commonName: values('CN')[0] ?? '', organizations: values('O') }
}

function nameOf({ commonName, organizations = [] }: Subject): Buffer {
  const part = (type: string, value: string) => setOf(sequence(objectIdentifier(type), utf8String(value)))
  return sequence(...organizations.map(o => part(id.organization, o)), part(id.commonName, commonName))
}

/** Positive, and 127 random bits long. */
function serialNumber(): Buffer {
  const bytes = randomBytes(16)
  bytes[0] = (bytes[0]! & 0x7f) | 0x40
  return integer(bytes)
}

function extensions(publicKey: KeyObject, { usage, alternativeNames = [] }: CertificateRequest, issuerKey: KeyObject): Buffer[] {
  const isAuthority = usage === 'authority'
  const purposes = [usage.startsWith('server') && id.serverAuth, usage.endsWith('client') && id.clientAuth].filter(p => p !== false)
  return [
    // digitalSignature is bit 0, keyCertSign bit 5, cRLSign bit 6.
    extension(id.keyUsage, isAuthority ? bitString(Buffer.from([0x86]), 1) : bitString(Buffer.from([0x80]), 7), true),
    ...(purposes.length > 0 ? [extension(id.extendedKeyUsage, sequence(...purposes.map(objectIdentifier)))] : []),
    extension(id.basicConstraints, isAuthority ? sequence(boolean(true)) : sequence(), true),
    extension(id.subjectKeyIdentifier, octetString(keyIdentifier(publicKey))),
    extension(id.authorityKeyIdentifier, sequence(implicit(0, keyIdentifier(issuerKey)))),
    ...(alternativeNames.length > 0 ? [extension(id.subjectAltName, sequence(...alternativeNames.map(generalName)))] : []),
  ]
}

export function extension(type: string, value: Buffer, critical = false): Buffer {
  return sequence(objectIdentifier(type), ...(critical ? [boolean(true)] : []), octetString(value))
}

/** RFC 5280, 4.2.1.2: the SHA-1 of the public key's bits; for P-256 they are the last 65 bytes of the encoded key. */
export function keyIdentifier(publicKey: KeyObject): Buffer {
  return createHash('sha1')
    .update(publicKey.export({ type: 'spki', format: 'der' }).subarray(-65))
    .digest()
}

function generalName(name: string): Buffer {
  return isIP(name) === 0 ? implicit(2, Buffer.from(name, 'ascii')) : implicit(7, addressBytes(name))
}

/** The 4 or 16 bytes of an IP address. */
function addressBytes(address: string): Buffer {
  if (isIP(address) === 4) return Buffer.from(address.split('.').map(Number))
  const tail = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(address)
  const hex = (high: string, low: string) => ((Number(high) << 8) | Number(low)).toString(16)
  const text = tail ? `${tail[1]}${hex(tail[2]!, tail[3]!)}:${hex(tail[4]!, tail[5]!)}` : address
  const words = (part: string) => (part === '' ? [] : part.split(':').map(w => Number.parseInt(w, 16)))
  const [left = '', right] = text.split('::')
  const before = words(left)
  const after = right === undefined ? [] : words(right)
  const all = [...before, ...Array<number>(8 - before.length - after.length).fill(0), ...after]
  return Buffer.from(all.flatMap(w => [w >> 8, w & 0xff]))
}
