// Claims of devices: how many, and how many devices of each class they may get at most.
import { compareQuantity, type Quantity, quantityOf } from '../../meta/quantity.ts'
import type { ExactDeviceRequest } from '../resource/device-request.ts'
import { ResourceClaim as ClaimKind, type ResourceClaim } from '../resource/resource-claim.ts'
import { addTo, countName, type Evaluator, one } from './evaluator.ts'

const count = countName(ClaimKind)
const classSuffix = '.deviceclass.resource.k8s.io/devices'
/** More are never given to one claim, so this is what all devices are at worst. */
const mostDevices = 32

type Choice = Pick<ExactDeviceRequest, 'allocationMode' | 'count' | 'deviceClassName'>

export const deviceUsage: Evaluator<ResourceClaim> = {
  counts: name => name === count || name.endsWith(classSuffix),
  usage({ spec }) {
    const used = new Map<string, Quantity>([[count, one]])
    for (const { exactly, firstAvailable } of spec?.devices.requests ?? []) {
      for (const [name, devices] of worstOf(firstAvailable?.length ? firstAvailable : exactly ? [exactly] : [])) addTo(used, name, devices)
    }
    return used
  },
  isAffected: (_next, _previous, subresource) => subresource === '',
}

/** One of the choices is taken, so of each class the greatest number counts. */
function worstOf(choices: readonly Choice[]): Map<string, Quantity> {
  const worst = new Map<string, Quantity>()
  for (const { allocationMode, count = 1, deviceClassName } of choices) {
    const devices = quantityOf(allocationMode === 'All' ? mostDevices : count)
    const name = deviceClassName + classSuffix
    const before = worst.get(name)
    if (!before || compareQuantity(devices, before) > 0) worst.set(name, devices)
  }
  return worst
}
