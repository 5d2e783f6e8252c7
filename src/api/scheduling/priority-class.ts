import { boolean, defaulted, int32, oneOf, string } from '../../schema/schema.ts'
import { count, text } from '../columns.ts'
import { ageColumn, type ClusterObject, type Column, clusterKind, type Kind, nameColumn } from '../kind.ts'

const fields = {
  description: string(),
  globalDefault: boolean(),
  preemptionPolicy: defaulted(oneOf(['PreemptLowerPriority', 'Never']), 'PreemptLowerPriority'),
  value: int32(),
}
export type PriorityClass = ClusterObject<typeof fields>

const columns: readonly Column<PriorityClass>[] = [
  nameColumn,
  count('Value', 'The priority of its pods.', pc => pc.value ?? 0),
  {
    name: 'Global-Default',
    type: 'boolean',
    doc: 'Whether pods that name no class get this one.',
    cell: pc => pc.globalDefault ?? false,
  },
  ageColumn,
  text('PreemptionPolicy', 'Whether its pods may push others off a node.', pc => pc.preemptionPolicy),
]

export const PriorityClass: Kind<PriorityClass> = clusterKind({
  group: 'scheduling.k8s.io',
  version: 'v1',
  kind: 'PriorityClass',
  plural: 'priorityclasses',
  shortNames: ['pc'],
  definition: 'io.k8s.api.scheduling.v1.PriorityClass',
  doc: '',
  fields,
  columns,
})
