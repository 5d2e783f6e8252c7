// For tests: certificate requests as clients make them.
import { createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { writePem } from '../../base/pem.ts'
import {
  bitString,
  element,
  explicit,
  implicit,
  objectIdentifier,
  octetString,
  sequence,
  setOf,
  smallInteger,
  utf8String,
} from '../../platform/der.ts'

export interface Wish {
  readonly commonName?: string
  readonly organizations?: readonly string[]
  readonly dnsNames?: readonly string[]
  readonly emailAddresses?: readonly string[]
  readonly uris?: readonly string[]
  /** IPv4. */
  readonly ipAddresses?: readonly string[]
  readonly key?: KeyObject
  /** Another key's signature under it. */
  readonly signedBy?: KeyObject
}

export function newEcKey(): KeyObject {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
}
const defaultKey = newEcKey()

/** The base64 of a PKCS #10 request in PEM, as `spec.request` has it. */
export function requestFor(wish: Wish): string {
  const key = wish.key ?? defaultKey
  const { organizations = [], commonName } = wish
  const part = (type: string, value: string) => setOf(sequence(objectIdentifier(type), utf8String(value)))
  const subject = sequence(
    ...organizations.map(o => part('2.5.4.10', o)),
    ...(commonName === undefined ? [] : [part('2.5.4.3', commonName)]),
  )
  const spki = createPublicKey(key).export({ type: 'spki', format: 'der' })
  const info = sequence(smallInteger(0), subject, spki, ...attributes(wish))
  const algorithms: Readonly<Record<string, readonly [digest: string | null, id: string]>> = {
    ec: ['sha256', '1.2.840.10045.4.3.2'],
    rsa: ['sha256', '1.2.840.113549.1.1.11'],
    ed25519: [null, '1.3.101.112'],
  }
  const [digest, id] = algorithms[key.asymmetricKeyType ?? ''] ?? [null, '1.2.3']
  const signature = bitString(sign(digest, info, wish.signedBy ?? key))
  const pem = writePem('CERTIFICATE REQUEST', sequence(info, sequence(objectIdentifier(id)), signature))
  return Buffer.from(pem).toString('base64')
}

function attributes({ dnsNames = [], emailAddresses = [], uris = [], ipAddresses = [] }: Wish): Buffer[] {
  const text = (tag: number, values: readonly string[]) => values.map(value => implicit(tag, Buffer.from(value)))
  const addresses = ipAddresses.map(ip => implicit(7, Buffer.from(ip.split('.').map(Number))))
  const names = [...text(1, emailAddresses), ...text(2, dnsNames), ...text(6, uris), ...addresses]
  if (names.length === 0) return [element(0xa0, Buffer.alloc(0))]
  const extension = sequence(objectIdentifier('2.5.29.17'), octetString(sequence(...names)))
  return [explicit(0, sequence(objectIdentifier('1.2.840.113549.1.9.14'), setOf(sequence(extension))))]
}
