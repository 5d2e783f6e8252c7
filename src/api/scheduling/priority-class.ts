import { boolean, defaulted, int32, oneOf, string } from '../../schema/schema.ts'
import { type ClusterObject, clusterKind, type Kind } from '../kind.ts'

const fields = {
  description: string(),
  globalDefault: boolean(),
  preemptionPolicy: defaulted(oneOf(['PreemptLowerPriority', 'Never']), 'PreemptLowerPriority'),
  value: int32(),
}
export type PriorityClass = ClusterObject<typeof fields>

export const PriorityClass: Kind<PriorityClass> = clusterKind({
  group: 'scheduling.k8s.io',
  version: 'v1',
  kind: 'PriorityClass',
  plural: 'priorityclasses',
  shortNames: ['pc'],
  definition: 'io.k8s.api.scheduling.v1.PriorityClass',
  doc: '',
  fields,
})
