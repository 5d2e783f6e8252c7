import { atomicList, describe, required } from '../../schema/schema.ts'
import { type ClusterObject, clusterKind, type Kind } from '../kind.ts'
import { checkPathSegmentName } from '../validate-name.ts'
import { completeBinding } from './complete-binding.ts'
import { bindingColumns } from './rbac-columns.ts'
import { roleRef, subject } from './rule.ts'
import { validateBinding } from './validate-rbac.ts'

const fields = {
  roleRef: describe('The role that is granted; it cannot be changed.', required(roleRef)),
  subjects: describe('Whom it is granted to.', atomicList(subject)),
}
export type ClusterRoleBinding = ClusterObject<typeof fields>

export const ClusterRoleBinding: Kind<ClusterRoleBinding> = clusterKind({
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  kind: 'ClusterRoleBinding',
  plural: 'clusterrolebindings',
  definition: 'io.k8s.api.rbac.v1.ClusterRoleBinding',
  doc: 'Grants a cluster role to users, groups and service accounts in the whole cluster.',
  createsOnUpdate: true,
  fields,
  validate: (next, previous) => validateBinding(next, previous, false),
  checkName: checkPathSegmentName,
  columns: bindingColumns,
  complete: completeBinding,
})
