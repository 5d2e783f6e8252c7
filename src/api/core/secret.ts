import { boolean, bytes, defaulted, describe, map, string } from '../../schema/schema.ts'
import { text } from '../columns.ts'
import { ageColumn, type Column, type Kind, type NamespacedObject, nameColumn, namespacedKind } from '../kind.ts'
import { warnSecret } from './key-pair-warnings.ts'
import { validateSecret } from './validate-data.ts'

const fields = {
  data: describe('Values by key, in base64.', map(bytes())),
  immutable: boolean('Once true, neither the data nor this field can be changed.'),
  stringData: describe('Values as text, for writing alone; they go over `data`.', map(string())),
  type: defaulted(string('What the secret is for, such as `kubernetes.io/tls`.'), 'Opaque'),
}
export type Secret = NamespacedObject<typeof fields>

/** Plain text is for writing only: it is stored as bytes, in the place of what was there under its key. */
function complete(secret: Secret): Secret {
  const { stringData, ...rest } = secret
  if (stringData === undefined) return secret
  const encoded = Object.entries(stringData).map(([key, value]) => [key, Buffer.from(value).toString('base64')])
  return encoded.length === 0 ? rest : { ...rest, data: { ...secret.data, ...Object.fromEntries(encoded) } }
}

const columns: readonly Column<Secret>[] = [
  nameColumn,
  text('Type', 'What the entries are for.', secret => secret.type),
  text('Data', 'How many entries there are.', secret => String(Object.keys(secret.data ?? {}).length)),
  ageColumn,
]

export const Secret: Kind<Secret> = namespacedKind({
  group: '',
  version: 'v1',
  kind: 'Secret',
  plural: 'secrets',
  definition: 'io.k8s.api.core.v1.Secret',
  doc: 'Confidential data for pods to read, as variables or files.',
  fields,
  validate: validateSecret,
  warnings: warnSecret,
  columns,
  selectableFields: { type: secret => secret.type },
  complete,
})
