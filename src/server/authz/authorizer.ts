// Authorizers answer from memory and one after the other; the first that allows or denies decides.
import type { PolicyRule } from '../../api/rbac/rule.ts'
import { groups, type UserInfo } from '../authn/user-info.ts'
import { type Attributes, type Decision, noOpinion } from './attributes.ts'

export interface UserRules {
  readonly rules: readonly PolicyRule[]
  /** What kept the list from being complete. */
  readonly errors: readonly string[]
}

export interface Authorizer {
  authorize(attributes: Attributes): Decision
  /** Everything the user may do in a namespace, as far as it can be listed. */
  rulesFor(user: UserInfo, namespace: string): UserRules
}

export function anyOf(authorizers: readonly Authorizer[]): Authorizer {
  return {
    authorize(attributes) {
      const reasons: string[] = []
      for (const authorizer of authorizers) {
        const decision = authorizer.authorize(attributes)
        if (decision.verdict !== 'no-opinion') return decision
        if (decision.reason !== '') reasons.push(decision.reason)
      }
      return reasons.length === 0 ? noOpinion : { verdict: 'no-opinion', reason: reasons.join('\n') }
    },
    rulesFor(user, namespace) {
      const all = authorizers.map(a => a.rulesFor(user, namespace))
      return { rules: all.flatMap(r => r.rules), errors: all.flatMap(r => r.errors) }
    },
  }
}

/** `system:masters` may do everything, whatever the roles say: the way back in when they are broken. */
export const mastersAuthorizer: Authorizer = {
  authorize: ({ user }) => (user.groups.includes(groups.masters) ? { verdict: 'allow', reason: '' } : noOpinion),
  rulesFor: user => ({
    rules: user.groups.includes(groups.masters)
      ? [
          { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
          { verbs: ['*'], nonResourceURLs: ['*'] },
        ]
      : [],
    errors: [],
  }),
}
