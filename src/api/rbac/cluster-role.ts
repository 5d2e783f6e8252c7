import { atomicList } from '../../schema/schema.ts'
import { clusterKind, type ObjectOfKind } from '../kind.ts'
import { aggregationRule, policyRule } from './rule.ts'

export const ClusterRole = clusterKind({
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  kind: 'ClusterRole',
  plural: 'clusterroles',
  definition: 'io.k8s.api.rbac.v1.ClusterRole',
  doc: '',
  fields: {
    aggregationRule: aggregationRule,
    rules: atomicList(policyRule),
  },
})
export type ClusterRole = ObjectOfKind<typeof ClusterRole>
