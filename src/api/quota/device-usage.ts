// Claims of devices: how many, and how many devices of each class they may get at most. Devices of a class are also what pods ask for as
// an extended resource, by a name of the class' own or by one that is made of its name; a quota on either counts both.
import { controllerOf } from '../../meta/owner-references.ts'
import { compareQuantity, type Quantity, quantityOf, subtractQuantity } from '../../meta/quantity.ts'
import { Pod as PodKind } from '../core/pod.ts'
import type { ResourceAmounts } from '../core/pod-resources.ts'
import { DeviceClass } from '../resource/device-class.ts'
import type { ExactDeviceRequest } from '../resource/device-request.ts'
import { ResourceClaim as ClaimKind, type ResourceClaim } from '../resource/resource-claim.ts'
import { addTo, countName, deviceClassPrefix, type Evaluator, isExtendedRequest, type ListOf, one } from './evaluator.ts'
import { podUsage } from './pod-usage.ts'

const count = countName(ClaimKind)
const classSuffix = '.deviceclass.resource.k8s.io/devices'
/** More are never given to one claim, so this is what all devices are at worst. */
const mostDevices = 32
/** On claims that a scheduler has made for the extended resources of a pod. */
const extendedClaim = 'resource.kubernetes.io/extended-resource-claim'

type Choice = Pick<ExactDeviceRequest, 'allocationMode' | 'count' | 'deviceClassName'>

export const deviceUsage: Evaluator<ResourceClaim> = {
  counts: name => name === count || name.endsWith(classSuffix) || isExtendedRequest(name),
  usage(claim, now, list) {
    const used = new Map<string, Quantity>([[count, one]])
    const extended = new Map<string, Quantity>()
    const resources = new Map(list(DeviceClass).map(({ metadata, spec }) => [metadata.name, spec?.extendedResourceName]))
    for (const { exactly, firstAvailable } of claim.spec?.devices.requests ?? []) {
      for (const [name, devices] of worstOf(firstAvailable?.length ? firstAvailable : exactly ? [exactly] : [])) {
        addTo(used, name + classSuffix, devices)
        addTo(extended, `requests.${deviceClassPrefix}${name}`, devices)
        const resource = resources.get(name)
        if (resource) addTo(extended, `requests.${resource}`, devices)
      }
    }
    const known = podUsageBehind(claim, now, list)
    for (const [name, devices] of extended) {
      const rest = subtractQuantity(devices, known?.get(name) ?? quantityOf(0))
      if (rest.nanos > 0n) used.set(name, rest)
    }
    return used
  },
  isAffected: (_next, _previous, subresource) => subresource === '',
}

/** What is counted already, as a pod's: that for which the claim was made. A second claim for the same is not believed. */
function podUsageBehind(claim: ResourceClaim, now: number, list: ListOf): ResourceAmounts | undefined {
  const { namespace, name } = claim.metadata
  const owner = podBehind(claim)
  const pod = owner && list(PodKind, namespace).find(({ metadata }) => metadata.name === owner.name && metadata.uid === owner.uid)
  if (!pod) return undefined
  const told = pod.status.extendedResourceClaimStatus
  const isBelieved = told
    ? told.resourceClaimName === name
    : !list(ClaimKind, namespace).some(other => podBehind(other)?.uid === owner.uid && isBefore(other, claim))
  return isBelieved ? podUsage.usage(pod, now, list) : undefined
}

function podBehind(claim: ResourceClaim) {
  const owner = claim.metadata.annotations?.[extendedClaim] === 'true' ? controllerOf(claim) : undefined
  return owner?.kind === 'Pod' && owner.apiVersion === 'v1' ? owner : undefined
}

function isBefore({ metadata: a }: ResourceClaim, { metadata: b }: ResourceClaim): boolean {
  const [made, other] = [a.creationTimestamp ?? '', b.creationTimestamp ?? '']
  return made === other ? a.name < b.name : made < other
}

/** One of the choices is taken, so of each class, by its name, the greatest number counts. */
function worstOf(choices: readonly Choice[]): Map<string, Quantity> {
  const worst = new Map<string, Quantity>()
  for (const { allocationMode, count = 1, deviceClassName } of choices) {
    const devices = quantityOf(allocationMode === 'All' ? mostDevices : count)
    const before = worst.get(deviceClassName)
    if (!before || compareQuantity(devices, before) > 0) worst.set(deviceClassName, devices)
  }
  return worst
}
