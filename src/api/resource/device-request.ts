// What is asked of devices: requests, constraints between them, and configuration for their drivers.
import {
  atomicList,
  boolean,
  defaulted,
  describe,
  type Infer,
  int64,
  map,
  object,
  oneOf,
  quantity,
  raw,
  required,
  string,
} from '../../schema/schema.ts'
import { mapShared, withFields } from '../sharing.ts'

export const definition = (name: string) => `io.k8s.api.resource.v1.${name}`

export const deviceSelector = object(definition('DeviceSelector'), 'One condition on a device.', {
  cel: describe(
    'The condition as an expression.',
    object(definition('CELDeviceSelector'), 'A condition in CEL.', {
      expression: required(string('Gives a boolean; it sees `device` with its driver, attributes and capacity.')),
    }),
  ),
})
export type DeviceSelector = Infer<typeof deviceSelector>

export const opaqueConfiguration = object(definition('OpaqueDeviceConfiguration'), 'Parameters that only a driver understands.', {
  driver: required(string('The driver they are for.')),
  parameters: required(raw('Any object, with a version and a kind of its own.', 'io.k8s.apimachinery.pkg.runtime.RawExtension')),
})
export type OpaqueDeviceConfiguration = Infer<typeof opaqueConfiguration>
export const opaque = describe('Parameters that only the driver understands.', opaqueConfiguration)

export const taintEffects = ['NoExecute', 'NoSchedule', 'None'] as const
export const deviceToleration = object(definition('DeviceToleration'), 'Taints of devices that do not matter.', {
  effect: oneOf(taintEffects, 'The effect that is borne with; all when there is none.'),
  key: string('The key of the taint; all when there is none.'),
  operator: describe('Whether the value must be the same, or any will do.', defaulted(oneOf(['Equal', 'Exists']), 'Equal')),
  tolerationSeconds: int64('For how long NoExecute is borne with; for ever when there is none.'),
  value: string('The value of the taint, for Equal.'),
})
export type DeviceToleration = Infer<typeof deviceToleration>
export const tolerations = describe('Taints of devices that do not matter, at most 16.', atomicList(deviceToleration))

/** What one kind of device is asked for, alone or as one choice of several. */
const deviceFields = {
  allocationMode: describe(
    'Whether a number of devices is asked for, or all that fit.',
    defaulted(oneOf(['All', 'ExactCount']), 'ExactCount'),
  ),
  capacity: describe(
    'How much of the capacity of a device is asked for, where it can be shared.',
    object(definition('CapacityRequirements'), 'Amounts of capacities.', {
      requests: describe('Amounts by the names of the capacities.', map(quantity())),
    }),
  ),
  count: int64('How many devices, for ExactCount; 1 by default.'),
  deviceClassName: required(string('The class of the devices.')),
  selectors: describe('Conditions that each device must meet, besides those of the class.', atomicList(deviceSelector)),
  tolerations,
}

const exactDeviceRequest = object(definition('ExactDeviceRequest'), 'Devices of one class.', {
  ...deviceFields,
  adminAccess: boolean('Whether the devices are only looked after, also those that others use; for namespaces that may.'),
})
export type ExactDeviceRequest = Infer<typeof exactDeviceRequest>

const deviceSubRequest = object(definition('DeviceSubRequest'), 'One choice of several.', {
  ...deviceFields,
  name: required(string('Tells it apart from the other choices; reached as `REQUEST/NAME`.')),
})
export type DeviceSubRequest = Infer<typeof deviceSubRequest>

const deviceRequest = object(definition('DeviceRequest'), 'One request for devices.', {
  exactly: describe('The devices; not together with `firstAvailable`.', exactDeviceRequest),
  firstAvailable: describe('Choices of which the first that can be had is taken, at most 8.', atomicList(deviceSubRequest)),
  name: required(string('Tells it apart from the others, for constraints, configuration and pods.')),
})
export type DeviceRequest = Infer<typeof deviceRequest>

const requestNames = (what: string) => atomicList(string(), `The requests that ${what}; all when there are none.`)

const deviceConstraint = object(definition('DeviceConstraint'), 'What must hold between the devices of requests.', {
  distinctAttribute: string('Name of an attribute that all of them must have with unlike values.'),
  matchAttribute: string('Name of an attribute that all of them must have with the same value.'),
  requests: requestNames('it is about'),
})
export type DeviceConstraint = Infer<typeof deviceConstraint>

const deviceClaimConfiguration = object(definition('DeviceClaimConfiguration'), 'Configuration for the devices of requests.', {
  opaque,
  requests: requestNames('it is for'),
})
export type DeviceClaimConfiguration = Infer<typeof deviceClaimConfiguration>

export const deviceClaim = object(definition('DeviceClaim'), 'Devices that are asked for together.', {
  config: describe('Configuration for their drivers.', atomicList(deviceClaimConfiguration)),
  constraints: describe('What must hold between them.', atomicList(deviceConstraint)),
  requests: describe('The requests; all must be met.', atomicList(deviceRequest)),
})
export type DeviceClaim = Infer<typeof deviceClaim>

export const resourceClaimSpec = object(definition('ResourceClaimSpec'), 'What is claimed.', {
  devices: describe('The devices.', defaulted(deviceClaim, {})),
})
export type ResourceClaimSpec = Infer<typeof resourceClaimSpec>

/** One device, where a number is asked for and none given. */
export function completeClaimSpec(spec: ResourceClaimSpec): ResourceClaimSpec {
  const { requests } = spec.devices
  if (requests === undefined) return spec
  const complete = mapShared(requests, request =>
    withFields(request, {
      ...(request.exactly && { exactly: withCount(request.exactly) }),
      ...(request.firstAvailable && { firstAvailable: mapShared(request.firstAvailable, withCount) }),
    }),
  )
  return withFields(spec, { devices: withFields(spec.devices, { requests: complete }) })
}

function withCount<R extends ExactDeviceRequest | DeviceSubRequest>(request: R): R {
  return request.allocationMode === 'ExactCount' && !request.count ? { ...request, count: 1 } : request
}
