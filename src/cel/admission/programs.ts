// The expressions of a policy as programs, and as errors where they do not compile.

import { type FieldError, invalidValue } from '../../meta/field-error.ts'
import { type Compiled, compile, type Program } from '../compile.ts'
import type { Type } from '../types.ts'
import * as t from '../types.ts'
import { jsonPatchType, mutationFunctions, objectType, structNamed } from './mutation-types.ts'
import { type Sees, variableTypes } from './variables.ts'

export type ExpressionType = 'bool' | 'string' | 'string or null' | 'any' | 'apply configuration' | 'json patch'

/** One expression: where it stands, and what it may see and must give. */
export interface Expression {
  readonly field: string
  readonly text: string
  readonly gives: ExpressionType
  readonly hasParams: boolean
  readonly hasAuthorizer: boolean
  /** Names of the variables that it sees. */
  readonly variables: readonly string[]
  /** The variable that it is. */
  readonly variable?: string
}

const results: Readonly<Record<ExpressionType, readonly Type[] | undefined>> = {
  bool: [t.bool],
  string: [t.string],
  'string or null': [t.string, t.nullType],
  any: undefined,
  'apply configuration': [objectType],
  'json patch': [t.listOf(jsonPatchType)],
}

export interface CompiledExpression {
  readonly expression: Expression
  readonly compiled: Compiled
}

/** Variables come before what sees them. `known` are the types of the objects, where they are checked against some. */
export function compileExpressions(
  expressions: readonly Expression[],
  known: Pick<Sees, 'object' | 'params'> & { readonly anyResult?: boolean } = {},
): readonly CompiledExpression[] {
  const variables: Record<string, Type> = {}
  return expressions.map(expression => {
    const { text, gives, hasParams, hasAuthorizer, variable } = expression
    const visible = Object.fromEntries(expression.variables.map(name => [name, variables[name] ?? t.dyn]))
    const result = known.anyResult ? undefined : results[gives]
    const mutates = gives === 'apply configuration' || gives === 'json patch' || gives === 'any'
    const compiled = compile(text, {
      variables: variableTypes({ ...known, hasParams, hasAuthorizer, variables: visible }),
      ...(result && { result }),
      ...(mutates && { structNamed, functions: mutationFunctions }),
    })
    if (variable !== undefined) variables[variable] = 'program' in compiled ? compiled.program.resultType : t.dyn
    return { expression, compiled }
  })
}

/** In upstream's words, at the paths of the expressions. */
export function expressionErrors(expressions: readonly Expression[]): readonly FieldError[] {
  return compileExpressions(expressions).flatMap(({ expression: { field, text }, compiled }) => {
    if ('program' in compiled) return []
    return [invalidValue(field, text, compiled.kind === 'syntax' ? `compilation failed: ${compiled.error}` : compiled.error)]
  })
}

/** Programs by the path of their expression. */
export interface Programs {
  readonly at: (field: string) => Program | undefined
  /** In their order. */
  readonly variables: readonly { readonly name: string; readonly program: Program; readonly text: string }[]
  /** Why some cannot be run: they were accepted by another version. */
  readonly error: string | undefined
}

export function programsOf(expressions: readonly Expression[]): Programs {
  const programs = new Map<string, Program>()
  const variables: { name: string; program: Program; text: string }[] = []
  const errors: string[] = []
  for (const { expression, compiled } of compileExpressions(expressions)) {
    if ('error' in compiled) errors.push(compiled.error)
    else {
      programs.set(expression.field, compiled.program)
      if (expression.variable !== undefined) variables.push({ name: expression.variable, program: compiled.program, text: expression.text })
    }
  }
  return { at: field => programs.get(field), variables, error: errors[0] }
}
