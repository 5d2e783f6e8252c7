// The CEL conditions of a webhook: all must hold for it to be asked.
import type { MatchCondition } from '../../../api/admissionregistration/rules.ts'
import { compile, type Program } from '../../../cel/compile.ts'
import { fromJson } from '../../../cel/json.ts'
import type { Authority } from '../../../cel/lib/authorizer.ts'
import { authorizerType, authorizerValue } from '../../../cel/lib/authorizer.ts'
import { matchConditionsBudget } from '../../../cel/limits.ts'
import { bool, dyn } from '../../../cel/types.ts'

const variables = { object: dyn, oldObject: dyn, request: dyn, authorizer: authorizerType }

const programs = new WeakMap<MatchCondition, Program | Error>()

function programOf(condition: MatchCondition): Program | Error {
  let program = programs.get(condition)
  if (!program) {
    const compiled = compile(condition.expression, { variables, result: [bool] })
    program = 'program' in compiled ? compiled.program : new Error(compiled.error)
    programs.set(condition, program)
  }
  return program
}

export interface ConditionInputs {
  readonly object: unknown
  readonly oldObject: unknown
  /** As in an AdmissionReview. */
  readonly request: unknown
  readonly authority: Authority
}

/**
 * Whether all conditions hold. One that does not is enough for a no, whatever else cannot be worked out; without one, what cannot be
 * worked out is the answer.
 */
export function meetsAll(conditions: readonly MatchCondition[], inputs: ConditionInputs): boolean | Error {
  const values = {
    object: fromJson(inputs.object ?? null),
    oldObject: fromJson(inputs.oldObject ?? null),
    request: fromJson(inputs.request),
    authorizer: authorizerValue(inputs.authority),
  }
  const errors: string[] = []
  let budget = matchConditionsBudget
  for (const condition of conditions) {
    const program = programOf(condition)
    if (program instanceof Error) {
      errors.push(program.message)
      continue
    }
    const outcome = program.run(values, budget)
    budget -= outcome.cost
    if (outcome.kind === 'value' && outcome.value === false) return false
    if (outcome.kind !== 'value') errors.push(`expression '${condition.expression}' resulted in error: ${outcome.error}`)
    if (budget <= 0) return new Error('validation failed due to running out of cost budget, no further validation rules will be run')
  }
  return errors.length === 0 ? true : new Error(errors.length === 1 ? errors[0] : `[${errors.join(', ')}]`)
}
