// Nobody may grant what they do not hold: the checks on writes of roles and bindings. `escalate` on a role and `bind` on a role lift them.
import type { ClusterRole } from '../../api/rbac/cluster-role.ts'
import type { ClusterRoleBinding } from '../../api/rbac/cluster-role-binding.ts'
import type { Role } from '../../api/rbac/role.ts'
import type { RoleBinding } from '../../api/rbac/role-binding.ts'
import type { PolicyRule, RoleRef } from '../../api/rbac/rule.ts'
import { StatusError } from '../../meta/status-error.ts'
import { groups, type UserInfo } from '../authn/user-info.ts'
import { resourceAttributes } from './attributes.ts'
import type { Authorizer } from './authorizer.ts'
import { compact, quotedList, ruleText, uncovered } from './rules.ts'

const group = 'rbac.authorization.k8s.io'
const everything: readonly PolicyRule[] = [
  { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
  { verbs: ['*'], nonResourceURLs: ['*'] },
]

export interface Granter {
  readonly user: UserInfo
  readonly authorizer: Authorizer
  /** RBAC alone: only what roles grant can be granted on. */
  readonly held: Pick<Authorizer, 'rulesFor'>
}

/** Fails with Forbidden when the role grants more than the writer holds. */
export function checkRoleWrite(granter: Granter, next: Role | ClusterRole, previous: Role | ClusterRole | undefined): void {
  const { namespace = '', name } = next.metadata
  const resource = { group, resource: namespace === '' ? 'clusterroles' : 'roles' }
  const isUnchanged = previous !== undefined && same(rulesOf(next), rulesOf(previous)) && same(aggregationOf(next), aggregationOf(previous))
  if (isUnchanged || isMaster(granter) || may(granter, 'escalate', resource.resource, namespace, name)) return
  const excess = excessOf(granter, rulesOf(next), namespace)
  if (excess !== undefined) throw StatusError.forbidden(resource, name, excess)
  if (aggregationOf(next) && excessOf(granter, everything, '') !== undefined)
    throw StatusError.forbidden(resource, name, 'must have cluster-admin privileges to use an aggregationRule')
}

/** Fails with Forbidden when the bound role grants more than the writer holds, and with NotFound when there is no such role. */
export function checkBindingWrite(
  granter: Granter,
  rulesOfRole: (roleRef: RoleRef, namespace: string) => readonly PolicyRule[] | string,
  next: RoleBinding | ClusterRoleBinding,
  previous: RoleBinding | ClusterRoleBinding | undefined,
): void {
  const { namespace = '', name } = next.metadata
  const { roleRef } = next
  if (previous && same(next.roleRef, previous.roleRef) && same(next.subjects, previous.subjects)) return
  const roles = roleRef.kind === 'ClusterRole' ? 'clusterroles' : 'roles'
  if (isMaster(granter) || may(granter, 'bind', roles, namespace, roleRef.name)) return
  const rules = rulesOfRole(roleRef, namespace)
  if (typeof rules === 'string') throw StatusError.notFound({ group, resource: roles }, roleRef.name)
  const excess = excessOf(granter, rules, namespace)
  if (excess !== undefined)
    throw StatusError.forbidden({ group, resource: namespace === '' ? 'clusterrolebindings' : 'rolebindings' }, name, excess)
}

function excessOf({ user, held }: Granter, rules: readonly PolicyRule[], namespace: string): string | undefined {
  const { rules: own, errors } = held.rulesFor(user, namespace)
  const missing = uncovered(own, rules)
  if (missing.length === 0) return undefined
  const lines = compact(missing).map(ruleText).sort()
  const problems = errors.length > 0 ? `; resolution errors: [${errors.join(', ')}]` : ''
  const who = `user ${JSON.stringify(user.username)} (groups=${quotedList(user.groups)})`
  return `${who} is attempting to grant RBAC permissions not currently held:\n${lines.join('\n')}${problems}`
}

function isMaster({ user }: Granter): boolean {
  return user.groups.includes(groups.masters)
}
function may({ user, authorizer }: Granter, verb: string, resource: string, namespace: string, name: string): boolean {
  return authorizer.authorize(resourceAttributes({ user, verb, group, resource, namespace, name })).verdict === 'allow'
}
function rulesOf(role: Role | ClusterRole): readonly PolicyRule[] {
  return role.rules ?? []
}
function aggregationOf(role: Role | ClusterRole): ClusterRole['aggregationRule'] {
  return 'aggregationRule' in role ? role.aggregationRule : undefined
}
function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}
