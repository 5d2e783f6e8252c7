// A user whom a front proxy names in headers. They are believed because of the proxy's certificate, which another authority signs than those of
// users; without it they mean nothing.
import { type Authenticator, commonName, none } from './authenticator.ts'
import { extrasOf } from './header-values.ts'

export const userHeader = 'X-Remote-User'
export const uidHeader = 'X-Remote-Uid'
export const groupHeader = 'X-Remote-Group'
export const extraPrefix = 'X-Remote-Extra-'

const [user, uid, group, extra] = [userHeader, uidHeader, groupHeader, extraPrefix].map(name => name.toLowerCase()) as [
  string,
  string,
  string,
  string,
]

/** Whether it is one of these headers: those of the client itself are never passed on. */
export function isIdentityHeader(name: string): boolean {
  const lower = name.toLowerCase()
  return lower === user || lower === uid || lower === group || lower.startsWith(extra)
}

/** `allowedNames`: the common names that a proxy may have. */
export function requestHeaders(allowedNames: readonly string[]): Authenticator {
  return ({ certificate, headers }) => {
    if (certificate?.authority !== 'front-proxy') return none
    const name = commonName(certificate) ?? ''
    if (!allowedNames.includes(name)) return { type: 'refused', reason: `x509: subject with cn=${name} is not in the allowed list` }
    const values = headers()
    const username = values.get(user)?.[0]
    if (!username) return none
    const extras = extrasOf(values, extra)
    const id = values.get(uid)?.[0]
    return {
      type: 'user',
      user: {
        username,
        ...(id && { uid: id }),
        groups: (values.get(group) ?? []).filter(value => value !== ''),
        ...(extras && { extra: extras }),
      },
    }
  }
}
