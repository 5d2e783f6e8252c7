import { required } from '../../schema/schema.ts'
import { namespacedKind, type ObjectOfKind } from '../kind.ts'
import { objectReference } from './reference.ts'

export const Binding = namespacedKind({
  group: '',
  version: 'v1',
  kind: 'Binding',
  plural: 'bindings',
  definition: 'io.k8s.api.core.v1.Binding',
  doc: '',
  verbs: ['create'],
  fields: {
    target: required(objectReference),
  },
})
export type Binding = ObjectOfKind<typeof Binding>
