// The expressions of one policy over one request, which share a budget. `variables.x` is worked out when it is first read, and once.

import type { Programs } from '../../../cel/admission/programs.ts'
import { variablesType } from '../../../cel/admission/variables.ts'
import type { Program, Variables } from '../../../cel/compile.ts'
import { CostExceeded, EvaluationError } from '../../../cel/errors.ts'
import { Struct, type Value } from '../../../cel/values.ts'

export type Result =
  | { readonly kind: 'value'; readonly value: Value }
  | { readonly kind: 'error'; readonly error: string }
  /** Nothing of the policy may run any more. */
  | { readonly kind: 'budget'; readonly error: string }

const outOfBudget = 'validation failed due to running out of cost budget, no further validation rules will be run'

export class Evaluation {
  readonly #values: Variables
  readonly #worked = new Map<string, Value | EvaluationError>()
  #left: number

  constructor(values: Variables, programs: Programs, budget: number) {
    this.#left = budget
    const byName = new Map(programs.variables.map(variable => [variable.name, variable.program]))
    const type = variablesType(Object.fromEntries(programs.variables.map(({ name, program }) => [name, program.resultType])))
    this.#values = { ...values, variables: new Struct(type, name => this.#variable(name, byName.get(name))) }
  }

  /** `text` names the expression in the error. */
  run(program: Program, text: string): Result {
    if (this.#left < 0) return { kind: 'budget', error: outOfBudget }
    const outcome = program.run(this.#values, this.#left)
    this.#left -= outcome.cost
    if (this.#left < 0) return { kind: 'budget', error: outOfBudget }
    if (outcome.kind === 'value') return { kind: 'value', value: outcome.value }
    return { kind: 'error', error: `expression '${text}' resulted in error: ${outcome.error}` }
  }

  #variable(name: string, program: Program | undefined): Value | undefined {
    if (!program) return undefined
    const known = this.#worked.get(name) ?? this.#work(name, program)
    this.#worked.set(name, known)
    if (known instanceof EvaluationError) throw known
    return known
  }

  #work(name: string, program: Program): Value | EvaluationError {
    const outcome = program.run(this.#values, this.#left)
    this.#left -= outcome.cost
    if (this.#left < 0) throw new CostExceeded()
    if (outcome.kind === 'value') return outcome.value
    return new EvaluationError(`composited variable "${name}" fails to evaluate: ${outcome.error}`)
  }
}
