// Bundles of certificate authorities, as clients of webhooks load them: any one certificate that can be read makes a bundle good.
import { X509Certificate } from 'node:crypto'
import { readPem } from '../base/pem.ts'

/** What is wrong with a bundle, base64 of PEM. An empty one stands for the authorities of the system. */
export function caBundleProblem(base64: string | undefined): string | undefined {
  if (!base64) return undefined
  const wrong = (why: string) => `unable to load root certificates: ${why}`
  const blocks = readPem(Buffer.from(base64, 'base64').toString('latin1'))
  if (blocks.length === 0) return wrong('unable to parse bytes as PEM block')
  const certificates = blocks.filter(({ type, hasHeaders }) => type === 'CERTIFICATE' && !hasHeaders)
  if (certificates.some(({ bytes }) => isCertificate(bytes))) return undefined
  return wrong(
    certificates.length > 0 ? 'failed to parse certificate: x509: malformed certificate' : 'no valid certificate authority data seen',
  )
}

export function isCertificate(der: Buffer): boolean {
  try {
    return new X509Certificate(der).raw.length === der.length
  } catch {
    return false
  }
}
