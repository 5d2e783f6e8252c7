import { atomicList } from '../../schema/schema.ts'
import { namespacedKind, type ObjectOfKind } from '../kind.ts'
import { policyRule } from './rule.ts'

export const Role = namespacedKind({
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  kind: 'Role',
  plural: 'roles',
  definition: 'io.k8s.api.rbac.v1.Role',
  doc: '',
  fields: {
    rules: atomicList(policyRule),
  },
})
export type Role = ObjectOfKind<typeof Role>
