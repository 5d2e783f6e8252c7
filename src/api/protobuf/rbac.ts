import type { FieldTable } from '../../schema/protobuf.ts'

export const fields: FieldTable = {
  'io.k8s.api.rbac.v1': {
    AggregationRule: 'clusterRoleSelectors',
    ClusterRole: 'metadata= rules aggregationRule',
    ClusterRoleBinding: 'metadata= subjects roleRef=',
    PolicyRule: 'verbs apiGroups resources resourceNames nonResourceURLs',
    Role: 'metadata= rules',
    RoleBinding: 'metadata= subjects roleRef=',
    RoleRef: 'apiGroup= kind= name=',
    Subject: 'kind= apiGroup~ name= namespace~',
  },
}
