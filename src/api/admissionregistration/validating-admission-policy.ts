import { condition } from '../../meta/condition.ts'
import { atomicList, defaulted, describe, type Infer, int64, listMap, object, oneOf, patch, required, string } from '../../schema/schema.ts'
import { count } from '../columns.ts'
import { ageColumn, type ClusterObject, type Column, clusterKind, type Kind, nameColumn } from '../kind.ts'
import { withMetadataOf } from '../status-metadata.ts'
import { paramKindColumn, policyFields, variable } from './policy.ts'
import { definition } from './rules.ts'
import { validateValidatingPolicy, validateValidatingPolicyStatus } from './validate-policy.ts'
import { matchConditions } from './webhook.ts'

export const validation = object(definition('Validation'), 'One thing that must hold of a request.', {
  expression: required(string('A CEL expression that gives a boolean: false refuses the request.')),
  message: string('What is said when it does not hold; one line.'),
  messageExpression: string('A CEL expression that gives what is said; it goes before `message`.'),
  reason: oneOf(['Forbidden', 'Invalid', 'RequestEntityTooLarge'], 'The reason in the answer to a refused request; Invalid by default.'),
})
export type Validation = Infer<typeof validation>

export const auditAnnotation = object(definition('AuditAnnotation'), 'Something to be noted in the audit log.', {
  key: required(string('The key of the note, after the name of the policy.')),
  valueExpression: required(string('A CEL expression that gives the text, or null for no note.')),
})
export type AuditAnnotation = Infer<typeof auditAnnotation>

const expressionWarning = object(definition('ExpressionWarning'), 'An expression that may not fit the types it is used on.', {
  fieldRef: required(string('Path of the expression in the policy, such as `spec.validations[0].expression`.')),
  warning: required(string('What was found, by type.')),
})

const spec = object(definition('ValidatingAdmissionPolicySpec'), 'What a policy asks of requests.', {
  ...policyFields,
  auditAnnotations: describe('What is noted in the audit log, at most 20.', atomicList(auditAnnotation)),
  matchConditions,
  validations: describe('What must hold.', atomicList(validation)),
  variables: describe(
    'Expressions with names that the others may use, in the order in which they see each other.',
    patch('merge', 'name', listMap(['name'], variable)),
  ),
})
export type ValidatingAdmissionPolicySpec = Infer<typeof spec>

const status = object(definition('ValidatingAdmissionPolicyStatus'), 'What was found of a policy.', {
  conditions: describe('How the policy stands.', listMap(['type'], condition)),
  observedGeneration: int64('Which generation of the policy was looked at.'),
  typeChecking: describe(
    'How its expressions fit the types that it is about.',
    object(definition('TypeChecking'), 'Findings of the type check.', {
      expressionWarnings: describe('Expressions that may not fit.', atomicList(expressionWarning)),
    }),
  ),
})

const fields = {
  spec: describe('What is asked.', defaulted(spec, {})),
  status: describe('What was found.', defaulted(status, {})),
}
export type ValidatingAdmissionPolicy = ClusterObject<typeof fields>

const columns: readonly Column<ValidatingAdmissionPolicy>[] = [
  nameColumn,
  count('Validations', 'How many things must hold.', ({ spec }) => spec.validations?.length ?? 0),
  paramKindColumn,
  ageColumn,
]

export const ValidatingAdmissionPolicy: Kind<ValidatingAdmissionPolicy> = clusterKind({
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'ValidatingAdmissionPolicy',
  plural: 'validatingadmissionpolicies',
  categories: ['api-extensions'],
  definition: definition('ValidatingAdmissionPolicy'),
  doc: 'Expressions that requests must meet, where a binding says so.',
  updatesNeedVersion: true,
  hasStatus: true,
  hasGeneration: true,
  fields,
  validate: validateValidatingPolicy,
  onStatusUpdate: withMetadataOf,
  validateStatus: ({ status }) => validateValidatingPolicyStatus(status),
  columns,
})
export type ValidatingAdmissionPolicyStatus = Infer<typeof status>
