// What one quota has to do with an object, and what objects add up to.
import type { KubeObject } from '../../meta/object-meta.ts'
import { formatQuantity, type Quantity, quantityOf } from '../../meta/quantity.ts'
import type { Amounts } from '../core/resource-amounts.ts'
import type { ResourceQuotaSpec } from '../core/resource-quota.ts'
import { addTo, type Evaluator, type ListOf, type ScopeRequirement } from './evaluator.ts'

export function scopesOf({ scopes = [], scopeSelector }: ResourceQuotaSpec): readonly ScopeRequirement[] {
  return [...scopes.map(scopeName => ({ scopeName, operator: 'Exists' })), ...(scopeSelector?.matchExpressions ?? [])]
}

export function isInScopes(evaluator: Evaluator, spec: ResourceQuotaSpec, object: KubeObject): boolean {
  return scopesOf(spec).every(requirement => evaluator.isInScope?.(object, requirement) ?? false)
}

export interface Counted {
  readonly evaluator: Evaluator
  readonly objects: readonly KubeObject[]
}

/** What the objects use of what the quota limits. Names that none of the evaluators counts are left out. */
export function usageOf(spec: ResourceQuotaSpec, counted: readonly Counted[], now: number, list: ListOf): Amounts {
  const names = Object.keys(spec.hard ?? {})
  const used = new Map<string, Quantity>()
  for (const { evaluator, objects } of counted) {
    const own = new Set(names.filter(name => evaluator.counts(name)))
    if (own.size === 0) continue
    for (const name of own) if (!used.has(name)) used.set(name, quantityOf(0))
    for (const object of objects) {
      if (!isInScopes(evaluator, spec, object)) continue
      for (const [name, value] of evaluator.usage(object, now, list)) if (own.has(name)) addTo(used, name, value)
    }
  }
  return Object.fromEntries([...used].map(([name, value]) => [name, formatQuantity(value)]))
}
