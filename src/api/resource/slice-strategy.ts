// What the server sets and drops in slices of devices.
import { mapShared, withFields } from '../sharing.ts'
import type { Device, DeviceAttribute } from './device.ts'
import type { ResourceSlice, ResourceSliceSpec } from './resource-slice.ts'

/** An absent spec is an empty one to upstream. */
export function completeSlice(slice: ResourceSlice): ResourceSlice {
  const pool = slice.spec?.pool ?? {}
  const given = slice.spec ?? {}
  return given === slice.spec && pool === slice.spec.pool ? slice : { ...slice, spec: { ...given, pool } as ResourceSliceSpec }
}

/** Fields of alpha features, which are off by default: lists of values, and resources of nodes. */
export function withoutAlphaFields(slice: ResourceSlice): ResourceSlice {
  return withDevices(slice, device => {
    const { attributes } = device
    const isPlain = Object.values(attributes ?? {}).every(value => withoutLists(value) === value)
    const plain = isPlain ? attributes : Object.fromEntries(Object.entries(attributes ?? {}).map(([k, v]) => [k, withoutLists(v)]))
    return withFields(device, { attributes: plain, nodeAllocatableResourceMappings: undefined })
  })
}

function withoutLists(attribute: DeviceAttribute): DeviceAttribute {
  return withFields(attribute, { bools: undefined, ints: undefined, strings: undefined, versions: undefined })
}

/** Taints say since when they are there: since the slice is, or since they were when they were there before. */
export function dateTaints(next: ResourceSlice, previous: ResourceSlice | undefined): ResourceSlice {
  const before = new Map(previous?.spec.devices?.map(device => [device.name, device]))
  return withDevices(next, device => {
    if (!device.taints?.some(taint => taint.timeAdded === undefined)) return device
    const known = before.get(device.name)?.taints ?? []
    const taints = device.taints.map(taint => {
      const same = known.find(k => k.key === taint.key && k.value === taint.value && k.effect === taint.effect)
      const since = previous ? same?.timeAdded : next.metadata.creationTimestamp
      return taint.timeAdded === undefined && since !== undefined ? { ...taint, timeAdded: since } : taint
    })
    return { ...device, taints }
  })
}

function withDevices(slice: ResourceSlice, change: (device: Device) => Device): ResourceSlice {
  const { devices } = slice.spec
  if (devices === undefined) return slice
  return withFields(slice, { spec: withFields(slice.spec, { devices: mapShared(devices, change) }) })
}
