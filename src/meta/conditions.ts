// Conditions of a status, of whatever kind: a list with one entry a type, which knows when it last changed its status.

export interface ConditionLike {
  readonly type: string
  readonly status: string
  readonly lastTransitionTime?: string | undefined
}

export function findCondition<C extends ConditionLike>(conditions: readonly C[] | undefined, type: C['type']): C | undefined {
  return conditions?.find(condition => condition.type === type)
}

export function isConditionTrue(conditions: readonly ConditionLike[] | undefined, type: string): boolean {
  return findCondition(conditions, type)?.status === 'True'
}

/**
 * The list with `next` in it. `lastTransitionTime` becomes `now` when the status is another one than before and otherwise stays.
 * The same list comes back when nothing changes.
 */
export function setCondition<C extends ConditionLike>(conditions: readonly C[] | undefined, next: C, now: string): readonly C[] {
  const before = findCondition(conditions, next.type)
  const kept = before?.status === next.status ? before.lastTransitionTime : undefined
  const condition: C = { ...next, lastTransitionTime: kept ?? now }
  if (!before) return [...(conditions ?? []), condition]
  if (conditions && same(before, condition)) return conditions
  return (conditions ?? []).map(entry => (entry.type === next.type ? condition : entry))
}

export function removeCondition<C extends ConditionLike>(conditions: readonly C[] | undefined, type: C['type']): readonly C[] {
  return (conditions ?? []).filter(condition => condition.type !== type)
}

function same(a: object, b: object): boolean {
  const [left, right] = [new Map(Object.entries(a)), new Map(Object.entries(b))]
  return [...new Set([...left.keys(), ...right.keys()])].every(key => left.get(key) === right.get(key))
}
