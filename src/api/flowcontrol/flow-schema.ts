import {
  atomicList,
  boolean,
  defaulted,
  describe,
  type Infer,
  int32,
  listMap,
  object,
  oneOf,
  patch,
  required,
  set,
  string,
  time,
} from '../../schema/schema.ts'
import { text } from '../columns.ts'
import { ageColumn, type ClusterObject, type Column, clusterKind, type Kind, nameColumn } from '../kind.ts'
import { withFields } from '../sharing.ts'
import { withMetadataOf } from '../status-metadata.ts'
import { validateConditions } from './validate-conditions.ts'
import { validateFlowSchema } from './validate-flow-schema.ts'

const flowcontrol = (name: string) => `io.k8s.api.flowcontrol.v1.${name}`

export const flowDistinguisherMethod = object(flowcontrol('FlowDistinguisherMethod'), 'How requests are told apart.', {
  type: describe('By who sends them, or by the namespace they are about.', required(oneOf(['ByUser', 'ByNamespace']))),
})
export const groupSubject = object(flowcontrol('GroupSubject'), 'A group of users.', {
  name: describe('Its name; `*` for every group.', required(string())),
})
export const userSubject = object(flowcontrol('UserSubject'), 'A user.', {
  name: describe('The name; `*` for every user.', required(string())),
})
export const serviceAccountSubject = object(flowcontrol('ServiceAccountSubject'), 'A service account.', {
  name: describe('Its name; `*` for all of the namespace.', required(string())),
  namespace: describe('Its namespace.', required(string())),
})
export const flowSubject = object(flowcontrol('Subject'), 'Who sends a request.', {
  group: describe('The group, where the kind is Group.', groupSubject),
  kind: describe('Whether a user, a group or a service account is meant.', required(oneOf(['User', 'Group', 'ServiceAccount']))),
  serviceAccount: describe('The service account, where the kind is ServiceAccount.', serviceAccountSubject),
  user: describe('The user, where the kind is User.', userSubject),
})
export type FlowSubject = Infer<typeof flowSubject>

export const nonResourcePolicyRule = object(flowcontrol('NonResourcePolicyRule'), 'Requests for other paths than those of resources.', {
  nonResourceURLs: describe('The paths; one may end in `/*`, and `*` alone is every path.', required(set(string()))),
  verbs: describe('The verbs; `*` alone is every verb.', required(set(string()))),
})
export type NonResourcePolicyRule = Infer<typeof nonResourcePolicyRule>

export const resourcePolicyRule = object(flowcontrol('ResourcePolicyRule'), 'Requests about resources.', {
  apiGroups: describe('The groups of the resources; `*` alone is every group.', required(set(string()))),
  clusterScope: boolean('Whether requests about no namespace are meant, too.'),
  namespaces: describe('The namespaces that they are about; `*` alone is every namespace.', set(string())),
  resources: describe('The resources; `*` alone is every resource.', required(set(string()))),
  verbs: describe('The verbs; `*` alone is every verb.', required(set(string()))),
})
export type ResourcePolicyRule = Infer<typeof resourcePolicyRule>

export const policyRulesWithSubjects = object(flowcontrol('PolicyRulesWithSubjects'), 'Some requests of some users.', {
  nonResourceRules: describe('Which requests for other paths.', atomicList(nonResourcePolicyRule)),
  resourceRules: describe('Which requests about resources.', atomicList(resourcePolicyRule)),
  subjects: describe('Whose requests.', required(atomicList(flowSubject))),
})
export type PolicyRulesWithSubjects = Infer<typeof policyRulesWithSubjects>

export const priorityLevelConfigurationReference = object(flowcontrol('PriorityLevelConfigurationReference'), 'A priority level.', {
  name: describe('Its name.', required(string())),
})

export const flowSchemaSpec = object(flowcontrol('FlowSchemaSpec'), 'Which requests belong together, and how much they matter.', {
  distinguisherMethod: describe('How they are told apart into flows; all are one flow when absent.', flowDistinguisherMethod),
  matchingPrecedence: describe('Of all schemas that a request fits, the one with the least number has it.', defaulted(int32(), 1000)),
  priorityLevelConfiguration: describe('The priority level of the requests.', required(priorityLevelConfigurationReference)),
  rules: describe('Which requests are meant: those that fit any of the rules.', atomicList(policyRulesWithSubjects)),
})
export type FlowSchemaSpec = Infer<typeof flowSchemaSpec>

export const flowSchemaCondition = object(flowcontrol('FlowSchemaCondition'), 'How one side of a schema stands.', {
  lastTransitionTime: time('Since when it stands like this.'),
  message: string('The reason, for people.'),
  reason: string('The reason in one word.'),
  status: string('True, False or Unknown.'),
  type: string('What it is about, such as Dangling.'),
})
export const flowSchemaStatus = object(flowcontrol('FlowSchemaStatus'), 'How a schema stands.', {
  conditions: describe('How it stands.', patch('merge', 'type', listMap(['type'], flowSchemaCondition))),
})

const fields = {
  spec: describe('What is wanted.', defaulted(flowSchemaSpec, {})),
  status: describe('How it stands.', defaulted(flowSchemaStatus, {})),
}
export type FlowSchema = ClusterObject<typeof fields>

const defaultPrecedence = 1000

const columns: readonly Column<FlowSchema>[] = [
  nameColumn,
  text('PriorityLevel', 'The priority level of its requests.', ({ spec }) => spec.priorityLevelConfiguration?.name ?? ''),
  text('MatchingPrecedence', 'The least number has a request that fits several.', ({ spec }) => String(spec.matchingPrecedence)),
  text('DistinguisherMethod', 'How its requests are told apart.', ({ spec }) => spec.distinguisherMethod?.type ?? '<none>'),
  ageColumn,
  text(
    'MissingPL',
    'Whether its priority level is missing.',
    ({ status }) => status.conditions?.find(c => c.type === 'Dangling')?.status ?? '?',
  ),
]

export const FlowSchema: Kind<FlowSchema> = clusterKind({
  group: 'flowcontrol.apiserver.k8s.io',
  version: 'v1',
  kind: 'FlowSchema',
  plural: 'flowschemas',
  definition: flowcontrol('FlowSchema'),
  doc: 'Says which requests to the API server belong together, and which priority they have.',
  fields,
  hasStatus: true,
  hasGeneration: true,
  columns,
  complete: schema =>
    schema.spec.matchingPrecedence === 0
      ? withFields(schema, { spec: withFields(schema.spec, { matchingPrecedence: defaultPrecedence }) })
      : schema,
  validate: next => [...validateFlowSchema(next), ...validateConditions(next.status.conditions)],
  onStatusUpdate: withMetadataOf,
  validateStatus: next => validateConditions(next.status.conditions),
})
