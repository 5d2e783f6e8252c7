// Nobody gives away more than they hold: writes of roles and bindings are held against the writer's own rules.
import type { ClusterRole } from '../../api/rbac/cluster-role.ts'
import type { ClusterRoleBinding } from '../../api/rbac/cluster-role-binding.ts'
import type { Role } from '../../api/rbac/role.ts'
import type { RoleBinding } from '../../api/rbac/role-binding.ts'
import type { Authorization } from '../authorization.ts'
import { checkBindingWrite, checkRoleWrite } from '../authz/escalation.ts'
import type { AdmissionPlugin } from './admission.ts'

export function roleEscalation({ authorizer, rbac }: Authorization): AdmissionPlugin {
  return {
    name: 'RoleEscalation',
    validate({ operation, call, object, previous }) {
      const { kind } = call.resource
      if (operation === 'DELETE' || kind.group !== 'rbac.authorization.k8s.io' || !object) return
      const granter = { user: call.user, authorizer, held: rbac }
      if (kind.kind === 'Role' || kind.kind === 'ClusterRole')
        checkRoleWrite(granter, object as Role | ClusterRole, previous as Role | ClusterRole | undefined)
      else {
        const rulesOfRole = rbac.rulesOfRole.bind(rbac)
        checkBindingWrite(
          granter,
          rulesOfRole,
          object as RoleBinding | ClusterRoleBinding,
          previous as RoleBinding | ClusterRoleBinding | undefined,
        )
      }
    },
  }
}
