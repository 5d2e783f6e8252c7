import { atomicList, required } from '../../schema/schema.ts'
import { namespacedKind, type ObjectOfKind } from '../kind.ts'
import { roleRef, subject } from './rule.ts'

export const RoleBinding = namespacedKind({
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  kind: 'RoleBinding',
  plural: 'rolebindings',
  definition: 'io.k8s.api.rbac.v1.RoleBinding',
  doc: '',
  fields: {
    roleRef: required(roleRef),
    subjects: atomicList(subject),
  },
})
export type RoleBinding = ObjectOfKind<typeof RoleBinding>
