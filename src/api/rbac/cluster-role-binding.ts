import { atomicList, required } from '../../schema/schema.ts'
import { clusterKind, type ObjectOfKind } from '../kind.ts'
import { roleRef, subject } from './rule.ts'

export const ClusterRoleBinding = clusterKind({
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  kind: 'ClusterRoleBinding',
  plural: 'clusterrolebindings',
  definition: 'io.k8s.api.rbac.v1.ClusterRoleBinding',
  doc: '',
  fields: {
    roleRef: required(roleRef),
    subjects: atomicList(subject),
  },
})
export type ClusterRoleBinding = ObjectOfKind<typeof ClusterRoleBinding>
