// The seam to the Common Expression Language: who compiles the rules of a schema, and what compiled rules are asked.
import type { JsonSchema } from '../../api/apiextensions/json-schema.ts'
import type { FieldError } from '../../meta/field-error.ts'

export interface CompiledRules {
  /** `previous` is undefined for a new object. Errors are at paths within the object. */
  errors(next: object, previous: object | undefined): readonly FieldError[]
}
export interface RuleCompiler {
  /** Undefined where there are no rules in the schema. */
  compile(schema: JsonSchema): CompiledRules | undefined
  /** What is wrong with the rules of a schema, at paths below `path`. `previous` is the schema before: what was accepted once stays so. */
  check(schema: JsonSchema, previous: JsonSchema | undefined, path: string): readonly FieldError[]
}

/** Without a compiler, rules are kept and not asked. */
export const noRules: RuleCompiler = { compile: () => undefined, check: () => [] }
