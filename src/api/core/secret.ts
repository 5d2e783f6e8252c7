import { boolean, bytes, defaulted, map, string } from '../../schema/schema.ts'
import { type Kind, type NamespacedObject, namespacedKind } from '../kind.ts'

const fields = {
  data: map(bytes()),
  immutable: boolean(),
  stringData: map(string()),
  type: defaulted(string(), 'Opaque'),
}
export type Secret = NamespacedObject<typeof fields>

export const Secret: Kind<Secret> = namespacedKind({
  group: '',
  version: 'v1',
  kind: 'Secret',
  plural: 'secrets',
  definition: 'io.k8s.api.core.v1.Secret',
  doc: '',
  fields,
})
