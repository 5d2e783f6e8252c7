import { atomicList, boolean, listMap, patch } from '../../schema/schema.ts'
import { namespacedKind, type ObjectOfKind } from '../kind.ts'
import { localObjectReference, objectReference } from './reference.ts'

export const ServiceAccount = namespacedKind({
  group: '',
  version: 'v1',
  kind: 'ServiceAccount',
  plural: 'serviceaccounts',
  shortNames: ['sa'],
  definition: 'io.k8s.api.core.v1.ServiceAccount',
  doc: '',
  fields: {
    automountServiceAccountToken: boolean(),
    imagePullSecrets: atomicList(localObjectReference),
    secrets: patch('merge', 'name', listMap(['name'], objectReference)),
  },
})
export type ServiceAccount = ObjectOfKind<typeof ServiceAccount>
