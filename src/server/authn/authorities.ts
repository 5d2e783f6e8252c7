// Which authority a client's certificate comes from. TLS asks for certificates of all of them and finds out whether one is good; what it is good
// for depends on who signed it.
import { X509Certificate } from 'node:crypto'
import { readPem } from '../../base/pem.ts'
import type { Authority } from './authenticator.ts'

export class Authorities {
  readonly #certificates: readonly (readonly [Authority, readonly X509Certificate[]])[]

  /** PEM; each may have several certificates. */
  constructor(pems: { readonly client: string; readonly frontProxy: string }) {
    // A proxy's is looked at first, as its headers are.
    this.#certificates = [
      ['front-proxy', certificatesOf(pems.frontProxy)],
      ['client', certificatesOf(pems.client)],
    ]
  }

  /** Of a certificate that TLS has found good, with what the client sent along as its issuers. */
  of(certificate: X509Certificate): Authority {
    return this.#certificates.find(([, roots]) => isSignedBy(certificate, roots))?.[0] ?? 'unknown'
  }
}

const maxDepth = 8

function isSignedBy(certificate: X509Certificate, roots: readonly X509Certificate[]): boolean {
  let current = certificate
  for (let depth = 0; depth < maxDepth; depth++) {
    const signed = (issuer: X509Certificate) => current.checkIssued(issuer) && current.verify(issuer.publicKey)
    if (roots.some(signed)) return true
    const issuer = current.issuerCertificate
    if (!issuer || !signed(issuer)) return false
    current = issuer
  }
  return false
}

function certificatesOf(pem: string): readonly X509Certificate[] {
  return readPem(pem)
    .filter(({ type }) => type === 'CERTIFICATE')
    .map(({ bytes }) => new X509Certificate(bytes))
}
