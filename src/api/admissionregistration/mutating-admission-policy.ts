import { atomicList, defaulted, describe, type Infer, object, oneOf, required, string } from '../../schema/schema.ts'
import { count } from '../columns.ts'
import { ageColumn, type ClusterObject, type Column, clusterKind, type Kind, nameColumn } from '../kind.ts'
import { paramKindColumn, policyFields, variable } from './policy.ts'
import { definition, reinvocationPolicies } from './rules.ts'
import { validateMutatingPolicy } from './validate-policy.ts'
import { matchConditions } from './webhook.ts'

export const mutation = object(definition('Mutation'), 'One change of the object of a request.', {
  applyConfiguration: describe(
    'The change as part of an object that is merged into it, as server-side apply would.',
    object(definition('ApplyConfiguration'), 'A change that is merged.', {
      expression: string('A CEL expression that gives `Object{...}` with the fields to set.'),
    }),
  ),
  jsonPatch: describe(
    'The change as a JSON patch.',
    object(definition('JSONPatch'), 'A change by operations.', {
      expression: string('A CEL expression that gives a list of `JSONPatch{op: ..., path: ..., value: ...}`.'),
    }),
  ),
  patchType: required(oneOf(['ApplyConfiguration', 'JSONPatch'], 'Which of the two it is.')),
})
export type Mutation = Infer<typeof mutation>

const spec = object(definition('MutatingAdmissionPolicySpec'), 'What a policy changes of requests.', {
  ...policyFields,
  matchConditions,
  mutations: describe('The changes, one after another.', atomicList(mutation)),
  reinvocationPolicy: oneOf(reinvocationPolicies, 'Whether it is held again when others changed the object after it.'),
  variables: describe('Expressions with names that the others may use, in the order in which they see each other.', atomicList(variable)),
})
export type MutatingAdmissionPolicySpec = Infer<typeof spec>

const fields = { spec: describe('What is changed.', defaulted(spec, {})) }
export type MutatingAdmissionPolicy = ClusterObject<typeof fields>

const columns: readonly Column<MutatingAdmissionPolicy>[] = [
  nameColumn,
  count('Mutations', 'How many changes there are.', ({ spec }) => spec.mutations?.length ?? 0),
  paramKindColumn,
  ageColumn,
]

export const MutatingAdmissionPolicy: Kind<MutatingAdmissionPolicy> = clusterKind({
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'MutatingAdmissionPolicy',
  plural: 'mutatingadmissionpolicies',
  categories: ['api-extensions'],
  definition: definition('MutatingAdmissionPolicy'),
  doc: 'Expressions that change the objects of requests, where a binding says so.',
  updatesNeedVersion: true,
  hasGeneration: true,
  fields,
  validate: next => validateMutatingPolicy(next.spec),
  columns,
})
