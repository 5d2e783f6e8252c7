import { boolean, bytes, defaulted, map, string } from '../../schema/schema.ts'
import { namespacedKind, type ObjectOfKind } from '../kind.ts'

export const Secret = namespacedKind({
  group: '',
  version: 'v1',
  kind: 'Secret',
  plural: 'secrets',
  definition: 'io.k8s.api.core.v1.Secret',
  doc: '',
  fields: {
    data: map(bytes()),
    immutable: boolean(),
    stringData: map(string()),
    type: defaulted(string(), 'Opaque'),
  },
})
export type Secret = ObjectOfKind<typeof Secret>
