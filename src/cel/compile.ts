// Expressions as the API server uses them: compiled once, with all that is wrong in upstream's words, and run many times
// within a budget. `estimate` is the most that a run may cost, by the sizes that the variables' types allow.
import { type Checked, check, type Environment } from './check.ts'
import { baseFunctions } from './environment.ts'
import { CostExceeded, EvaluationError, formatIssues, type Issue } from './errors.ts'
import { type CostRange, estimateCost } from './estimate.ts'
import { Frame } from './frame.ts'
import { perCallLimit } from './limits.ts'
import { validateLiterals } from './literals.ts'
import type { Functions } from './overloads.ts'
import { parse } from './parser.ts'
import { plan } from './plan.ts'
import { declaredName, type ObjectType, sameType, type Type } from './types.ts'
import type { Value } from './values.ts'

export interface CompileOptions {
  readonly variables: Readonly<Record<string, Type>>
  /** What the expression must evaluate to: one of these, and surely so. Anything goes where it is absent. */
  readonly result?: readonly Type[]
  readonly functions?: Functions
  readonly structNamed?: (name: string) => ObjectType | undefined
}

export type Outcome =
  | { readonly kind: 'value'; readonly value: Value; readonly cost: number }
  | { readonly kind: 'error'; readonly error: string; readonly cost: number }
  | { readonly kind: 'exceeded'; readonly error: string; readonly cost: number }

/** Values by name, or how they are made where they are read. A variable without a value fails the expression that reads it. */
export type Variables = Readonly<Record<string, Value | (() => Value) | undefined>>

export interface Program {
  readonly resultType: Type
  readonly usesVariable: (name: string) => boolean
  readonly estimate: () => CostRange
  /** Never throws and never runs long. */
  readonly run: (values: Variables, budget?: number) => Outcome
}

export type Compiled =
  | { readonly program: Program }
  | { readonly error: string; readonly issues: readonly Issue[]; readonly kind: 'syntax' | 'result' }

/** `error` is the text that upstream has after `compilation failed: `, or what the expression must evaluate to. */
export function compile(text: string, options: CompileOptions): Compiled {
  const fail = (issues: readonly Issue[]): Compiled => ({ kind: 'syntax', issues, error: formatIssues(text, issues) })
  const parsed = parse(text)
  if ('issues' in parsed) return fail(parsed.issues)
  const environment: Environment = { ...options, functions: options.functions ?? baseFunctions }
  const outcome = check(parsed.expr, environment)
  if ('issues' in outcome) return fail(outcome.issues)
  const { checked } = outcome
  const unfit = validateLiterals(checked)
  if (unfit.length > 0) return fail(unfit)
  const resultType = checked.typeOf(parsed.expr)
  if (options.result && !options.result.some(type => sameType(type, resultType)))
    return { kind: 'result', issues: [], error: mustEvaluateTo(options.result) }
  return { program: programOf(checked, environment, resultType) }
}

function mustEvaluateTo(types: readonly Type[]): string {
  const [only] = types
  if (only && types.length === 1) return `must evaluate to ${declaredName(only)}`
  return `must evaluate to one of [${types.map(declaredName).join(' ')}]`
}

function programOf(checked: Checked, environment: Environment, resultType: Type): Program {
  const { step, variables, slots } = plan(checked, environment)
  return {
    resultType,
    usesVariable: checked.usesVariable,
    estimate: () => estimateCost(checked, environment),
    run: (values, budget = perCallLimit) => {
      const places: (Value | undefined)[] = new Array(slots)
      const frame = new Frame(places, Math.min(budget, perCallLimit))
      try {
        for (let i = 0; i < variables.length; i++) {
          const value = values[variables[i]!]
          places[i] = typeof value === 'function' ? value() : value
        }
        const value = step(frame)
        return { kind: 'value', value, cost: Math.ceil(frame.cost) }
      } catch (error) {
        const cost = Math.ceil(frame.cost)
        if (error instanceof EvaluationError) return { kind: 'error', error: error.message, cost }
        if (error instanceof CostExceeded) return { kind: 'exceeded', error: error.message, cost }
        // A string or list that the engine cannot hold.
        if (error instanceof RangeError) return { kind: 'exceeded', error: new CostExceeded().message, cost }
        throw error
      }
    },
  }
}
