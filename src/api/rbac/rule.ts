import { labelSelector } from '../../meta/label-selector.ts'
import { atomic, atomicList, type Infer, object, required, string } from '../../schema/schema.ts'

const rbac = (name: string) => `io.k8s.api.rbac.v1.${name}`

export const aggregationRule = object(rbac('AggregationRule'), '', {
  clusterRoleSelectors: atomicList(labelSelector),
})
export type AggregationRule = Infer<typeof aggregationRule>

export const policyRule = object(rbac('PolicyRule'), '', {
  apiGroups: atomicList(string()),
  nonResourceURLs: atomicList(string()),
  resourceNames: atomicList(string()),
  resources: atomicList(string()),
  verbs: required(atomicList(string())),
})
export type PolicyRule = Infer<typeof policyRule>

export const roleRef = atomic(
  object(rbac('RoleRef'), '', {
    apiGroup: string(),
    kind: required(string()),
    name: required(string()),
  }),
)
export type RoleRef = Infer<typeof roleRef>

export const subject = atomic(
  object(rbac('Subject'), '', {
    apiGroup: string(),
    kind: required(string()),
    name: required(string()),
    namespace: string(),
  }),
)
export type Subject = Infer<typeof subject>
