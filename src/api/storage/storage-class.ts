import { forbiddenValue } from '../../meta/field-error.ts'
import { atomicList, boolean, defaulted, describe, map, oneOf, required, string } from '../../schema/schema.ts'
import { text } from '../columns.ts'
import { topologySelectorTerm, validateTopologyTerms } from '../core/topology-selector.ts'
import { ageColumn, type ClusterObject, type Column, clusterKind, type Kind } from '../kind.ts'
import { type Errors, immutable, must, supported, together, when } from '../validation.ts'
import { deprecatedNodeLabel, warnEach } from '../warnings.ts'
import { sameParameters, validateParameters, validateProvisioner } from './validate-parameters.ts'

const fields = {
  allowVolumeExpansion: boolean('Whether volumes of the class can be made larger.'),
  allowedTopologies: describe('Where volumes of the class may be made; anywhere when nothing is said.', atomicList(topologySelectorTerm)),
  mountOptions: describe('Options of mounts of such volumes.', atomicList(string())),
  parameters: describe('What the provisioner is told; cannot change.', map(string())),
  provisioner: required(string('Who makes volumes of the class; cannot change.')),
  reclaimPolicy: defaulted(string('What becomes of such a volume when its claim is gone: Delete or Retain; cannot change.'), 'Delete'),
  volumeBindingMode: defaulted(
    oneOf(
      ['Immediate', 'WaitForFirstConsumer'],
      'Whether claims get a volume at once, or when a pod that uses them is placed; cannot change.',
    ),
    'Immediate',
  ),
}
export type StorageClass = ClusterObject<typeof fields>

const defaultAnnotations = ['storageclass.kubernetes.io/is-default-class', 'storageclass.beta.kubernetes.io/is-default-class']

/** Whether claims that name no class get this one. */
export function isDefaultClass({ metadata }: StorageClass): boolean {
  return defaultAnnotations.some(name => metadata.annotations?.[name] === 'true')
}

function validate(next: StorageClass, previous: StorageClass | undefined): Errors {
  return together(
    validateProvisioner(next.provisioner, 'provisioner'),
    validateParameters(next.parameters, 'parameters'),
    supported(next.reclaimPolicy, 'reclaimPolicy', ['Delete', 'Retain']),
    validateTopologyTerms(next.allowedTopologies, 'allowedTopologies'),
    when(previous, previous => validateChange(next, previous)),
  )
}

function validateChange(next: StorageClass, previous: StorageClass): Errors {
  const changed = (field: string) => () => forbiddenValue(field, `updates to ${field} are forbidden.`)
  return together(
    must(sameParameters(next, previous), changed('parameters')),
    must(next.provisioner === previous.provisioner, changed('provisioner')),
    must(next.reclaimPolicy === previous.reclaimPolicy, changed('reclaimPolicy')),
    immutable(next.volumeBindingMode, previous.volumeBindingMode, 'volumeBindingMode'),
  )
}

const columns: readonly Column<StorageClass>[] = [
  {
    name: 'Name',
    type: 'string',
    format: 'name',
    doc: 'Name of the class, and whether it is the default.',
    cell: sc => `${sc.metadata.name}${isDefaultClass(sc) ? ' (default)' : ''}`,
  },
  text('Provisioner', 'Who makes volumes of the class.', sc => sc.provisioner),
  text('ReclaimPolicy', 'What becomes of a volume when its claim is gone.', sc => sc.reclaimPolicy),
  text('VolumeBindingMode', 'When claims get their volume.', sc => sc.volumeBindingMode),
  {
    name: 'AllowVolumeExpansion',
    type: 'string',
    doc: 'Whether volumes can be made larger.',
    cell: sc => sc.allowVolumeExpansion ?? false,
  },
  ageColumn,
]

export const StorageClass: Kind<StorageClass> = clusterKind({
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'StorageClass',
  plural: 'storageclasses',
  shortNames: ['sc'],
  definition: 'io.k8s.api.storage.v1.StorageClass',
  doc: 'A kind of storage that claims can ask for by name, and who provides it.',
  fields,
  validate,
  warnings: ({ allowedTopologies }) =>
    warnEach(allowedTopologies, 'allowedTopologies', ({ matchLabelExpressions }, at) =>
      warnEach(matchLabelExpressions, `${at}.matchLabelExpressions`, ({ key }, at) => {
        const message = deprecatedNodeLabel(key)
        return message === undefined ? [] : [`${at}: ${message}`]
      }),
    ),
  columns,
})
