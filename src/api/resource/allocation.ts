// What a claim was given: devices, their configuration, who uses them, and what their drivers say of them.
import { condition } from '../../meta/condition.ts'
import {
  atomicList,
  boolean,
  defaulted,
  describe,
  type Infer,
  listMap,
  map,
  object,
  oneOf,
  patch,
  quantity,
  raw,
  required,
  string,
  time,
} from '../../schema/schema.ts'
import { nodeSelector } from '../core/affinity.ts'
import { definition, opaque, tolerations } from './device-request.ts'

const allocationResult = object(definition('DeviceRequestAllocationResult'), 'One device for one request.', {
  adminAccess: boolean('Whether it is only looked after.'),
  bindingConditions: atomicList(string(), 'Conditions that must be true before pods are bound.'),
  bindingFailureConditions: atomicList(string(), 'Conditions any of which says that the device will not be ready.'),
  consumedCapacity: describe('How much of its capacities is taken, where it is shared.', map(quantity())),
  device: required(string('Name of the device in its pool.')),
  driver: required(string('The driver of the device.')),
  pool: required(string('The pool of the device.')),
  request: required(string('The request, or `REQUEST/SUBREQUEST`.')),
  shareID: string('Tells this share of the device apart from the others.'),
  tolerations,
})
export type DeviceRequestAllocationResult = Infer<typeof allocationResult>

const allocationConfiguration = object(definition('DeviceAllocationConfiguration'), 'Configuration for the driver of allocated devices.', {
  opaque,
  requests: atomicList(string(), 'The requests that it is for; all when there are none.'),
  source: required(oneOf(['FromClaim', 'FromClass'], 'Whether it comes from the class or from the claim, which goes before.')),
})
export type DeviceAllocationConfiguration = Infer<typeof allocationConfiguration>

const allocation = object(definition('AllocationResult'), 'What a claim was given.', {
  allocationTimestamp: time('When it was given.'),
  devices: describe(
    'The devices.',
    defaulted(
      object(definition('DeviceAllocationResult'), 'Devices and their configuration.', {
        config: describe('Configuration for the drivers, that of classes first.', atomicList(allocationConfiguration)),
        results: describe('The devices, request by request.', atomicList(allocationResult)),
      }),
      {},
    ),
  ),
  nodeSelector: describe('The nodes on which they can be used; all when there is none.', nodeSelector),
})
export type AllocationResult = Infer<typeof allocation>

const consumer = object(definition('ResourceClaimConsumerReference'), 'One who uses the claim.', {
  apiGroup: string('API group of the resource; empty for the core group.'),
  name: required(string('Name of the object.')),
  resource: required(string('The resource, such as `pods`.')),
  uid: required(string('UID of the object.')),
})
export type ResourceClaimConsumerReference = Infer<typeof consumer>

const networkData = object(definition('NetworkDeviceData'), 'What is known of a network device.', {
  hardwareAddress: string('Its hardware address.'),
  interfaceName: string('Name of the interface in the pod.'),
  ips: atomicList(string(), 'Its addresses, with the length of their prefix: `192.0.2.5/24`.'),
})
export type NetworkDeviceData = Infer<typeof networkData>

const deviceStatus = object(definition('AllocatedDeviceStatus'), 'What a driver says of a device that was given.', {
  conditions: describe('How the device stands, at most 8.', listMap(['type'], condition)),
  data: raw('Anything else, as an object.', 'io.k8s.apimachinery.pkg.runtime.RawExtension'),
  device: required(string('Name of the device in its pool.')),
  driver: required(string('The driver of the device.')),
  networkData: describe('What is known of it, for a network device.', networkData),
  pool: required(string('The pool of the device.')),
  shareID: string('Tells this share of the device apart from the others.'),
})
export type AllocatedDeviceStatus = Infer<typeof deviceStatus>

export const resourceClaimStatus = object(definition('ResourceClaimStatus'), 'What a claim was given, and who uses it.', {
  allocation: describe('What it was given; nothing yet when there is none.', allocation),
  devices: describe('What drivers say of the devices.', listMap(['driver', 'device', 'pool', 'shareID'], deviceStatus)),
  reservedFor: describe('Who may use the devices now, at most 256.', patch('merge', 'uid', listMap(['uid'], consumer))),
})
export type ResourceClaimStatus = Infer<typeof resourceClaimStatus>

interface DeviceName {
  readonly driver: string
  readonly pool: string
  readonly device: string
  readonly shareID?: string | undefined
}
/** A device, or a share of it, in one text. */
export function deviceId({ driver, pool, device, shareID }: DeviceName): string {
  return [driver, pool, device, ...(shareID ? [shareID] : [])].join('/')
}

/** Without what was said of devices that the claim has no more: drivers need not clean up. */
export function withoutStaleDevices(
  next: ResourceClaimStatus,
  previous: ResourceClaimStatus,
): readonly AllocatedDeviceStatus[] | undefined {
  const kept = new Set(next.allocation?.devices.results?.map(deviceId))
  const gone = new Set(previous.allocation?.devices.results?.map(deviceId).filter(id => !kept.has(id)))
  const devices = next.devices?.filter(device => !gone.has(deviceId(device)))
  return devices?.length === next.devices?.length ? next.devices : devices?.length ? devices : undefined
}
