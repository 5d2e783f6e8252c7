// Role-based access control. Bindings are indexed by the user or group they are for, so that a check looks at those of its user alone;
// roles are read where they are.

import { keyOf } from '../../api/kind.ts'
import type { ClusterRole } from '../../api/rbac/cluster-role.ts'
import type { ClusterRoleBinding } from '../../api/rbac/cluster-role-binding.ts'
import type { Role } from '../../api/rbac/role.ts'
import type { RoleBinding } from '../../api/rbac/role-binding.ts'
import type { PolicyRule, RoleRef, Subject } from '../../api/rbac/rule.ts'
import { serviceAccountUsername, type UserInfo } from '../authn/user-info.ts'
import { type Attributes, type Decision, noOpinion } from './attributes.ts'
import type { Authorizer, UserRules } from './authorizer.ts'
import { ruleAllows } from './rules.ts'

type Binding = RoleBinding | ClusterRoleBinding

export type BindingChange =
  | { readonly type: 'set'; readonly binding: Binding }
  /** Under the binding's former `namespace/name`, or `name` where it is a ClusterRoleBinding. */
  | { readonly type: 'removed'; readonly key: string }

export interface RbacSource {
  clusterRole(name: string): ClusterRole | undefined
  role(namespace: string, name: string): Role | undefined
  /** All there are now. */
  bindings(): Iterable<Binding>
  /** Calls back on every later change. Returns the end of it. */
  onBinding(listener: (change: BindingChange) => void): () => void
}

/** A binding's effect on one of its subjects. */
interface Grant {
  readonly binding: Binding
  readonly subject: Subject
}

/** By `user\0NAME` or `group\0NAME`, then by the binding's key. */
type GrantIndex = Map<string, Map<string, Grant>>

export class Rbac implements Authorizer {
  readonly #source: RbacSource
  readonly #bindings = new Map<string, Binding>()
  readonly #clusterGrants: GrantIndex = new Map()
  readonly #namespaceGrants = new Map<string, GrantIndex>()
  readonly #stop: () => void

  constructor(source: RbacSource) {
    this.#source = source
    this.#stop = source.onBinding(change => this.#apply(change))
    for (const binding of source.bindings()) this.#apply({ type: 'set', binding })
  }

  close(): void {
    this.#stop()
  }

  authorize(attributes: Attributes): Decision {
    const errors: string[] = []
    for (const grant of this.#grants(attributes.user, attributes.namespace)) {
      const rules = this.#rulesOf(grant.binding)
      if (typeof rules === 'string') errors.push(rules)
      else if (rules.some(rule => ruleAllows(rule, attributes)))
        return { verdict: 'allow', reason: `RBAC: allowed by ${describeGrant(grant)}` }
    }
    return errors.length === 0 ? noOpinion : { verdict: 'no-opinion', reason: `RBAC: ${aggregate(errors)}` }
  }

  rulesFor(user: UserInfo, namespace: string): UserRules {
    const rules: PolicyRule[] = []
    const errors: string[] = []
    for (const { binding } of this.#grants(user, namespace)) {
      const found = this.#rulesOf(binding)
      if (typeof found === 'string') errors.push(found)
      else rules.push(...found)
    }
    return { rules, errors }
  }

  /** The rules that a role reference stands for; a text where the role does not exist. */
  rulesOfRole(roleRef: RoleRef, namespace: string): readonly PolicyRule[] | string {
    const isCluster = roleRef.kind === 'ClusterRole'
    const role = isCluster ? this.#source.clusterRole(roleRef.name) : this.#source.role(namespace, roleRef.name)
    const kind = isCluster ? 'clusterrole' : 'role'
    return role ? (role.rules ?? []) : `${kind}.rbac.authorization.k8s.io ${JSON.stringify(roleRef.name)} not found`
  }

  #rulesOf(binding: Binding): readonly PolicyRule[] | string {
    return this.rulesOfRole(binding.roleRef, binding.metadata.namespace ?? '')
  }

  #grants(user: UserInfo, namespace: string): readonly Grant[] {
    const grants: Grant[] = []
    const namespaced = namespace === '' ? undefined : this.#namespaceGrants.get(namespace)
    for (const index of [this.#clusterGrants, namespaced]) {
      if (!index) continue
      for (const grant of index.get(`user\0${user.username}`)?.values() ?? []) grants.push(grant)
      for (const group of user.groups) for (const grant of index.get(`group\0${group}`)?.values() ?? []) grants.push(grant)
    }
    return grants
  }

  #apply(change: BindingChange): void {
    const key = change.type === 'set' ? keyOf(change.binding) : change.key
    const before = this.#bindings.get(key)
    if (before) this.#index(before, key, 'remove')
    if (change.type === 'removed') this.#bindings.delete(key)
    else {
      this.#bindings.set(key, change.binding)
      this.#index(change.binding, key, 'add')
    }
  }

  #index(binding: Binding, key: string, action: 'add' | 'remove'): void {
    const { namespace } = binding.metadata
    const index = namespace ? (this.#namespaceGrants.get(namespace) ?? new Map<string, Map<string, Grant>>()) : this.#clusterGrants
    for (const subject of binding.subjects ?? []) {
      const who = subjectKey(subject, namespace)
      if (who === undefined) continue
      const grants = index.get(who) ?? new Map<string, Grant>()
      // A binding that names a subject twice grants it once.
      if (action === 'add') grants.set(key, { binding, subject })
      else grants.delete(key)
      if (grants.size > 0) index.set(who, grants)
      else index.delete(who)
    }
    if (!namespace) return
    if (index.size > 0) this.#namespaceGrants.set(namespace, index)
    else this.#namespaceGrants.delete(namespace)
  }
}

function subjectKey({ kind, name, namespace }: Subject, bindingNamespace: string | undefined): string | undefined {
  switch (kind) {
    case 'User':
      return `user\0${name}`
    case 'Group':
      return `group\0${name}`
    case 'ServiceAccount': {
      const home = namespace || bindingNamespace
      return home ? `user\0${serviceAccountUsername({ namespace: home, name })}` : undefined
    }
    default:
      return undefined
  }
}

function describeGrant({ binding, subject }: Grant): string {
  const { namespace, name } = binding.metadata
  const what = namespace ? `RoleBinding "${name}/${namespace}"` : `ClusterRoleBinding "${name}"`
  const whose = subject.kind === 'ServiceAccount' ? `"${subject.name}/${subject.namespace || (namespace ?? '')}"` : `"${subject.name}"`
  return `${what} of ${binding.roleRef.kind} "${binding.roleRef.name}" to ${subject.kind} ${whose}`
}

function aggregate(errors: readonly string[]): string {
  const unlike = [...new Set(errors)]
  return unlike.length === 1 ? unlike[0]! : `[${unlike.join(', ')}]`
}
