// The rules of custom resources (`x-kubernetes-validations`), in the Common Expression Language: asked on every write of an object.
import type { JsonSchema } from '../../api/apiextensions/json-schema.ts'
import type { FieldError } from '../../meta/field-error.ts'
import { askRules } from './ask-rules.ts'
import { ruleTree } from './rule-tree.ts'

export interface CompiledRules {
  /** `previous` is undefined for a new object. Errors are at paths within the object. */
  errors(next: object, previous: object | undefined): readonly FieldError[]
}

/** Undefined where a schema has no rules. */
export function rulesOf(schema: JsonSchema): CompiledRules | undefined {
  const tree = ruleTree(schema, true)
  return tree && { errors: (next, previous) => askRules(tree, next, previous) }
}
