import { labelSelector } from '../../meta/label-selector.ts'
import { atomic, atomicList, describe, type Infer, object, required, string } from '../../schema/schema.ts'

const rbac = (name: string) => `io.k8s.api.rbac.v1.${name}`

export const aggregationRule = object(rbac('AggregationRule'), '', {
  clusterRoleSelectors: describe('Which ClusterRoles are taken in.', atomicList(labelSelector)),
})
export type AggregationRule = Infer<typeof aggregationRule>

export const policyRule = object(rbac('PolicyRule'), '', {
  apiGroups: describe('API groups; `*` for all.', atomicList(string())),
  nonResourceURLs: describe('Paths that are no resources; `*` at the end for all beneath.', atomicList(string())),
  resourceNames: describe('Names of objects; all when absent.', atomicList(string())),
  resources: describe('Resources, with subresources after a slash; `*` for all.', atomicList(string())),
  verbs: describe('Verbs; `*` for all.', required(atomicList(string()))),
})
export type PolicyRule = Infer<typeof policyRule>

export const roleRef = atomic(
  object(rbac('RoleRef'), '', {
    apiGroup: string('Always `rbac.authorization.k8s.io`.'),
    kind: required(string('Role or ClusterRole.')),
    name: required(string('Name of the role.')),
  }),
)
export type RoleRef = Infer<typeof roleRef>

export const subject = atomic(
  object(rbac('Subject'), '', {
    apiGroup: string('Group of the kind; empty for service accounts.'),
    kind: required(string('User, Group or ServiceAccount.')),
    name: required(string('Name of the subject.')),
    namespace: string('Namespace of the service account.'),
  }),
)
export type Subject = Infer<typeof subject>
