// Authentication: each authenticator looks at the credentials it knows, and the first that recognises a user wins. A token that none
// recognises is refused; only a request that shows nothing is anonymous.
import { StatusError } from '../../meta/status-error.ts'
import type { HeaderValues } from './header-values.ts'
import { anonymousUser, authenticated, groups, type UserInfo } from './user-info.ts'

/** What a request shows. */
export interface Credentials {
  /** The client's certificate. */
  readonly certificate?: PeerCertificate
  /** The `Authorization` header. */
  readonly authorization?: string
  headers(): HeaderValues
}

/** Who signed a certificate that is good; all others are of an unknown one. */
export type Authority = 'client' | 'front-proxy' | 'unknown'

/** The part of Node's `PeerCertificate` that matters here. */
export interface PeerCertificate {
  readonly subject: { readonly CN?: string | readonly string[]; readonly O?: string | readonly string[] }
  /** SHA-256 as upper-case hexadecimal with colons. */
  readonly fingerprint256?: string
  readonly authority: Authority
}

/** Node gives a string for one value and a list for several. */
export function subjectValues(value: string | readonly string[] | undefined): readonly string[] {
  return value === undefined ? [] : typeof value === 'string' ? [value] : value
}

export function commonName({ subject }: PeerCertificate): string | undefined {
  return subjectValues(subject.CN)[0]
}

export type Outcome =
  | { readonly type: 'user'; readonly user: UserInfo }
  /** Nothing was shown that this authenticator knows. */
  | { readonly type: 'none' }
  /** Something was shown, and it is not good. `reason` is for the log: clients are not told. */
  | { readonly type: 'refused'; readonly reason: string }

export const none: Outcome = { type: 'none' }

export type Authenticator = (credentials: Credentials) => Outcome | Promise<Outcome>

/** Who a request comes from. Fails with Unauthorized. */
export type Authenticate = (credentials: Credentials) => Promise<UserInfo>

export interface AuthenticationOptions {
  /** In the order in which they are asked. */
  readonly authenticators: readonly Authenticator[]
  readonly allowAnonymous: boolean
  /** Told why a credential was refused. */
  onRefused?(reason: string): void
}

export function authentication({ authenticators, allowAnonymous, onRefused }: AuthenticationOptions): Authenticate {
  return async credentials => {
    const reasons: string[] = []
    for (const authenticator of authenticators) {
      const outcome = await authenticator(credentials)
      if (outcome.type === 'user') return authenticated(outcome.user)
      if (outcome.type === 'refused') reasons.push(outcome.reason)
    }
    const shown = reasons.length > 0 || bearerToken(credentials.authorization) !== undefined
    if (shown) onRefused?.(reasons.join('; ') || 'no authenticator knows the credential')
    if (shown || !allowAnonymous) throw StatusError.unauthorized()
    return anonymous
  }
}

export const anonymous: UserInfo = { username: anonymousUser, groups: [groups.unauthenticated] }

/** The token of a `Bearer` header. */
export function bearerToken(authorization: string | undefined): string | undefined {
  const match = authorization === undefined ? undefined : /^bearer +(\S+) *$/i.exec(authorization.trim())
  return match?.[1]
}
