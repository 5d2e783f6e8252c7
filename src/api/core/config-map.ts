import { boolean, bytes, map, string } from '../../schema/schema.ts'
import { namespacedKind, type ObjectOfKind } from '../kind.ts'

export const ConfigMap = namespacedKind({
  group: '',
  version: 'v1',
  kind: 'ConfigMap',
  plural: 'configmaps',
  shortNames: ['cm'],
  definition: 'io.k8s.api.core.v1.ConfigMap',
  doc: '',
  fields: {
    binaryData: map(bytes()),
    data: map(string()),
    immutable: boolean(),
  },
})
export type ConfigMap = ObjectOfKind<typeof ConfigMap>
