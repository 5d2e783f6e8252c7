import { boolean, defaulted, int32, oneOf, string } from '../../schema/schema.ts'
import { clusterKind, type ObjectOfKind } from '../kind.ts'

export const PriorityClass = clusterKind({
  group: 'scheduling.k8s.io',
  version: 'v1',
  kind: 'PriorityClass',
  plural: 'priorityclasses',
  shortNames: ['pc'],
  definition: 'io.k8s.api.scheduling.v1.PriorityClass',
  doc: '',
  fields: {
    description: string(),
    globalDefault: boolean(),
    preemptionPolicy: defaulted(oneOf(['PreemptLowerPriority', 'Never']), 'PreemptLowerPriority'),
    value: int32(),
  },
})
export type PriorityClass = ObjectOfKind<typeof PriorityClass>
