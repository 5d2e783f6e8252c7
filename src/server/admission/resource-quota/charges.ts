// What a write adds to each quota of its namespace, or why it may not be. The wording is upstream's.
import type { ResourceAmounts } from '../../../api/core/pod-resources.ts'
import type { ResourceQuota } from '../../../api/core/resource-quota.ts'
import type { Evaluator, ListOf } from '../../../api/quota/evaluator.ts'
import { isInScopes } from '../../../api/quota/quota.ts'
import type { KubeObject } from '../../../meta/object-meta.ts'
import {
  addQuantity,
  compareQuantity,
  formatQuantity,
  parseQuantity,
  type Quantity,
  quantityOf,
  subtractQuantity,
} from '../../../meta/quantity.ts'

export interface QuotaWrite {
  readonly evaluator: Evaluator
  readonly object: KubeObject
  readonly previous: KubeObject | undefined
  /** Whether it only tells what already is, as a status does: that is counted, but never refused. */
  readonly isReport: boolean
  readonly list: ListOf
  refuse(why: string): Error
}

export interface Charge {
  /** Of the quota. */
  readonly uid: string
  readonly amounts: ResourceAmounts
}

/** A pod that is being deleted counts as long as it has not ended: whether its grace is over, the controller judges. */
const now = 0

/** Throws what `refuse` gives when a quota forbids the write. */
export function chargesOf(quotas: readonly ResourceQuota[], write: QuotaWrite): readonly Charge[] {
  const { evaluator, object, previous, refuse, list } = write
  const concerned = quotas.filter(quota => concerns(quota, evaluator, object)).map(quota => ({ quota, names: limitedBy(quota, evaluator) }))
  for (const { quota, names } of concerned) {
    const { name } = quota.metadata
    const missing = evaluator.missing?.(object, names)
    if (missing !== undefined) throw refuse(`failed quota: ${name}: ${missing}`)
    if (names.some(resource => quota.status.used?.[resource] === undefined))
      throw refuse(`status unknown for quota: ${name}, resources: ${[...names].sort().join(',')}`)
  }
  if (concerned.length === 0) return []
  const usage = evaluator.usage(object, now, list)
  const negative = [...usage].filter(([, value]) => value.nanos < 0n).map(([name]) => name)
  if (negative.length > 0) throw refuse(`quota usage is negative for resource(s): ${negative.sort().join(',')}`)
  const more = previous ? beyond(usage, evaluator.usage(previous, now, list)) : usage
  return concerned.flatMap(({ quota, names }) => {
    // An object that a quota comes to count by this change is new to it.
    const added = previous && concerns(quota, evaluator, previous) ? more : usage
    const amounts = new Map([...added].filter(([name, value]) => names.includes(name) && value.nanos !== 0n))
    if (amounts.size === 0) return []
    if (!write.isReport) checkRoom(quota, amounts, refuse)
    return [{ uid: quota.metadata.uid, amounts }]
  })
}

function limitedBy({ status }: ResourceQuota, evaluator: Evaluator): readonly string[] {
  return Object.keys(status.hard ?? {}).filter(name => evaluator.counts(name))
}

function concerns(quota: ResourceQuota, evaluator: Evaluator, object: KubeObject): boolean {
  return limitedBy(quota, evaluator).length > 0 && isInScopes(evaluator, quota.spec, object)
}

function beyond(usage: ResourceAmounts, before: ResourceAmounts): ResourceAmounts {
  const more = new Map<string, Quantity>()
  for (const [name, value] of usage) {
    const old = before.get(name)
    const difference = old ? subtractQuantity(value, old) : value
    if (difference.nanos > 0n) more.set(name, difference)
  }
  return more
}

function checkRoom({ metadata, status }: ResourceQuota, amounts: ResourceAmounts, refuse: (why: string) => Error): void {
  const of = (list: Readonly<Record<string, string>> | undefined, name: string) => parseQuantity(list?.[name] ?? '0')
  const exceeded = [...amounts.keys()]
    .filter(name => compareQuantity(addQuantity(of(status.used, name), amounts.get(name) ?? quantityOf(0)), of(status.hard, name)) > 0)
    .sort()
  if (exceeded.length === 0) return
  const told = (value: (name: string) => Quantity) => exceeded.map(name => `${name}=${formatQuantity(value(name))}`).join(',')
  const requested = told(name => amounts.get(name) ?? quantityOf(0))
  const used = told(name => of(status.used, name))
  throw refuse(`exceeded quota: ${metadata.name}, requested: ${requested}, used: ${used}, limited: ${told(name => of(status.hard, name))}`)
}

/** The quota with the amounts used; given back when `sign` is -1, but never below nothing. */
export function charged(quota: ResourceQuota, amounts: ResourceAmounts, sign: 1 | -1 = 1): ResourceQuota {
  const used = { ...quota.status.used }
  for (const [name, value] of amounts) {
    const before = used[name]
    // What is not counted any more is not given back.
    if (before === undefined) continue
    const after = sign === 1 ? addQuantity(parseQuantity(before), value) : subtractQuantity(parseQuantity(before), value)
    used[name] = formatQuantity(after.nanos < 0n ? { ...after, nanos: 0n } : after)
  }
  return { ...quota, status: { ...quota.status, used } }
}
