// Where a request for a certificate stands.
import type { CertificateSigningRequest } from '../../api/certificates/certificate-signing-request.ts'

export function hasCondition({ status }: CertificateSigningRequest, type: string): boolean {
  return status.conditions?.some(c => c.type === type) ?? false
}

/** Neither decided on nor served. */
export function isPending(csr: CertificateSigningRequest): boolean {
  return !csr.status.certificate && !hasCondition(csr, 'Approved') && !hasCondition(csr, 'Denied')
}

/** Approved, and waiting for the signer. */
export function isToBeSigned(csr: CertificateSigningRequest): boolean {
  return !csr.status.certificate && hasCondition(csr, 'Approved') && !hasCondition(csr, 'Denied') && !hasCondition(csr, 'Failed')
}
