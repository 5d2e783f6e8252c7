import { atomicList, describe } from '../../schema/schema.ts'
import { type Kind, type NamespacedObject, nameColumn, namespacedKind } from '../kind.ts'
import { checkPathSegmentName } from '../validate-name.ts'
import { createdAtColumn } from './rbac-columns.ts'
import { policyRule } from './rule.ts'
import { validateRules } from './validate-rbac.ts'

const fields = {
  rules: describe('What it allows.', atomicList(policyRule)),
}
export type Role = NamespacedObject<typeof fields>

export const Role: Kind<Role> = namespacedKind({
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  kind: 'Role',
  plural: 'roles',
  definition: 'io.k8s.api.rbac.v1.Role',
  doc: 'A set of permissions within a namespace.',
  createsOnUpdate: true,
  fields,
  validate: role => validateRules(role.rules, true),
  checkName: checkPathSegmentName,
  columns: [nameColumn, createdAtColumn],
})
