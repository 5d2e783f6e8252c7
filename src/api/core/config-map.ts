import { boolean, bytes, describe, map, string } from '../../schema/schema.ts'
import { text } from '../columns.ts'
import { ageColumn, type Column, type Kind, type NamespacedObject, nameColumn, namespacedKind } from '../kind.ts'
import { validateConfigMap } from './validate-data.ts'

const fields = {
  binaryData: describe('Binary values by key, in base64; no key may be in `data` too.', map(bytes())),
  data: describe('Text values by key.', map(string())),
  immutable: boolean('Once true, neither the data nor this field can be changed.'),
}
export type ConfigMap = NamespacedObject<typeof fields>

const columns: readonly Column<ConfigMap>[] = [
  nameColumn,
  text('Data', 'How many entries there are.', o => String(Object.keys(o.data ?? {}).length + Object.keys(o.binaryData ?? {}).length)),
  ageColumn,
]

export const ConfigMap: Kind<ConfigMap> = namespacedKind({
  group: '',
  version: 'v1',
  kind: 'ConfigMap',
  plural: 'configmaps',
  shortNames: ['cm'],
  definition: 'io.k8s.api.core.v1.ConfigMap',
  doc: 'Settings for pods to read, as variables or files.',
  fields,
  validate: validateConfigMap,
  columns,
})
