import { duplicateValue, invalidValue, requiredValue } from '../../meta/field-error.ts'
import { checkQualifiedName } from '../../meta/names.ts'
import { always, atomicList, describe, type Infer, int32, listMap, object, patch, required, string } from '../../schema/schema.ts'
import { count } from '../columns.ts'
import { validateCsiDriverName } from '../core/validate-volume-source.ts'
import { ageColumn, type ClusterObject, type Column, clusterKind, type Kind, nameColumn } from '../kind.ts'
import { type Errors, each, immutable, must, named, notNegative, shaped, together, uniqueNames } from '../validation.ts'

const storage = (name: string) => `io.k8s.api.storage.v1.${name}`

export const volumeNodeResources = object(storage('VolumeNodeResources'), 'How many volumes a node can have.', {
  count: int32('The most volumes of the driver that the node can use; no limit when absent.'),
})
export type VolumeNodeResources = Infer<typeof volumeNodeResources>

export const csiNodeDriver = object(storage('CSINodeDriver'), 'A driver that is on a node.', {
  allocatable: describe('How many of its volumes the node can have.', volumeNodeResources),
  name: required(string('Name of the driver.')),
  nodeID: required(string('How the driver calls the node.')),
  topologyKeys: describe('Labels of the node that say where it is, as the driver sees it.', atomicList(string())),
})
export type CSINodeDriver = Infer<typeof csiNodeDriver>

export const csiNodeSpec = object(storage('CSINodeSpec'), 'The drivers of a node.', {
  drivers: describe('The drivers.', required(patch('merge', 'name', listMap(['name'], csiNodeDriver)))),
})
export type CSINodeSpec = Infer<typeof csiNodeSpec>

const fields = { spec: describe('The drivers of the node.', always(csiNodeSpec, {})) }
export type CSINode = ClusterObject<typeof fields>

const maxNodeIdLength = 256

function validate(next: CSINode, previous: CSINode | undefined): Errors {
  const drivers = next.spec.drivers ?? []
  const before = new Map(previous?.spec.drivers?.map(driver => [driver.name, driver]))
  return together(
    each(drivers, 'spec.drivers', validateDriver),
    uniqueNames(drivers, 'spec.drivers'),
    // The number of volumes may change; what else a driver said holds as long as it is there.
    drivers.flatMap(driver => {
      const old = before.get(driver.name)
      return old ? immutable({ ...driver, allocatable: undefined }, { ...old, allocatable: undefined }, 'spec.drivers') : []
    }),
  )
}

function validateDriver({ name, nodeID = '', allocatable, topologyKeys = [] }: CSINodeDriver, field: string): Errors {
  const known = new Set<string>()
  return together(
    validateCsiDriverName(name, `${field}.name`),
    named(nodeID, `${field}.nodeID`),
    must(nodeID.length <= maxNodeIdLength, () => invalidValue(`${field}.nodeID`, nodeID, `must be ${maxNodeIdLength} characters or less`)),
    notNegative(allocatable?.count, `${field}.allocatable.count`),
    topologyKeys.flatMap(key => {
      const isDouble = known.has(key)
      known.add(key)
      return together(
        must(key !== '', () => requiredValue(field)),
        must(!isDouble, () => duplicateValue(field, key)),
        shaped(key, field, checkQualifiedName),
      )
    }),
  )
}

const columns: readonly Column<CSINode>[] = [
  nameColumn,
  count('Drivers', 'How many drivers are on the node.', o => o.spec.drivers?.length ?? 0),
  ageColumn,
]

export const CSINode: Kind<CSINode> = clusterKind({
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'CSINode',
  plural: 'csinodes',
  definition: 'io.k8s.api.storage.v1.CSINode',
  doc: 'The CSI drivers of the node of the same name.',
  updatesNeedVersion: true,
  fields,
  validate,
  columns,
})
