// Claims of storage: how many, and how much they ask for, in all and of each storage class.
import { compareQuantity, parseQuantity, type Quantity } from '../../meta/quantity.ts'
import { attributesClassesOf } from '../core/attributes-class-names.ts'
import { PersistentVolumeClaim as ClaimKind, type PersistentVolumeClaim } from '../core/persistent-volume-claim.ts'
import { storageClassOf } from '../core/storage-class-name.ts'
import { countName, type Evaluator, matchesValue, one } from './evaluator.ts'

const count = countName(ClaimKind)
const claims = 'persistentvolumeclaims'
const storage = 'requests.storage'
const classSuffix = '.storageclass.storage.k8s.io/'

export const claimUsage: Evaluator<PersistentVolumeClaim> = {
  counts: name => [count, claims, storage].includes(name) || [claims, storage].some(what => name.endsWith(classSuffix + what)),
  usage(claim) {
    const used = new Map([
      [count, one],
      [claims, one],
    ])
    const asked = askedStorage(claim)
    if (asked) used.set(storage, asked)
    const storageClass = storageClassOf(claim)
    if (storageClass) {
      used.set(storageClass + classSuffix + claims, one)
      if (asked) used.set(storageClass + classSuffix + storage, asked)
    }
    return used
  },
  isInScope(claim, requirement) {
    if (requirement.scopeName !== 'VolumeAttributesClass') return false
    const names = attributesClassesOf(claim)
    return names.length === 0 ? matchesValue(requirement, undefined) : names.some(name => matchesValue(requirement, name))
  },
  isAffected(next, previous, subresource) {
    if (subresource === '') return true
    if (subresource !== 'status') return false
    const allocated = ({ status }: PersistentVolumeClaim) => status.allocatedResources?.['storage']
    return (
      allocated(next) !== allocated(previous) ||
      [...attributesClassesOf(next)].sort().join('\0') !== [...attributesClassesOf(previous)].sort().join('\0')
    )
  },
}

/** While a volume is made larger or smaller, the greater of what is asked for and what is being made. */
function askedStorage({ spec, status }: PersistentVolumeClaim): Quantity | undefined {
  const [asked, allocated] = [spec.resources.requests?.['storage'], status.allocatedResources?.['storage']].map(
    text => text && parseQuantity(text),
  )
  if (!asked) return undefined
  return whole(allocated && compareQuantity(allocated, asked) > 0 ? allocated : asked)
}

/** Quotas count whole bytes. */
function whole(quantity: Quantity): Quantity {
  const rest = quantity.nanos % 1_000_000_000n
  return rest > 0n ? { ...quantity, nanos: quantity.nanos - rest + 1_000_000_000n } : quantity
}
