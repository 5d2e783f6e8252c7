// The rules of one place in a custom resource's schema, compiled for the type that the place has.
import type { JsonSchema, ValidationRule } from '../../api/apiextensions/json-schema.ts'
import { schemaAt } from '../../api/apiextensions/schema-path.ts'
import { compile, type Program } from '../../cel/compile.ts'
import type { Type } from '../../cel/types.ts'
import * as t from '../../cel/types.ts'

export interface NodeRule {
  readonly rule: ValidationRule
  readonly program: Program | undefined
  /** Why there is no program, as upstream says it. */
  readonly error: string | undefined
  readonly message: Program | undefined
  readonly messageError: string | undefined
  /** Whether it compares with the value before: it is then asked of changes alone, if not told otherwise. */
  readonly usesOldSelf: boolean
  /** The names from the place to the field that the error is reported at. */
  readonly field: readonly string[]
}

export function compileNodeRules(schema: JsonSchema, rules: readonly ValidationRule[], self: Type): readonly NodeRule[] {
  return rules.map(rule => {
    const oldSelf = rule.optionalOldSelf ? t.optionalOf(self) : self
    const variables = { self, oldSelf }
    const condition = compileText(rule.rule, variables, t.bool, 'compilation failed', 'cel expression must evaluate to a bool')
    const message = rule.messageExpression
      ? compileText(
          rule.messageExpression,
          variables,
          t.string,
          'messageExpression compilation failed',
          'messageExpression must evaluate to a string',
        )
      : none
    const at = rule.fieldPath ? schemaAt(schema, rule.fieldPath) : undefined
    return {
      rule,
      program: condition.program,
      error: condition.error,
      message: message.program,
      messageError: message.error,
      usesOldSelf: condition.program?.usesVariable('oldSelf') === true,
      field: at?.ok ? at.keys : [],
    }
  })
}

interface Part {
  readonly program: Program | undefined
  readonly error: string | undefined
}
const none: Part = { program: undefined, error: undefined }

function compileText(text: string, variables: Readonly<Record<string, Type>>, result: Type, what: string, wrongResult: string): Part {
  // An empty rule is refused for being empty.
  if (text.trim() === '') return none
  const compiled = compile(text, { variables, result: [result] })
  if ('program' in compiled) return { program: compiled.program, error: undefined }
  return { program: undefined, error: compiled.kind === 'result' ? wrongResult : `${what}: ${compiled.error}` }
}

/** What is said of a rule that is not met, or that cannot be asked. */
export function ruleText({ rule, message = '' }: ValidationRule): string {
  return message === '' ? rule.trim() : message.trim()
}
