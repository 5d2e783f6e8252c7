import { atomicList, describe, required } from '../../schema/schema.ts'
import { type Kind, type NamespacedObject, namespacedKind } from '../kind.ts'
import { checkPathSegmentName } from '../validate-name.ts'
import { completeBinding } from './complete-binding.ts'
import { bindingColumns } from './rbac-columns.ts'
import { roleRef, subject } from './rule.ts'
import { validateBinding } from './validate-rbac.ts'

const fields = {
  roleRef: describe('The role that is granted; it cannot be changed.', required(roleRef)),
  subjects: describe('Whom it is granted to.', atomicList(subject)),
}
export type RoleBinding = NamespacedObject<typeof fields>

export const RoleBinding: Kind<RoleBinding> = namespacedKind({
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  kind: 'RoleBinding',
  plural: 'rolebindings',
  definition: 'io.k8s.api.rbac.v1.RoleBinding',
  doc: 'Grants a role to users, groups and service accounts within a namespace.',
  createsOnUpdate: true,
  fields,
  validate: (next, previous) => validateBinding(next, previous, true),
  checkName: checkPathSegmentName,
  columns: bindingColumns,
  complete: completeBinding,
})
