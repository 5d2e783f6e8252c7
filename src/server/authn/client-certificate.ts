// A user by its client certificate: the common name is the username, the organizations are the groups.
import { type Authenticator, none } from './authenticator.ts'
import { extraKeys } from './user-info.ts'

export const clientCertificate: Authenticator = ({ certificate }) => {
  const username = first(certificate?.subject.CN)
  if (!certificate || username === undefined || username === '') return none
  const fingerprint = certificate.fingerprint256?.replaceAll(':', '').toLowerCase()
  return {
    type: 'user',
    user: {
      username,
      groups: all(certificate.subject.O),
      ...(fingerprint && { extra: { [extraKeys.credentialId]: [`X509SHA256=${fingerprint}`] } }),
    },
  }
}

/** Node gives a string for one value and a list for several. */
function all(value: string | readonly string[] | undefined): readonly string[] {
  return value === undefined ? [] : typeof value === 'string' ? [value] : value
}
function first(value: string | readonly string[] | undefined): string | undefined {
  return all(value)[0]
}
