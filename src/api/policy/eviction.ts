import { deleteOptions } from '../../meta/status.ts'
import { namespacedKind, type ObjectOfKind } from '../kind.ts'

export const Eviction = namespacedKind({
  group: 'policy',
  version: 'v1',
  kind: 'Eviction',
  plural: 'eviction',
  definition: 'io.k8s.api.policy.v1.Eviction',
  doc: '',
  verbs: ['create'],
  fields: {
    deleteOptions: deleteOptions,
  },
})
export type Eviction = ObjectOfKind<typeof Eviction>
