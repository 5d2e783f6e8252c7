import { labelSelector as labelSelectorSchema } from '../../meta/label-selector.ts'
import { checkDns1123Subdomain } from '../../meta/names.ts'
import { describe, quantity, required, string } from '../../schema/schema.ts'
import { text } from '../columns.ts'
import { validateNonnegativeAmount } from '../core/resource-amounts.ts'
import { type Column, type Kind, type NamespacedObject, nameColumn, namespacedKind } from '../kind.ts'
import { type Errors, immutable, labelSelector, shaped, together, when } from '../validation.ts'
import { deprecatedNodeLabel, warnNodeLabels } from '../warnings.ts'

const fields = {
  capacity: quantity('How much is left.'),
  maximumVolumeSize: quantity('How large a volume can be.'),
  nodeTopology: describe('Nodes that can reach it; none when absent, all when empty. Cannot change.', labelSelectorSchema),
  storageClassName: required(string('The storage class; cannot change.')),
}
export type CSIStorageCapacity = NamespacedObject<typeof fields>

function validate(next: CSIStorageCapacity, previous: CSIStorageCapacity | undefined): Errors {
  return together(
    labelSelector(next.nodeTopology, 'nodeTopology'),
    shaped(next.storageClassName ?? '', 'storageClassName', checkDns1123Subdomain),
    when(next.capacity, capacity => validateNonnegativeAmount(capacity, 'capacity')),
    when(previous, ({ nodeTopology, storageClassName }) =>
      together(
        immutable(next.nodeTopology, nodeTopology, 'nodeTopology'),
        immutable(next.storageClassName, storageClassName, 'storageClassName'),
      ),
    ),
  )
}

const columns: readonly Column<CSIStorageCapacity>[] = [
  nameColumn,
  text('StorageClassName', 'The storage class.', o => o.storageClassName),
  text('Capacity', 'How much is left.', o => o.capacity ?? '<unset>'),
]

export const CSIStorageCapacity: Kind<CSIStorageCapacity> = namespacedKind({
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'CSIStorageCapacity',
  plural: 'csistoragecapacities',
  definition: 'io.k8s.api.storage.v1.CSIStorageCapacity',
  doc: 'How much storage of a class is left somewhere, as its driver says.',
  updatesNeedVersion: true,
  fields,
  validate,
  warnings: ({ nodeTopology }) => [
    ...warnNodeLabels(nodeTopology?.matchExpressions, 'nodeTopology.matchExpressions'),
    ...Object.keys(nodeTopology?.matchLabels ?? {}).flatMap(key => {
      const message = deprecatedNodeLabel(key)
      return message === undefined ? [] : [`nodeTopology.matchLabels.${key}: ${message}`]
    }),
  ],
  columns,
})
