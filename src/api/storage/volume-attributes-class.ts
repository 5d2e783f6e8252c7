import { forbiddenValue, requiredValue } from '../../meta/field-error.ts'
import { describe, map, required, string } from '../../schema/schema.ts'
import { text } from '../columns.ts'
import { ageColumn, type ClusterObject, type Column, clusterKind, type Kind } from '../kind.ts'
import { type Errors, must, together, when } from '../validation.ts'
import { sameParameters, validateParameters, validateProvisioner } from './validate-parameters.ts'

const fields = {
  driverName: required(string('The CSI driver that knows these attributes; cannot change.')),
  parameters: describe('The attributes, which only the driver understands; cannot change.', map(string())),
}
export type VolumeAttributesClass = ClusterObject<typeof fields>

function validate(next: VolumeAttributesClass, previous: VolumeAttributesClass | undefined): Errors {
  return together(
    when(previous, previous => validateChange(next, previous)),
    validateProvisioner(next.driverName, 'driverName'),
    validateParameters(next.parameters, 'parameters'),
    must(Object.keys(next.parameters ?? {}).length > 0, () => requiredValue('parameters', 'must contain at least one key/value pair')),
  )
}

function validateChange(next: VolumeAttributesClass, previous: VolumeAttributesClass): Errors {
  return together(
    must(next.driverName === previous.driverName, () => forbiddenValue('driverName', 'updates to driverName are forbidden.')),
    must(sameParameters(next, previous), () => forbiddenValue('parameters', 'updates to parameters are forbidden.')),
  )
}

const columns: readonly Column<VolumeAttributesClass>[] = [
  {
    name: 'Name',
    type: 'string',
    format: 'name',
    doc: 'Name of the class, and whether it is the default.',
    cell: ({ metadata }) => `${metadata.name}${metadata.annotations?.[defaultAnnotation] === 'true' ? ' (default)' : ''}`,
  },
  text('DriverName', 'The CSI driver that knows these attributes.', o => o.driverName),
  ageColumn,
]
const defaultAnnotation = 'volumeattributesclass.alpha.kubernetes.io/is-default-class'

export const VolumeAttributesClass: Kind<VolumeAttributesClass> = clusterKind({
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'VolumeAttributesClass',
  plural: 'volumeattributesclasses',
  shortNames: ['vac'],
  definition: 'io.k8s.api.storage.v1.VolumeAttributesClass',
  doc: 'Attributes of volumes that can change while the volumes are in use, such as their speed.',
  fields,
  validate,
  columns,
})
