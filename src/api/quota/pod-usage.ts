// Pods use what they request and what they are limited to, until they have ended; `count/pods` counts them for as long as they are stored.
import type { Quantity } from '../../meta/quantity.ts'
import type { PodAffinityTerm } from '../core/affinity.ts'
import { type Pod, Pod as PodKind } from '../core/pod.ts'
import { isPodTerminal } from '../core/pod-conditions.ts'
import { qosClassOf } from '../core/pod-qos.ts'
import { amountsOf, podLimits, podRequests, type ResourceAmounts } from '../core/pod-resources.ts'
import { reservedSpec } from '../core/reserved-spec.ts'
import { isExtendedResource } from '../core/resource-names.ts'
import { countName, deviceClassPrefix, type Evaluator, isExtendedRequest, matchesValue, one, type ScopeRequirement } from './evaluator.ts'

const count = countName(PodKind)
const computed = ['cpu', 'memory', 'ephemeral-storage']
const known = new Set([count, 'pods', ...computed, ...computed.flatMap(name => [`requests.${name}`, `limits.${name}`])])
/** A quota on these wants every container to say something of them. It was a mistake, upstream says, and no more are to come. */
const demanded = ['cpu', 'memory', 'requests.cpu', 'requests.memory', 'limits.cpu', 'limits.memory']

export const podUsage: Evaluator<Pod> = {
  counts: name => known.has(name) || /^(requests\.)?hugepages-/.test(name) || isExtendedRequest(name),
  usage(pod, now) {
    const reserved = reservedSpec(pod)
    return new Map([[count, one] as const, ...(isOver(pod, now) ? [] : usageOf(podRequests(reserved), podLimits(reserved)))])
  },
  isInScope,
  missing({ spec }, names) {
    if (Object.keys({ ...spec.resources?.requests, ...spec.resources?.limits }).length > 0) return undefined
    const told = [...spec.containers, ...(spec.initContainers ?? [])].map(({ name, resources }) => ({
      name,
      usage: new Map(usageOf(amountsOf(resources?.requests), amountsOf(resources?.limits))),
    }))
    const silent = names
      .filter(name => demanded.includes(name))
      .sort()
      .flatMap(name => {
        const containers = told.filter(({ usage }) => !usage.has(name)).map(container => container.name)
        return containers.length > 0 ? [`${name} for: ${[...new Set(containers)].sort().join(',')}`] : []
      })
    return silent.length > 0 ? `must specify ${silent.join('; ')}` : undefined
  },
  isAffected: (next, previous, subresource) =>
    subresource === 'resize' || (subresource === '' && hasDeadline(next) !== hasDeadline(previous)),
}

/** Also a pod that should have gone by now: its node may be lost, and it must not keep others from taking its place. */
function isOver(pod: Pod, now: number): boolean {
  const { deletionTimestamp, deletionGracePeriodSeconds } = pod.metadata
  if (isPodTerminal(pod)) return true
  return Boolean(deletionTimestamp) && deletionGracePeriodSeconds !== undefined && now > endOfGrace(pod)
}

/** Milliseconds since the epoch from which a pod that is being deleted uses nothing any more. */
export function endOfGrace({ metadata: { deletionTimestamp, deletionGracePeriodSeconds = 0 } }: Pod): number {
  return deletionTimestamp ? Date.parse(deletionTimestamp) + deletionGracePeriodSeconds * 1000 : Number.POSITIVE_INFINITY
}

function* usageOf(requests: ResourceAmounts, limits: ResourceAmounts): Generator<readonly [string, Quantity]> {
  yield ['pods', one]
  for (const [name, value] of requests) {
    if (computed.includes(name) || name.startsWith('hugepages-')) {
      yield [name, value]
      yield [`requests.${name}`, value]
    } else if (isExtendedResource(name) || name.startsWith(deviceClassPrefix)) yield [`requests.${name}`, value]
  }
  for (const [name, value] of limits) if (computed.includes(name)) yield [`limits.${name}`, value]
}

function isInScope(pod: Pod, requirement: ScopeRequirement): boolean {
  switch (requirement.scopeName) {
    case 'Terminating':
      return hasDeadline(pod)
    case 'NotTerminating':
      return !hasDeadline(pod)
    case 'BestEffort':
      return qosClassOf(pod.spec) === 'BestEffort'
    case 'NotBestEffort':
      return qosClassOf(pod.spec) !== 'BestEffort'
    case 'PriorityClass':
      return matchesValue(requirement, pod.spec.priorityClassName)
    case 'CrossNamespacePodAffinity':
      return reachesOtherNamespaces(pod)
    default:
      return false
  }
}

function hasDeadline({ spec: { activeDeadlineSeconds } }: Pod): boolean {
  return activeDeadlineSeconds !== undefined && activeDeadlineSeconds >= 0
}

function reachesOtherNamespaces({ spec: { affinity } }: Pod): boolean {
  return [affinity?.podAffinity, affinity?.podAntiAffinity].some(rules => {
    const terms: readonly PodAffinityTerm[] = [
      ...(rules?.requiredDuringSchedulingIgnoredDuringExecution ?? []),
      ...(rules?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(weighted => weighted.podAffinityTerm),
    ]
    return terms.some(term => (term.namespaces?.length ?? 0) > 0 || term.namespaceSelector !== undefined)
  })
}
