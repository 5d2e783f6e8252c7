// Acting as somebody else: the Impersonate-* headers, each of which must be allowed by the verb `impersonate`.
import { StatusError } from '../../meta/status-error.ts'
import { type Attributes, resourceAttributes } from '../authz/attributes.ts'
import type { Authorizer } from '../authz/authorizer.ts'
import { forbidden } from '../authz/forbidden.ts'
import { anonymousUser, authenticated, groups as known, serviceAccountGroups, serviceAccountOf, type UserInfo } from './user-info.ts'

export type Headers = Readonly<Record<string, string | readonly string[] | undefined>>

const extraPrefix = 'impersonate-extra-'
const authentication = 'authentication.k8s.io'

/**
 * The user as whom the request goes on: `user` itself without such headers. Header names are in lower case; a value that came several times
 * is a list, or joined by commas. Fails with Forbidden or BadRequest.
 */
export function impersonated(user: UserInfo, headers: Headers, authorizer: Authorizer): UserInfo {
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

function read(headers: Headers): Wish | undefined {
  const username = values(headers['impersonate-user'])[0] ?? ''
  const groups = values(headers['impersonate-group'])
  const uid = values(headers['impersonate-uid'])[0]
  const extra: Record<string, readonly string[]> = {}
  for (const [name, value] of Object.entries(headers))
    if (name.startsWith(extraPrefix)) extra[decodeKey(name.slice(extraPrefix.length))] = values(value)
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

function values(value: string | readonly string[] | undefined): readonly string[] {
  return value === undefined ? [] : typeof value === 'string' ? value.split(/, */) : value
}
function decodeKey(key: string): string {
  try {
    return decodeURIComponent(key)
  } catch {
    return key
  }
}
