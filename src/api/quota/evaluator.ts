// How the objects of one resource count towards quotas: which names of resources they use, and how much. Both the server, which charges
// quotas, and the controller that recounts them ask these; most look at nothing but the object.
import type { KubeObject } from '../../meta/object-meta.ts'
import { addQuantity, type Quantity, quantityOf } from '../../meta/quantity.ts'
import { selectorOf } from '../../meta/selector.ts'
import type { ResourceAmounts } from '../core/pod-resources.ts'
import type { ScopedResourceSelectorRequirement } from '../core/resource-quota.ts'
import { type Kind, resourceName } from '../kind.ts'

export type ScopeRequirement = ScopedResourceSelectorRequirement

/** Other objects of a kind, of a namespace where one is given. */
export type ListOf = <O extends KubeObject>(kind: Kind<O>, namespace?: string) => readonly O[]

export interface Evaluator<O extends KubeObject = KubeObject> {
  /** Whether its objects use the resource of a quota that has this name. */
  counts(name: string): boolean
  /** `now` in milliseconds since the epoch. */
  usage(object: O, now: number, list: ListOf): ResourceAmounts
  /** Objects without scopes are in none, so quotas with scopes leave them alone. */
  isInScope?(object: O, requirement: ScopeRequirement): boolean
  /** What the object has to say for a quota on these to admit it; undefined when it does. */
  missing?(object: O, names: readonly string[]): string | undefined
  /** Whether a change may use more than what was there before. Most objects use the same as long as they live. */
  isAffected?(next: O, previous: O, subresource: string): boolean
}

export const one: Quantity = quantityOf(1)

/** `count/pods`, `count/deployments.apps`. */
export function countName(kind: Pick<Kind, 'group' | 'plural'>): string {
  return `count/${resourceName(kind)}`
}

/** Devices of a class, as containers may ask for them. */
export const deviceClassPrefix = 'deviceclass.resource.kubernetes.io/'

/** Whether it is about requests for a resource that is none of Kubernetes' own, or for devices of a class. */
export function isExtendedRequest(name: string): boolean {
  return name.startsWith(`requests.${deviceClassPrefix}`) || /^requests\.(?!.*kubernetes\.io\/).*\//.test(name)
}

export function addTo(into: Map<string, Quantity>, name: string, value: Quantity): void {
  const known = into.get(name)
  into.set(name, known ? addQuantity(known, value) : value)
}

/** Whether a scope that has values takes this one; to have none is told apart as with labels. */
export function matchesValue({ scopeName, operator, values }: ScopeRequirement, value: string | undefined): boolean {
  const read = selectorOf({ matchExpressions: [{ key: scopeName, operator, values }] })
  return read.ok && read.selector.matches(value ? { [scopeName]: value } : {})
}
