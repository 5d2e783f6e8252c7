import { atomicList, describe } from '../../schema/schema.ts'
import { type ClusterObject, clusterKind, type Kind, nameColumn } from '../kind.ts'
import { checkPathSegmentName } from '../validate-name.ts'
import { createdAtColumn } from './rbac-columns.ts'
import { aggregationRule, policyRule } from './rule.ts'
import { validateAggregation, validateRules } from './validate-rbac.ts'

const fields = {
  aggregationRule: describe("Which roles' rules make up this one's.", aggregationRule),
  rules: describe('What it allows.', atomicList(policyRule)),
}
export type ClusterRole = ClusterObject<typeof fields>

export const ClusterRole: Kind<ClusterRole> = clusterKind({
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  kind: 'ClusterRole',
  plural: 'clusterroles',
  definition: 'io.k8s.api.rbac.v1.ClusterRole',
  doc: 'A set of permissions that can be granted in the whole cluster or in single namespaces.',
  createsOnUpdate: true,
  fields,
  validate: role => [...validateRules(role.rules, false), ...validateAggregation(role.aggregationRule)],
  checkName: checkPathSegmentName,
  columns: [nameColumn, createdAtColumn],
})
