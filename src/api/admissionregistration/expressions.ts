// Every CEL expression of a webhook configuration or an admission policy, with its path, what it may see and what it must give.
// Who compiles expressions, to validate or to evaluate them, finds them all here; the kinds' own rules look at all but that.
import type { MutatingAdmissionPolicy, Mutation } from './mutating-admission-policy.ts'
import type { Variable } from './policy.ts'
import type { MatchCondition } from './rules.ts'
import type { ValidatingAdmissionPolicy } from './validating-admission-policy.ts'
import type { Webhook } from './webhook.ts'

export type ExpressionType = 'bool' | 'string' | 'string or null' | 'any' | 'apply configuration' | 'json patch'

export interface Expression {
  /** Where it stands, such as `spec.validations[0].expression`. */
  readonly field: string
  readonly text: string
  readonly gives: ExpressionType
  /** Whether it sees `params`. */
  readonly hasParams: boolean
  /** Whether it sees `authorizer`. */
  readonly hasAuthorizer: boolean
  /** Names of the variables that it sees as `variables.NAME`, in the order in which they are declared. */
  readonly variables: readonly string[]
  /** The variable that it is. */
  readonly variable?: string
}

/** Of the webhooks of a configuration. */
export function webhookExpressions(webhooks: readonly Webhook[] | undefined = []): readonly Expression[] {
  return webhooks.flatMap((webhook, i) => matchExpressions(webhook.matchConditions, `webhooks[${i}].matchConditions`, false))
}

export function validatingPolicyExpressions({ spec }: ValidatingAdmissionPolicy): readonly Expression[] {
  const hasParams = spec.paramKind !== undefined
  const variables = namesOf(spec.variables)
  const scope = { hasParams, hasAuthorizer: true, variables }
  return given([
    ...matchExpressions(spec.matchConditions, 'spec.matchConditions', hasParams),
    ...variableExpressions(spec.variables, hasParams),
    ...(spec.validations ?? []).flatMap(({ expression, messageExpression }, i): readonly Expression[] => [
      { ...scope, field: `spec.validations[${i}].expression`, text: expression, gives: 'bool' },
      {
        ...scope,
        field: `spec.validations[${i}].messageExpression`,
        text: messageExpression ?? '',
        gives: 'string',
        hasAuthorizer: false,
      },
    ]),
    ...(spec.auditAnnotations ?? []).map(
      ({ valueExpression }, i): Expression => ({
        ...scope,
        field: `spec.auditAnnotations[${i}].valueExpression`,
        text: valueExpression,
        gives: 'string or null',
      }),
    ),
  ])
}

export function mutatingPolicyExpressions({ spec }: MutatingAdmissionPolicy): readonly Expression[] {
  const hasParams = spec.paramKind !== undefined
  const scope = { hasParams, hasAuthorizer: true, variables: namesOf(spec.variables) }
  return given([
    ...matchExpressions(spec.matchConditions, 'spec.matchConditions', hasParams),
    ...variableExpressions(spec.variables, hasParams),
    ...(spec.mutations ?? []).map((mutation, i): Expression => ({ ...scope, ...mutationExpression(mutation, `spec.mutations[${i}]`) })),
  ])
}

function mutationExpression({ patchType, jsonPatch, applyConfiguration }: Mutation, field: string) {
  return patchType === 'JSONPatch'
    ? { field: `${field}.jsonPatch.expression`, text: jsonPatch?.expression ?? '', gives: 'json patch' as const }
    : { field: `${field}.applyConfiguration.expression`, text: applyConfiguration?.expression ?? '', gives: 'apply configuration' as const }
}

function matchExpressions(
  conditions: readonly MatchCondition[] | undefined = [],
  field: string,
  hasParams: boolean,
): readonly Expression[] {
  return given(
    conditions.map(({ expression }, i) => ({
      field: `${field}[${i}].expression`,
      text: expression,
      gives: 'bool',
      hasParams,
      hasAuthorizer: true,
      variables: [],
    })),
  )
}

/** Each sees those before it. */
function variableExpressions(variables: readonly Variable[] | undefined = [], hasParams: boolean): readonly Expression[] {
  return variables.map(({ name, expression }, i) => ({
    field: `spec.variables[${i}].expression`,
    text: expression,
    gives: 'any',
    hasParams,
    hasAuthorizer: true,
    variables: namesOf(variables.slice(0, i)),
    variable: name,
  }))
}

function namesOf(variables: readonly Variable[] | undefined = []): readonly string[] {
  return variables.map(({ name }) => name)
}

function given(expressions: readonly Expression[]): readonly Expression[] {
  return expressions.filter(({ text }) => (text ?? '').trim() !== '')
}
