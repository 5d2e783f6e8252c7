// Acting as somebody else: the Impersonate-* headers, each of which must be allowed by the verb `impersonate`.
import { StatusError } from '../../meta/status-error.ts'
import { type Attributes, resourceAttributes } from '../authz/attributes.ts'
import type { Authorizer } from '../authz/authorizer.ts'
import { forbidden } from '../authz/forbidden.ts'
import { extrasOf, type HeaderValues } from './header-values.ts'
import { anonymousUser, authenticated, groups as known, serviceAccountGroups, serviceAccountOf, type UserInfo } from './user-info.ts'

const extraPrefix = 'impersonate-extra-'
const authentication = 'authentication.k8s.io'

/**
 * The user as whom the request goes on: `user` itself without such headers. Fails with Forbidden or BadRequest.
 */
export function impersonated(user: UserInfo, headers: HeaderValues, authorizer: Authorizer): UserInfo {
  const wish = read(headers)
  if (!wish) return user
  for (const attributes of questions(user, wish)) {
    const decision = authorizer.authorize(attributes)
    if (decision.verdict !== 'allow') throw forbidden(attributes, decision)
  }
  const { username, uid, extra } = wish
  const groups = wish.groups.length > 0 ? wish.groups : impliedGroups(username)
  const next: UserInfo = { username, groups, ...(uid !== undefined && { uid }), ...(Object.keys(extra).length > 0 && { extra }) }
  return groups.includes(known.unauthenticated) ? next : authenticated(next)
}

/** What the headers ask for, word by word. */
interface Wish {
  readonly username: string
  readonly uid: string | undefined
  readonly groups: readonly string[]
  readonly extra: Readonly<Record<string, readonly string[]>>
}

function read(headers: HeaderValues): Wish | undefined {
  const username = headers.get('impersonate-user')?.[0] ?? ''
  const groups = headers.get('impersonate-group') ?? []
  const uid = headers.get('impersonate-uid')?.[0]
  const extra = extrasOf(headers, extraPrefix) ?? {}
  if (username !== '') return { username, uid, groups, extra }
  if (groups.length > 0 || uid !== undefined || Object.keys(extra).length > 0)
    throw StatusError.badRequest('groups, uid or extra fields cannot be impersonated without impersonating a user')
  return undefined
}

/** The groups of a user for whom none are named. */
function impliedGroups(username: string): readonly string[] {
  const account = serviceAccountOf(username)
  if (account) return serviceAccountGroups(account.namespace)
  return username === anonymousUser ? [known.unauthenticated] : []
}

function* questions(user: UserInfo, { username, uid, groups, extra }: Wish): Generator<Attributes> {
  const ask = (resource: string, name: string, more: Partial<Attributes> = {}) =>
    resourceAttributes({ user, verb: 'impersonate', resource, name, ...more })
  const account = serviceAccountOf(username)
  if (account) yield ask('serviceaccounts', account.name, { namespace: account.namespace })
  else yield ask('users', username)
  for (const group of groups) yield ask('groups', group)
  if (uid !== undefined) yield ask('uids', uid, { group: authentication })
  for (const [key, list] of Object.entries(extra))
    for (const value of list) yield ask('userextras', value, { group: authentication, subresource: key })
}
