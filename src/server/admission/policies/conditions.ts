// The conditions of a policy: all must hold for it to be asked.
import type { MatchCondition } from '../../../api/admissionregistration/rules.ts'
import type { Programs } from '../../../cel/admission/programs.ts'
import type { Variables } from '../../../cel/compile.ts'
import { matchConditionsBudget } from '../../../cel/limits.ts'
import { aggregateMessage } from '../../../meta/field-error.ts'
import { Evaluation } from './evaluation.ts'

/** One that does not hold is enough for a no. Without one, what cannot be worked out is the answer. */
export function meetsConditions(
  conditions: readonly MatchCondition[] | undefined = [],
  programs: Programs,
  values: Variables,
): boolean | { readonly error: string } {
  if (conditions.length === 0) return true
  const evaluation = new Evaluation(values, programs, matchConditionsBudget)
  const errors: string[] = []
  for (const [i, { expression }] of conditions.entries()) {
    const program = programs.at(`spec.matchConditions[${i}].expression`)
    if (!program) continue
    const result = evaluation.run(program, expression)
    if (result.kind === 'value') {
      if (result.value !== true) return false
    } else {
      errors.push(result.error)
      if (result.kind === 'budget') break
    }
  }
  return errors.length === 0 ? true : { error: aggregateMessage(errors) }
}
