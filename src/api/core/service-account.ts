import { atomicList, boolean, listMap, patch } from '../../schema/schema.ts'
import { text } from '../columns.ts'
import { ageColumn, type Column, type Kind, type NamespacedObject, nameColumn, namespacedKind } from '../kind.ts'
import { localObjectReference, objectReference } from './reference.ts'

const fields = {
  automountServiceAccountToken: boolean(),
  imagePullSecrets: atomicList(localObjectReference),
  secrets: patch('merge', 'name', listMap(['name'], objectReference)),
}
export type ServiceAccount = NamespacedObject<typeof fields>

const columns: readonly Column<ServiceAccount>[] = [
  nameColumn,
  text('Secrets', 'How many secrets are listed.', o => String(o.secrets?.length ?? 0)),
  ageColumn,
]

export const ServiceAccount: Kind<ServiceAccount> = namespacedKind({
  group: '',
  version: 'v1',
  kind: 'ServiceAccount',
  plural: 'serviceaccounts',
  shortNames: ['sa'],
  definition: 'io.k8s.api.core.v1.ServiceAccount',
  doc: '',
  fields,
  columns,
})
