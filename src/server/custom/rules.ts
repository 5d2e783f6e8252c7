// The rules of a schema (`x-kubernetes-validations`), in the Common Expression Language: compiled once a version, asked on every write, within
// a budget for the whole object.
import { type JsonSchema, schemaOfItems, schemaOfValues, type ValidationRule } from '../../api/apiextensions/json-schema.ts'
import { counterpart } from '../../api/apiextensions/validate-value.ts'
import { type Compiled, compile, type Program } from '../../cel/compile.ts'
import { declareSchema } from '../../cel/declare.ts'
import { reader } from '../../cel/json.ts'
import { maxMessageBytes, runtimeBudget } from '../../cel/limits.ts'
import { bool, dyn, optionalOf, string, type Type } from '../../cel/types.ts'
import { Optional } from '../../cel/values.ts'
import { deepEqual } from '../../meta/deep-equal.ts'
import { duplicateValue, type FieldError, forbiddenValue, invalidValue, requiredValue } from '../../meta/field-error.ts'

/** A rule with its compiled expressions. */
export interface RuleExpressions {
  readonly rule: ValidationRule
  readonly condition: Compiled
  readonly message: Compiled | undefined
}

export function typeOfSchema(schema: JsonSchema, isRoot: boolean): Type {
  return declareSchema(schema, isRoot || schema['x-kubernetes-embedded-resource'] === true) ?? dyn
}

export function compileRules(rules: readonly ValidationRule[], type: Type): readonly RuleExpressions[] {
  return rules.map(rule => {
    const variables = { self: type, oldSelf: rule.optionalOldSelf ? optionalOf(type) : type }
    return {
      rule,
      condition: compile(rule.rule, { variables, result: [bool] }),
      message: rule.messageExpression ? compile(rule.messageExpression, { variables, result: [string] }) : undefined,
    }
  })
}

interface ReadyRule {
  readonly rule: ValidationRule
  readonly condition: Program
  readonly message: Program | undefined
  readonly isTransition: boolean
}
/** The rules at a place of the schema and beneath it. */
interface Node {
  readonly schema: JsonSchema
  readonly type: Type
  readonly rules: readonly ReadyRule[]
  readonly properties: ReadonlyMap<string, Node>
  readonly values: Node | undefined
  readonly items: Node | undefined
}

export interface CompiledRules {
  /** `previous` is undefined for a new object. Errors are at paths within the object. */
  errors(next: object, previous: object | undefined): readonly FieldError[]
}

/** Undefined where a schema has no rules. A rule that does not compile was refused with its definition; it is not asked. */
export function rulesOf(schema: JsonSchema): CompiledRules | undefined {
  const root = nodeOf(schema, true)
  if (!root) return undefined
  return {
    errors(next, previous) {
      const run: Run = { errors: [], budget: runtimeBudget }
      visit(root, next, previous, '', run)
      return run.errors
    },
  }
}

function nodeOf(schema: JsonSchema, isRoot: boolean): Node | undefined {
  const properties = new Map<string, Node>()
  for (const [key, part] of Object.entries(schema.properties ?? {})) {
    const node = nodeOf(part, false)
    if (node) properties.set(key, node)
  }
  const [ofValues, ofItems] = [schemaOfValues(schema), schemaOfItems(schema)]
  const values = ofValues && nodeOf(ofValues, false)
  const items = ofItems && nodeOf(ofItems, false)
  const own = schema['x-kubernetes-validations'] ?? []
  if (own.length === 0 && properties.size === 0 && !values && !items) return undefined
  const type = typeOfSchema(schema, isRoot)
  const rules = compileRules(own, type).flatMap(({ rule, condition, message }): ReadyRule[] => {
    if (!('program' in condition)) return []
    const text = message && 'program' in message ? message.program : undefined
    return [{ rule, condition: condition.program, message: text, isTransition: condition.program.usesVariable('oldSelf') }]
  })
  return { schema, type, rules, properties, values, items }
}

interface Run {
  readonly errors: FieldError[]
  /** Below zero: no more rules are asked. */
  budget: number
}
type Json = Readonly<Record<string, unknown>>

function visit(node: Node, value: unknown, previous: unknown, path: string, run: Run): void {
  for (const rule of node.rules) {
    if (run.budget < 0) return
    ask(node, rule, value, previous, path, run)
  }
  if (typeof value !== 'object' || value === null) return
  if (Array.isArray(value)) {
    const { items, schema } = node
    const before = Array.isArray(previous) ? (previous as readonly unknown[]) : undefined
    if (items) value.forEach((item, i) => visit(items, item, counterpart(schema, item, before), `${path}[${i}]`, run))
    return
  }
  if (node.properties.size === 0 && !node.values) return
  const before = typeof previous === 'object' && previous !== null ? (previous as Json) : undefined
  for (const [key, member] of Object.entries(value)) {
    const inner = node.properties.get(key) ?? node.values
    if (inner && member !== undefined) visit(inner, member, before?.[key], path === '' ? key : `${path}.${key}`, run)
  }
}

const ruleText = ({ rule, message = '' }: ValidationRule) => (message.trim() === '' ? rule.trim() : message.trim())

function ask({ schema, type, rules: _ }: Node, rule: ReadyRule, value: unknown, previous: unknown, path: string, run: Run): void {
  const isOptional = rule.rule.optionalOldSelf === true
  if (rule.isTransition && previous === undefined && !isOptional) return
  // What did not change is not held against the writer.
  if (!rule.isTransition && previous !== undefined && deepEqual(value, previous)) return
  const read = reader(type)
  const variables = {
    self: () => read(value),
    oldSelf: () => (isOptional ? new Optional(previous === undefined ? undefined : read(previous)) : read(previous)),
  }
  const at = path === '' ? '<nil>' : path
  const outcome = rule.condition.run(variables, run.budget)
  const wrong = (detail: string) => run.errors.push(invalidValue(at, schema.type ?? '', detail))
  if (outcome.cost > run.budget) {
    run.errors.push(invalidValue(at, path, 'validation failed due to running out of cost budget, no further validation rules will be run'))
    run.budget = -1
    return
  }
  run.budget -= outcome.cost
  if (outcome.kind === 'exceeded') {
    wrong(`'${outcome.error}': call cost exceeds limit for rule: ${ruleText(rule.rule)}`)
    run.budget = -1
  } else if (outcome.kind === 'error') {
    wrong(
      outcome.error.startsWith('no such overload')
        ? `'${outcome.error}': call arguments did not match a supported operator, function or macro signature for rule: ${ruleText(rule.rule)}`
        : `'${outcome.error}': evaluating rule: ${ruleText(rule.rule)}`,
    )
  } else if (outcome.value !== true) {
    const { fieldPath = '' } = rule.rule
    const field = fieldPath === '' ? at : joined(path, fieldPath)
    run.errors.push(errorOf(field, schema.type ?? '', messageOf(rule, variables, run), rule.rule.reason))
  }
}

function joined(path: string, fieldPath: string): string {
  const plain = fieldPath.replace(/\['((?:[^'\\]|\\.)*)'\]/g, (_, name: string) => `.${name}`)
  return path === '' ? plain.replace(/^\./, '') : path + plain
}

function messageOf({ rule, message }: ReadyRule, variables: Parameters<Program['run']>[0], run: Run): string {
  const fallback = (rule.message ?? '').trim() === '' ? `failed rule: ${rule.rule.trim()}` : (rule.message ?? '').trim()
  if (!message) return fallback
  const outcome = message.run(variables, run.budget)
  run.budget -= outcome.cost
  if (outcome.kind !== 'value' || typeof outcome.value !== 'string') return fallback
  const text = outcome.value.trim()
  return text === '' || /[\r\n]/.test(text) || Buffer.byteLength(text) > maxMessageBytes ? fallback : text
}

function errorOf(field: string, type: string, detail: string, reason: string | undefined): FieldError {
  switch (reason) {
    case 'FieldValueForbidden':
      return forbiddenValue(field, detail)
    case 'FieldValueRequired':
      return requiredValue(field, detail)
    case 'FieldValueDuplicate':
      return duplicateValue(field, type)
    default:
      return invalidValue(field, type, detail)
  }
}
