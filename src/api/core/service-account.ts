import { atomicList, boolean, listMap, patch } from '../../schema/schema.ts'
import { type Kind, type NamespacedObject, namespacedKind } from '../kind.ts'
import { localObjectReference, objectReference } from './reference.ts'

const fields = {
  automountServiceAccountToken: boolean(),
  imagePullSecrets: atomicList(localObjectReference),
  secrets: patch('merge', 'name', listMap(['name'], objectReference)),
}
export type ServiceAccount = NamespacedObject<typeof fields>

export const ServiceAccount: Kind<ServiceAccount> = namespacedKind({
  group: '',
  version: 'v1',
  kind: 'ServiceAccount',
  plural: 'serviceaccounts',
  shortNames: ['sa'],
  definition: 'io.k8s.api.core.v1.ServiceAccount',
  doc: 'An identity for what runs in pods.',
  fields,
})
