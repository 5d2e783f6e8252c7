// What admission webhooks and policies are asked about: operations on resources, and the objects and namespaces among them.
import { labelSelector } from '../../meta/label-selector.ts'
import { atomic, atomicList, defaulted, describe, type Infer, object, oneOf, required, string } from '../../schema/schema.ts'

export const definition = (name: string) => `io.k8s.api.admissionregistration.v1.${name}`

export const operations = ['*', 'CONNECT', 'CREATE', 'DELETE', 'UPDATE'] as const
export const failurePolicies = ['Fail', 'Ignore'] as const
export const matchPolicies = ['Equivalent', 'Exact'] as const
export const reinvocationPolicies = ['IfNeeded', 'Never'] as const

const ruleFields = {
  apiGroups: atomicList(string(), 'Groups of the API; `*` alone for all, empty text for the core group.'),
  apiVersions: atomicList(string(), 'Versions of the groups; `*` alone for all.'),
  operations: atomicList(oneOf(operations), 'What is done to the objects; `*` alone for all.'),
  resources: atomicList(
    string(),
    'Plural names: `pods`, `pods/log`, `pods/*`, `*/scale`, `*` without subresources, `*/*` with all of them.',
  ),
  scope: describe(
    'Whether objects of the cluster, of namespaces, or both (`*`) are meant.',
    defaulted(oneOf(['Cluster', 'Namespaced', '*']), '*'),
  ),
}

export const ruleWithOperations = object(definition('RuleWithOperations'), 'Operations on resources.', ruleFields)
export type RuleWithOperations = Infer<typeof ruleWithOperations>

export const namedRuleWithOperations = atomic(
  object(definition('NamedRuleWithOperations'), 'Operations on resources, or on some objects of them by name.', {
    ...ruleFields,
    resourceNames: atomicList(string(), 'Names of the objects that are meant; all when there are none.'),
  }),
)
export type NamedRuleWithOperations = Infer<typeof namedRuleWithOperations>

export const matchCondition = object(definition('MatchCondition'), 'One more condition that a request must meet.', {
  expression: required(string('A CEL expression that gives a boolean; it sees `object`, `oldObject`, `request` and `authorizer`.')),
  name: required(string('Tells the condition apart from the others.')),
})
export type MatchCondition = Infer<typeof matchCondition>

export const matchPolicy = describe(
  'Whether a rule also means the same objects asked for by other groups and versions (`Equivalent`), or only as written (`Exact`).',
  defaulted(oneOf(matchPolicies), 'Equivalent'),
)
export const namespaceSelector = describe('Labels of the namespaces whose objects are meant.', defaulted(labelSelector, {}))
export const objectSelector = describe('Labels of the objects that are meant, as they are before or after.', defaulted(labelSelector, {}))

export const matchResources = atomic(
  object(definition('MatchResources'), 'Which requests a policy or a binding is about.', {
    excludeResourceRules: describe(
      'Operations and resources that are not meant, whatever the rules say.',
      atomicList(namedRuleWithOperations),
    ),
    matchPolicy,
    namespaceSelector,
    objectSelector,
    resourceRules: describe('Operations and resources that are meant: any rule will do.', atomicList(namedRuleWithOperations)),
  }),
)
export type MatchResources = Infer<typeof matchResources>
