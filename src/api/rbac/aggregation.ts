// Aggregated ClusterRoles: their rules are those of all the roles that their selectors find.
import { selectorOf } from '../../meta/selector.ts'
import type { ClusterRole } from './cluster-role.ts'
import type { PolicyRule } from './rule.ts'

/** The rules that an aggregated role should have, in order of selectors, then of names, each once. Undefined where it has no aggregation rule. */
export function aggregatedRules(role: ClusterRole, all: readonly ClusterRole[]): readonly PolicyRule[] | undefined {
  if (!role.aggregationRule) return undefined
  const rules = new Map<string, PolicyRule>()
  const others = all.filter(r => r.metadata.name !== role.metadata.name).sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1))
  for (const selector of role.aggregationRule.clusterRoleSelectors ?? []) {
    const parsed = selectorOf(selector)
    // Validation keeps malformed selectors out; one that got in selects nothing.
    if (!parsed.ok) continue
    const chosen = others.filter(other => parsed.selector.matches(other.metadata.labels ?? {}))
    for (const rule of chosen.flatMap(other => other.rules ?? [])) rules.set(identity(rule), rule)
  }
  return [...rules.values()]
}

/** All roles with their aggregated rules filled in, also where aggregated roles select each other. */
export function aggregateAll(roles: readonly ClusterRole[]): readonly ClusterRole[] {
  let current = roles
  // Rules only ever travel along selections, so as many rounds as there are aggregated roles bring them everywhere.
  for (const _ of roles.filter(r => r.aggregationRule)) {
    const next = current.map(role => {
      const rules = aggregatedRules(role, current)
      return rules && JSON.stringify(rules) !== JSON.stringify(role.rules ?? []) ? { ...role, rules } : role
    })
    if (next.every((role, i) => role === current[i])) break
    current = next
  }
  return current
}

/** The same text for rules that say the same. */
function identity({ verbs, apiGroups, resources, resourceNames, nonResourceURLs }: PolicyRule): string {
  return JSON.stringify([verbs, apiGroups ?? [], resources ?? [], resourceNames ?? [], nonResourceURLs ?? []])
}
