// The rules of custom resources: `x-kubernetes-validations`, compiled, checked and asked.
import { deepEqual } from '../../meta/deep-equal.ts'
import type { RuleCompiler } from '../custom/rules.ts'
import { askRules } from './ask-rules.ts'
import { checkRules } from './check-rules.ts'
import { ruleTree } from './rule-tree.ts'

export const ruleCompiler: RuleCompiler = {
  compile(schema) {
    const tree = ruleTree(schema, true)
    return tree && { errors: (next, previous) => askRules(tree, next, previous) }
  },
  // A schema that was accepted once is not looked at again.
  check: (schema, previous, path) => (previous && deepEqual(schema, previous) ? [] : checkRules(schema, path)),
}
