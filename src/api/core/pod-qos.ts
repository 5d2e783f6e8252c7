// The quality of service class of a pod: how safe it is when its node runs short.
import { addQuantity, compareQuantity, type Quantity } from '../../meta/quantity.ts'
import type { ResourceRequirements } from './container.ts'
import { amountsOf } from './pod-resources.ts'
import type { PodSpec } from './pod-spec.ts'

export type QosClass = 'Guaranteed' | 'Burstable' | 'BestEffort'

const counted = ['cpu', 'memory'] as const

/**
 * `Guaranteed`: every container limits both CPU and memory, and requests just that. `BestEffort`: nobody asks for anything.
 * Resources of the pod as a whole stand in for its containers' where they are set.
 */
export function qosClassOf(spec: PodSpec): QosClass {
  let found = classes.get(spec)
  if (!found) {
    found = workOut(spec)
    classes.set(spec, found)
  }
  return found
}

/** Specs are immutable, so the answer is worked out once for each. */
const classes = new WeakMap<PodSpec, QosClass>()

function workOut(spec: PodSpec): QosClass {
  const parts: readonly (ResourceRequirements | undefined)[] = hasAmounts(spec.resources)
    ? [spec.resources]
    : [...spec.containers, ...(spec.initContainers ?? [])].map(c => c.resources)
  const requests = new Map<string, Quantity>()
  const limits = new Map<string, Quantity>()
  let allLimited = true
  for (const part of parts) {
    addCounted(requests, part?.requests)
    if (addCounted(limits, part?.limits) < counted.length) allLimited = false
  }
  if (requests.size === 0 && limits.size === 0) return 'BestEffort'
  const requestsAreLimits = counted.every(name => {
    const [request, limit] = [requests.get(name), limits.get(name)]
    return request !== undefined && limit !== undefined && compareQuantity(request, limit) === 0
  })
  return allLimited && requestsAreLimits ? 'Guaranteed' : 'Burstable'
}

function hasAmounts(resources: ResourceRequirements | undefined): boolean {
  return Object.keys(resources?.requests ?? {}).length + Object.keys(resources?.limits ?? {}).length > 0
}

/** Returns how many of the counted resources the list has. */
function addCounted(into: Map<string, Quantity>, list: Readonly<Record<string, string>> | undefined): number {
  const amounts = amountsOf(list)
  let found = 0
  for (const name of counted) {
    const value = amounts.get(name)
    if (!value || value.nanos <= 0n) continue
    const sum = into.get(name)
    into.set(name, sum ? addQuantity(sum, value) : value)
    found++
  }
  return found
}
