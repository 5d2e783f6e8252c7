import { atomicList, describe, type Infer, object, required, string } from '../../schema/schema.ts'
import { type ClusterObject, clusterKind, type Kind } from '../kind.ts'
import { definition, deviceSelector, opaque } from './device-request.ts'
import { validateDeviceClass } from './validate-device-class.ts'

const classConfiguration = object(definition('DeviceClassConfiguration'), 'Configuration for the devices of a class.', { opaque })
export type DeviceClassConfiguration = Infer<typeof classConfiguration>

const spec = object(definition('DeviceClassSpec'), 'Which devices a class is about, and how they are set up.', {
  config: describe('Configuration for the drivers of the devices.', atomicList(classConfiguration)),
  extendedResourceName: string('Name of an extended resource by which pods can also ask for devices of the class.'),
  selectors: describe('Conditions that a device must all meet.', atomicList(deviceSelector)),
})
export type DeviceClassSpec = Infer<typeof spec>

const fields = { spec: required(describe('Which devices these are.', spec)) }
export type DeviceClass = ClusterObject<typeof fields>

export const DeviceClass: Kind<DeviceClass> = clusterKind({
  group: 'resource.k8s.io',
  version: 'v1',
  kind: 'DeviceClass',
  plural: 'deviceclasses',
  definition: definition('DeviceClass'),
  doc: 'A sort of device that can be asked for, as administrators see it.',
  hasGeneration: true,
  fields,
  validate: (next, previous) => validateDeviceClass(next.spec ?? {}, previous && (previous.spec ?? {})),
})
