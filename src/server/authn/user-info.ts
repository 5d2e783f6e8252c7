// Who a request comes from, and the names that Kubernetes gives to users and groups of its own.

export interface UserInfo {
  readonly username: string
  readonly uid?: string
  readonly groups: readonly string[]
  readonly extra?: Readonly<Record<string, readonly string[]>>
}

export const anonymousUser = 'system:anonymous'
export const groups = {
  authenticated: 'system:authenticated',
  unauthenticated: 'system:unauthenticated',
  masters: 'system:masters',
  nodes: 'system:nodes',
  serviceAccounts: 'system:serviceaccounts',
} as const

/** Who the API server is to itself. */
export const apiServerUser: UserInfo = { username: 'system:apiserver', groups: [groups.masters, groups.authenticated] }

/** Extra keys that tell by what a request was authenticated. */
export const extraKeys = {
  credentialId: 'authentication.kubernetes.io/credential-id',
  podName: 'authentication.kubernetes.io/pod-name',
  podUid: 'authentication.kubernetes.io/pod-uid',
  nodeName: 'authentication.kubernetes.io/node-name',
  nodeUid: 'authentication.kubernetes.io/node-uid',
} as const

const serviceAccountPrefix = 'system:serviceaccount:'
const nodePrefix = 'system:node:'

export interface ServiceAccountName {
  readonly namespace: string
  readonly name: string
}

export function serviceAccountUsername({ namespace, name }: ServiceAccountName): string {
  return `${serviceAccountPrefix}${namespace}:${name}`
}
export function serviceAccountOf(username: string): ServiceAccountName | undefined {
  if (!username.startsWith(serviceAccountPrefix)) return undefined
  const [namespace, name, ...rest] = username.slice(serviceAccountPrefix.length).split(':')
  return namespace && name && rest.length === 0 ? { namespace, name } : undefined
}
export function serviceAccountGroups(namespace: string): readonly string[] {
  return [groups.serviceAccounts, `${groups.serviceAccounts}:${namespace}`]
}

/** The node that a user is; undefined for everybody else. */
export function nodeNameOf(user: UserInfo): string | undefined {
  const isNode = user.username.startsWith(nodePrefix) && user.groups.includes(groups.nodes)
  return isNode ? user.username.slice(nodePrefix.length) : undefined
}

/** The user with `system:authenticated` among its groups. */
export function authenticated(user: UserInfo): UserInfo {
  return user.groups.includes(groups.authenticated) || user.username === anonymousUser
    ? user
    : { ...user, groups: [...user.groups, groups.authenticated] }
}

/** The user that a service account is. */
export function serviceAccountUser(account: ServiceAccountName): UserInfo {
  return authenticated({ username: serviceAccountUsername(account), groups: serviceAccountGroups(account.namespace) })
}
