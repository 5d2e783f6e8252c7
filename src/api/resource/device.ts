// Devices as their drivers publish them.
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
  required,
  string,
  time,
} from '../../schema/schema.ts'
import { nodeSelector } from '../core/affinity.ts'
import { definition, taintEffects } from './device-request.ts'

const deviceAttribute = object(definition('DeviceAttribute'), 'One value, of one of several types.', {
  bool: boolean('A truth.'),
  bools: atomicList(boolean(), 'Several truths; not served by default.'),
  int: int64('A whole number.'),
  ints: atomicList(int64(), 'Several whole numbers; not served by default.'),
  string: string('A text of up to 64 bytes.'),
  strings: atomicList(string(), 'Several texts; not served by default.'),
  version: string('A semantic version.'),
  versions: atomicList(string(), 'Several semantic versions; not served by default.'),
})
export type DeviceAttribute = Infer<typeof deviceAttribute>

const validRange = object(definition('CapacityRequestPolicyRange'), 'Amounts between two bounds.', {
  max: quantity('The most that can be asked for; all there is by default.'),
  min: required(quantity('The least that can be asked for; smaller requests are rounded up to it.')),
  step: quantity('Requests are rounded up to the least and a multiple of this.'),
})
export type CapacityRequestPolicyRange = Infer<typeof validRange>

const requestPolicy = object(definition('CapacityRequestPolicy'), 'Which shares of a capacity can be asked for.', {
  default: quantity('How much is taken where nothing is asked for; all there is by default.'),
  validRange: describe('Amounts between two bounds; not together with `validValues`.', validRange),
  validValues: atomicList(quantity(), 'Amounts, in rising order, at most 10; requests are rounded up to one of them.'),
})
export type CapacityRequestPolicy = Infer<typeof requestPolicy>

const deviceCapacity = object(definition('DeviceCapacity'), 'How much there is of something.', {
  requestPolicy: describe('Which shares can be asked for, where the device can be shared.', requestPolicy),
  value: required(quantity('All there is.')),
})
export type DeviceCapacity = Infer<typeof deviceCapacity>

const counter = object(definition('Counter'), 'An amount that is counted.', { value: required(quantity('The amount.')) })

export const counterSet = object(definition('CounterSet'), 'Amounts that several devices draw on.', {
  counters: required(describe('The amounts by name, at most 32.', map(counter))),
  name: required(string('Tells the set apart from the others of the pool.')),
})
export type CounterSet = Infer<typeof counterSet>

const consumption = object(definition('DeviceCounterConsumption'), 'What a device draws from a set of counters.', {
  counters: required(describe('The amounts by name, at most 32.', map(counter))),
  counterSet: required(string('Name of the set.')),
})
export type DeviceCounterConsumption = Infer<typeof consumption>

const deviceTaint = object(definition('DeviceTaint'), 'Keeps from a device who does not tolerate it.', {
  effect: required(oneOf(taintEffects, 'Whether the device is not given, is taken away as well, or neither.')),
  key: required(string('The key of the taint, a label name.')),
  timeAdded: time('When it was added.'),
  value: string('The value of the taint, a label value.'),
})
export type DeviceTaint = Infer<typeof deviceTaint>

const allocatableMapping = object(
  definition('NodeAllocatableResourceMapping'),
  'How much of a resource of its node a device takes. Not served by default.',
  {
    allocationMultiplier: describe('By what the device or its capacity is multiplied.', defaulted(quantity(), '1')),
    capacityKey: string('Name of the capacity that counts.'),
  },
)

export const device = object(definition('Device'), 'One device.', {
  allNodes: boolean('Whether all nodes can use it, where each device says so.'),
  allowMultipleAllocations: boolean('Whether several claims can share it.'),
  attributes: describe('What it is, by name; at most 32 together with capacities.', map(deviceAttribute)),
  bindingConditions: atomicList(string(), 'Conditions of its status that must be true before pods are bound, at most 4.'),
  bindingFailureConditions: atomicList(string(), 'Conditions any of which says that it will not be ready, at most 4.'),
  bindsToNode: boolean('Whether its use is limited to the node for which it was given.'),
  capacity: describe('How much there is of what, by name.', map(deviceCapacity)),
  consumesCounters: describe('What it draws from counters that devices share, at most 2 sets.', atomicList(consumption)),
  name: required(string('Tells it apart from the others of the pool.')),
  nodeAllocatableResourceMappings: describe('What it takes of resources of its node; not served by default.', map(allocatableMapping)),
  nodeName: string('The node that can use it, where each device says so.'),
  nodeSelector: describe('The nodes that can use it, where each device says so.', nodeSelector),
  taints: describe('Who is kept from it, at most 16.', atomicList(deviceTaint)),
})
export type Device = Infer<typeof device>
