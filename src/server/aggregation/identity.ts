// How a request that is passed on tells who it is from: the headers of an authenticating proxy. The other server believes them because
// of the certificate that comes with them, and learns both from the ConfigMap that is described here.
import { extraPrefix, groupHeader, uidHeader, userHeader } from '../authn/request-headers.ts'
import type { UserInfo } from '../authn/user-info.ts'

export function identityHeaders({ username, uid, groups, extra = {} }: UserInfo): Record<string, string | string[]> {
  return {
    [userHeader]: username,
    ...(uid !== undefined && { [uidHeader]: uid }),
    ...(groups.length > 0 && { [groupHeader]: [...groups] }),
    ...Object.fromEntries(Object.entries(extra).map(([key, values]) => [extraPrefix + escaped(key), [...values]])),
  }
}

/** What a header's name cannot hold, and `%`, as `%XX`. */
function escaped(key: string): string {
  return [...Buffer.from(key)]
    .map(byte => {
      const char = String.fromCharCode(byte)
      return /[A-Za-z0-9!#$&'*+.^_`|~-]/.test(char) ? char : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
    })
    .join('')
}

export const frontProxyName = 'front-proxy-client'

/** The data of the ConfigMap `extension-apiserver-authentication` in kube-system. PEM texts. */
export function authenticationConfig(clientCa: string, frontProxyCa: string): Readonly<Record<string, string>> {
  return {
    'client-ca-file': clientCa,
    'requestheader-allowed-names': JSON.stringify([frontProxyName]),
    'requestheader-client-ca-file': frontProxyCa,
    'requestheader-extra-headers-prefix': JSON.stringify([extraPrefix]),
    'requestheader-group-headers': JSON.stringify([groupHeader]),
    'requestheader-uid-headers': JSON.stringify([uidHeader]),
    'requestheader-username-headers': JSON.stringify([userHeader]),
  }
}
