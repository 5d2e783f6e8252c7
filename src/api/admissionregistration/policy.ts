// What the two kinds of admission policies and their bindings share: parameters, variables, conditions.
import { labelSelector } from '../../meta/label-selector.ts'
import { atomic, defaulted, describe, type Infer, object, oneOf, required, string } from '../../schema/schema.ts'
import { text } from '../columns.ts'
import { ageColumn, type Column, nameColumn } from '../kind.ts'
import { definition, failurePolicies, matchResources } from './rules.ts'

export const paramKind = atomic(
  object(definition('ParamKind'), 'The kind of the objects that a policy takes its parameters from.', {
    apiVersion: string('Group and version, `group/version`.'),
    kind: string('Name of the kind.'),
  }),
)
export type ParamKind = Infer<typeof paramKind>

export const variable = atomic(
  object(definition('Variable'), 'An expression with a name, worked out when it is first needed.', {
    expression: required(string('A CEL expression; it sees what the policy sees, and the variables before it.')),
    name: required(string('A CEL identifier; expressions reach it as `variables.NAME`.')),
  }),
)
export type Variable = Infer<typeof variable>

export const notFoundActions = ['Allow', 'Deny'] as const
export const paramRef = atomic(
  object(definition('ParamRef'), 'Which objects give the parameters: one by name, or all with some labels.', {
    name: string('Name of the one object; not together with `selector`.'),
    namespace: string('Its namespace; that of the object at hand by default.'),
    parameterNotFoundAction: oneOf(notFoundActions, 'What becomes of the request when there is no such object.'),
    selector: describe('Labels of the objects, each of which is tried; not together with `name`.', labelSelector),
  }),
)
export type ParamRef = Infer<typeof paramRef>

/** Fields of both policies. */
export const policyFields = {
  failurePolicy: describe('What becomes of the request when the policy cannot be worked out.', defaulted(oneOf(failurePolicies), 'Fail')),
  matchConstraints: describe('Which requests the policy is about.', matchResources),
  paramKind: describe('The kind that its parameters have; none for a policy without.', paramKind),
}

/** Fields of both bindings. */
export const bindingFields = {
  matchResources: describe('Narrows down which requests the policy is held against by this binding.', matchResources),
  paramRef: describe('Where the parameters are.', paramRef),
}
interface BindingObject {
  readonly spec: { readonly policyName?: string | undefined; readonly paramRef?: ParamRef | undefined }
}

export const paramKindColumn: Column<{ readonly spec: { readonly paramKind?: ParamKind | undefined } }> = text(
  'ParamKind',
  'The kind of its parameters.',
  ({ spec: { paramKind } }) => (paramKind ? `${paramKind.apiVersion ?? ''}/${paramKind.kind ?? ''}` : '<unset>'),
)

/** Of the bindings of both. */
export const bindingColumns: readonly Column<BindingObject & Parameters<typeof nameColumn.cell>[0]>[] = [
  nameColumn,
  text('PolicyName', 'The policy that is bound.', ({ spec }) => spec.policyName ?? ''),
  text('ParamRef', 'Where its parameters are.', ({ spec }) => paramRefText(spec.paramRef)),
  ageColumn,
]

function paramRefText(ref: ParamRef | undefined): string {
  // Whether the parameters belong to namespaces is not known here.
  if (ref?.name) return `${ref.namespace || '*'}/${ref.name}`
  return ref?.selector ? selectorText(ref.selector) : '<unset>'
}

/** As Go prints the selector. */
function selectorText({ matchLabels = {}, matchExpressions = [] }: NonNullable<ParamRef['selector']>): string {
  const labels = Object.entries(matchLabels)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}: ${value},`)
  const requirements = matchExpressions.map(
    ({ key, operator, values = [] }) => `LabelSelectorRequirement{Key:${key},Operator:${operator},Values:[${values.join(' ')}],},`,
  )
  return `&LabelSelector{MatchLabels:map[string]string{${labels.join('')}},MatchExpressions:[]LabelSelectorRequirement{${requirements.join('')}},}`
}
