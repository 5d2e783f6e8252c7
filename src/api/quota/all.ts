// Whose objects quotas count, and how: pods, services and claims by what they use, everything else by number.
import type { KubeObject } from '../../meta/object-meta.ts'
import { PersistentVolumeClaim } from '../core/persistent-volume-claim.ts'
import { Pod } from '../core/pod.ts'
import { Service } from '../core/service.ts'
import { type Kind, resourceName } from '../kind.ts'
import { ResourceClaim } from '../resource/resource-claim.ts'
import { claimUsage } from './claim-usage.ts'
import { deviceUsage } from './device-usage.ts'
import { countName, type Evaluator, one } from './evaluator.ts'
import { podUsage } from './pod-usage.ts'
import { serviceUsage } from './service-usage.ts'

const evaluators: ReadonlyMap<string, Evaluator> = new Map<string, Evaluator>([
  [resourceName(Pod), podUsage],
  [resourceName(Service), serviceUsage],
  [resourceName(PersistentVolumeClaim), claimUsage],
  [resourceName(ResourceClaim), deviceUsage],
])

/** Those that could be counted by their bare names before there was `count/`. */
const bareNames = ['configmaps', 'resourcequotas', 'replicationcontrollers', 'secrets']

/** What is kept for a while, or not at all. */
const uncounted = ['events', 'bindings', 'localsubjectaccessreviews']

/** Undefined for what no quota counts: objects outside of namespaces, and what does not stay. */
export function evaluatorOf(kind: Kind): Evaluator | undefined {
  if (!kind.namespaced || uncounted.includes(kind.plural)) return undefined
  const known = evaluators.get(resourceName(kind)) ?? counters.get(kind)
  if (known) return known
  const counter = counting(kind)
  counters.set(kind, counter)
  return counter
}

const counters = new WeakMap<Kind, Evaluator>()

function counting(kind: Kind): Evaluator {
  const names = [countName(kind), ...(kind.group === '' && bareNames.includes(kind.plural) ? [kind.plural] : [])]
  const usage: ReadonlyMap<string, typeof one> = new Map(names.map(name => [name, one]))
  return { counts: name => usage.has(name), usage: (_object: KubeObject) => usage }
}
