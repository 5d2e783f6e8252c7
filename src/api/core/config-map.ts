import { boolean, bytes, map, string } from '../../schema/schema.ts'
import { type Kind, type NamespacedObject, namespacedKind } from '../kind.ts'

const fields = {
  binaryData: map(bytes()),
  data: map(string()),
  immutable: boolean(),
}
export type ConfigMap = NamespacedObject<typeof fields>

export const ConfigMap: Kind<ConfigMap> = namespacedKind({
  group: '',
  version: 'v1',
  kind: 'ConfigMap',
  plural: 'configmaps',
  shortNames: ['cm'],
  definition: 'io.k8s.api.core.v1.ConfigMap',
  doc: '',
  fields,
})
