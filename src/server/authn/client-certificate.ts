// A user by its client certificate: the common name is the username, the organizations are the groups.
import { type Authenticator, commonName, none, subjectValues } from './authenticator.ts'
import { extraKeys } from './user-info.ts'

export const clientCertificate: Authenticator = ({ certificate }) => {
  if (!certificate) return none
  if (certificate.authority !== 'client') return { type: 'refused', reason: 'x509: certificate signed by unknown authority' }
  const username = commonName(certificate)
  if (!username) return none
  const fingerprint = certificate.fingerprint256?.replaceAll(':', '').toLowerCase()
  return {
    type: 'user',
    user: {
      username,
      groups: subjectValues(certificate.subject.O),
      ...(fingerprint && { extra: { [extraKeys.credentialId]: [`X509SHA256=${fingerprint}`] } }),
    },
  }
}
