// How the default policy is written down: verbs, API groups and resources as words between spaces. `core` is the group without a name.

import type { Kind } from '../../../api/kind.ts'
import { ClusterRole } from '../../../api/rbac/cluster-role.ts'
import { ClusterRoleBinding } from '../../../api/rbac/cluster-role-binding.ts'
import { Role } from '../../../api/rbac/role.ts'
import { RoleBinding } from '../../../api/rbac/role-binding.ts'
import type { PolicyRule, Subject } from '../../../api/rbac/rule.ts'
import type { Draft } from '../../../schema/schema.ts'

export interface DefaultObject {
  readonly kind: Kind
  readonly object: Draft<ClusterRole> | Draft<ClusterRoleBinding> | Draft<Role> | Draft<RoleBinding>
}

const rbac = 'rbac.authorization.k8s.io'
export const autoUpdate = 'rbac.authorization.kubernetes.io/autoupdate'
const bootstrapping = { 'kubernetes.io/bootstrapping': 'rbac-defaults' }

export const read = 'get list watch'
export const write = 'create delete deletecollection patch update'
export const all = 'create delete deletecollection get list patch update watch'

export function allow(verbs: string, groups: string, resources: string, names?: string): PolicyRule {
  return {
    verbs: words(verbs),
    apiGroups: words(groups).map(g => (g === 'core' ? '' : g)),
    resources: words(resources),
    ...(names !== undefined && { resourceNames: words(names) }),
  }
}
export function allowPaths(verbs: string, paths: string): PolicyRule {
  return { verbs: words(verbs), nonResourceURLs: words(paths) }
}
/** Components that report what they do. */
export const events = allow('create patch update', 'core events.k8s.io', 'events')

export function clusterRole(name: string, rules: readonly PolicyRule[], aggregateTo?: string): DefaultObject {
  return { kind: ClusterRole, object: { ...typed('ClusterRole'), metadata: metadata(name, aggregateTo), rules } }
}
/** A role that is the sum of those labelled for it. */
export function aggregatedRole(name: string, aggregateTo?: string): DefaultObject {
  const aggregationRule = { clusterRoleSelectors: [{ matchLabels: { [`${rbac}/aggregate-to-${name}`]: 'true' } }] }
  return { kind: ClusterRole, object: { ...typed('ClusterRole'), metadata: metadata(name, aggregateTo), aggregationRule } }
}
export function role(namespace: string, name: string, rules: readonly PolicyRule[]): DefaultObject {
  return { kind: Role, object: { ...typed('Role'), metadata: { namespace, ...metadata(name) }, rules } }
}
/** Subjects are written `user:NAME`, `group:NAME` and `account:NAME` for a service account of kube-system. */
export function clusterRoleBinding(name: string, subjects: readonly string[], clusterRole = name): DefaultObject {
  const roleRef = { apiGroup: rbac, kind: 'ClusterRole', name: clusterRole }
  return {
    kind: ClusterRoleBinding,
    object: { ...typed('ClusterRoleBinding'), metadata: metadata(name), roleRef, subjects: subjects.map(subject) },
  }
}
export function roleBinding(namespace: string, name: string, subjects: readonly string[], of = name): DefaultObject {
  const roleRef = { apiGroup: rbac, kind: 'Role', name: of }
  return {
    kind: RoleBinding,
    object: { ...typed('RoleBinding'), metadata: { namespace, ...metadata(name) }, roleRef, subjects: subjects.map(subject) },
  }
}

function typed(kind: string): { readonly apiVersion: string; readonly kind: string } {
  return { apiVersion: `${rbac}/v1`, kind }
}
function metadata(name: string, aggregateTo?: string) {
  const aggregation = aggregateTo === undefined ? {} : { [`${rbac}/aggregate-to-${aggregateTo}`]: 'true' }
  return { name, labels: { ...bootstrapping, ...aggregation }, annotations: { [autoUpdate]: 'true' } }
}
function subject(text: string): Subject {
  const [type = '', ...rest] = text.split(':')
  const name = rest.join(':')
  switch (type) {
    case 'account':
      return { kind: 'ServiceAccount', name, namespace: 'kube-system' }
    case 'group':
      return { kind: 'Group', apiGroup: rbac, name }
    default:
      return { kind: 'User', apiGroup: rbac, name }
  }
}
function words(text: string): readonly string[] {
  return text.split(' ')
}
