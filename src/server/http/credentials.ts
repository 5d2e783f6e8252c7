// What a request shows of who it is from: the certificate of its connection, and its headers.
import type { TLSSocket } from 'node:tls'
import type { Credentials, PeerCertificate } from '../authn/authenticator.ts'
import type { Authorities } from '../authn/authorities.ts'
import { valuesOf } from '../authn/header-values.ts'
import type { Exchange } from './exchange.ts'

export type Shown = Pick<Exchange, 'headers' | 'rawHeaders' | 'socket'>

/** A connection is asked once; null is for one without a certificate. */
const peers = new WeakMap<TLSSocket, PeerCertificate | null>()

export function peerOf(socket: TLSSocket, authorities: Authorities): PeerCertificate | undefined {
  let peer = peers.get(socket)
  if (peer === undefined) {
    peer = readPeer(socket, authorities) ?? null
    peers.set(socket, peer)
  }
  return peer ?? undefined
}

function readPeer(socket: TLSSocket, authorities: Authorities): PeerCertificate | undefined {
  const certificate = socket.getPeerX509Certificate()
  if (!certificate) return undefined
  const { subject, fingerprint256 } = socket.getPeerCertificate()
  const authority = socket.authorized ? authorities.of(certificate) : 'unknown'
  return { subject: subject as PeerCertificate['subject'], fingerprint256, authority }
}

export function credentialsOf({ headers, rawHeaders }: Shown, certificate: PeerCertificate | undefined): Credentials {
  const { authorization } = headers
  return { ...(certificate && { certificate }), ...(authorization !== undefined && { authorization }), headers: () => valuesOf(rawHeaders) }
}
