// The schemas and priority levels that a server begins with. Mandatory ones have a fixed form and always are; suggested ones can be changed.
import type { FlowSchemaSpec, FlowSubject, PolicyRulesWithSubjects, ResourcePolicyRule } from './flow-schema.ts'
import type { PriorityLevelConfigurationSpec } from './priority-level-configuration.ts'

export interface DefaultFlowSchema {
  readonly name: string
  readonly spec: FlowSchemaSpec
}
export interface DefaultPriorityLevel {
  readonly name: string
  readonly spec: PriorityLevelConfigurationSpec
}

function limited(
  name: string,
  nominalConcurrencyShares: number,
  lendablePercent: number,
  queues: number,
  handSize = 6,
): DefaultPriorityLevel {
  const limitResponse = { type: 'Queue' as const, queuing: { queues, handSize, queueLengthLimit: 50 } }
  return { name, spec: { type: 'Limited', limited: { nominalConcurrencyShares, lendablePercent, limitResponse } } }
}

export const mandatoryPriorityLevels: readonly DefaultPriorityLevel[] = [
  { name: 'exempt', spec: { type: 'Exempt', exempt: { nominalConcurrencyShares: 0, lendablePercent: 0 } } },
  {
    name: 'catch-all',
    spec: { type: 'Limited', limited: { nominalConcurrencyShares: 5, lendablePercent: 0, limitResponse: { type: 'Reject' } } },
  },
]

export const suggestedPriorityLevels: readonly DefaultPriorityLevel[] = [
  limited('system', 30, 33, 64),
  limited('node-high', 40, 25, 64),
  limited('leader-election', 10, 0, 16, 4),
  limited('workload-high', 40, 50, 128),
  limited('workload-low', 100, 90, 128),
  limited('global-default', 20, 50, 128),
]

const group = (name: string): FlowSubject => ({ kind: 'Group', group: { name } })
const user = (name: string): FlowSubject => ({ kind: 'User', user: { name } })
const systemAccount = (name: string): FlowSubject => ({ kind: 'ServiceAccount', serviceAccount: { namespace: 'kube-system', name } })

const everyone = [group('system:unauthenticated'), group('system:authenticated')]
const nodes = [group('system:nodes')]
const systemAccounts = [systemAccount('*')]

function everything(subjects: readonly FlowSubject[]): PolicyRulesWithSubjects {
  return {
    subjects,
    resourceRules: [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'], namespaces: ['*'], clusterScope: true }],
    nonResourceRules: [{ verbs: ['*'], nonResourceURLs: ['*'] }],
  }
}

function inNamespaces(verbs: readonly string[], apiGroup: string, ...resources: readonly string[]): ResourcePolicyRule {
  return { verbs, apiGroups: [apiGroup], resources, namespaces: ['*'] }
}

function schema(
  name: string,
  matchingPrecedence: number,
  level: string,
  flows: 'ByUser' | 'ByNamespace' | undefined,
  rule: PolicyRulesWithSubjects,
): DefaultFlowSchema {
  return {
    name,
    spec: {
      priorityLevelConfiguration: { name: level },
      matchingPrecedence,
      ...(flows && { distinguisherMethod: { type: flows } }),
      rules: [rule],
    },
  }
}

export const mandatoryFlowSchemas: readonly DefaultFlowSchema[] = [
  schema('exempt', 1, 'exempt', undefined, everything([group('system:masters')])),
  schema('catch-all', 10_000, 'catch-all', 'ByUser', everything(everyone)),
]

const use = ['get', 'create', 'update']
const leases = inNamespaces(use, 'coordination.k8s.io', 'leases')

export const suggestedFlowSchemas: readonly DefaultFlowSchema[] = [
  schema('system-nodes', 500, 'system', 'ByUser', everything(nodes)),
  schema('system-node-high', 400, 'node-high', 'ByUser', {
    subjects: nodes,
    resourceRules: [
      { ...inNamespaces(['*'], '', 'nodes', 'nodes/status'), clusterScope: true },
      inNamespaces(['*'], 'coordination.k8s.io', 'leases'),
    ],
  }),
  schema('probes', 2, 'exempt', undefined, {
    subjects: everyone,
    nonResourceRules: [{ verbs: ['get'], nonResourceURLs: ['/healthz', '/readyz', '/livez'] }],
  }),
  schema('system-leader-election', 100, 'leader-election', 'ByUser', {
    subjects: [user('system:kube-controller-manager'), user('system:kube-scheduler'), ...systemAccounts],
    resourceRules: [leases],
  }),
  // Before workload-leader-election, which would take endpoints for locks.
  schema('endpoint-controller', 150, 'workload-high', 'ByUser', {
    subjects: [
      user('system:kube-controller-manager'),
      systemAccount('endpoint-controller'),
      systemAccount('endpointslicemirroring-controller'),
    ],
    resourceRules: [inNamespaces(use, '', 'endpoints')],
  }),
  schema('workload-leader-election', 200, 'leader-election', 'ByUser', {
    subjects: systemAccounts,
    resourceRules: [inNamespaces(use, '', 'endpoints', 'configmaps'), leases],
  }),
  schema('kube-controller-manager', 800, 'workload-high', 'ByNamespace', everything([user('system:kube-controller-manager')])),
  schema('kube-scheduler', 800, 'workload-high', 'ByNamespace', everything([user('system:kube-scheduler')])),
  schema('kube-system-service-accounts', 900, 'workload-high', 'ByNamespace', everything(systemAccounts)),
  schema('service-accounts', 9000, 'workload-low', 'ByUser', everything([group('system:serviceaccounts')])),
  schema('global-default', 9900, 'global-default', 'ByUser', everything(everyone)),
]
