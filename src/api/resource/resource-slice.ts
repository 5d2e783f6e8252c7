import { atomicList, boolean, describe, type Infer, int64, object, required, string } from '../../schema/schema.ts'
import { text } from '../columns.ts'
import { nodeSelector } from '../core/affinity.ts'
import { ageColumn, type ClusterObject, type Column, clusterKind, type Kind, nameColumn } from '../kind.ts'
import { quoted } from '../warnings.ts'
import { counterSet, type Device, device } from './device.ts'
import { definition } from './device-request.ts'
import { completeSlice, dateTaints, withoutAlphaFields } from './slice-strategy.ts'
import { validateSlice } from './validate-slice.ts'

const resourcePool = object(definition('ResourcePool'), 'The pool that a slice is part of.', {
  generation: required(int64('Slices with less than others of their pool are out of date.')),
  name: required(string('Name of the pool; often that of the node.')),
  resourceSliceCount: required(int64('How many slices the pool has in this generation.')),
})
export type ResourcePool = Infer<typeof resourcePool>

const spec = object(definition('ResourceSliceSpec'), 'Devices of a driver, and who can use them.', {
  allNodes: boolean('Whether all nodes can use them.'),
  devices: describe('The devices, at most 128, or 64 with taints or counters.', atomicList(device)),
  driver: required(string('The driver that published them; it cannot be changed.')),
  nodeName: string('The one node that can use them; it cannot be changed.'),
  nodeSelector: describe('The nodes that can use them, in one term.', nodeSelector),
  perDeviceNodeSelection: boolean('Whether each device says which nodes can use it.'),
  pool: required(describe('The pool of the devices.', resourcePool)),
  sharedCounters: describe('Amounts that several devices draw on, at most 8 sets; in a slice without devices.', atomicList(counterSet)),
})
export type ResourceSliceSpec = Infer<typeof spec>

const fields = { spec: required(describe('The devices.', spec)) }
export type ResourceSlice = ClusterObject<typeof fields>
export type { Device }

const columns: readonly Column<ResourceSlice>[] = [
  nameColumn,
  text('Node', 'The one node that can use the devices.', ({ spec }) => spec.nodeName ?? '<unset>'),
  text('Driver', 'The driver that published them.', ({ spec }) => spec.driver),
  text('Pool', 'Their pool.', ({ spec }) => spec.pool.name),
  ageColumn,
]

export const ResourceSlice: Kind<ResourceSlice> = clusterKind({
  group: 'resource.k8s.io',
  version: 'v1',
  kind: 'ResourceSlice',
  plural: 'resourceslices',
  definition: definition('ResourceSlice'),
  doc: 'Some of the devices of a pool, as their driver publishes them.',
  hasGeneration: true,
  fields,
  selectableFields: { 'spec.driver': ({ spec }) => spec.driver, 'spec.nodeName': ({ spec }) => spec.nodeName ?? '' },
  complete: completeSlice,
  onCreate: slice => dateTaints(withoutAlphaFields(slice), undefined),
  onUpdate: (next, previous) => dateTaints(withoutAlphaFields(next), previous),
  validate: (next, previous) => validateSlice(next.spec, previous?.spec),
  warnings: ({ spec: { driver } }) =>
    driver === driver.toLowerCase()
      ? []
      : [`spec.driver: driver names should be lowercase; ${quoted(driver)} contains uppercase characters`],
  columns,
})
