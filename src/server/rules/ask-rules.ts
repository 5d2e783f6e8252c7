// Asking an object's rules. All rules of an object share one budget. A rule that was not met before and whose value has not changed since
// is let be, so that a rule may be added to a definition whose objects do not meet it.
import type { JsonSchema, ValidationRule } from '../../api/apiextensions/json-schema.ts'
import type { Variables } from '../../cel/compile.ts'
import { reader } from '../../cel/json.ts'
import { maxMessageBytes, runtimeBudget } from '../../cel/limits.ts'
import { Optional, type Value } from '../../cel/values.ts'
import { deepEqual } from '../../meta/deep-equal.ts'
import { duplicateValue, type FieldError, forbiddenValue, invalidValue, requiredValue } from '../../meta/field-error.ts'
import { type NodeRule, ruleText } from './node-rules.ts'
import type { RuleNode } from './rule-tree.ts'

type Json = Readonly<Record<string, unknown>>
const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value)

/** `ratchets`: what does not meet a rule and did not before is let be, where it has not changed. */
export function askRules(tree: RuleNode, next: unknown, previous: unknown, ratchets = true): readonly FieldError[] {
  const asking = new Asking(ratchets)
  asking.walk(tree, '', next, previous, isUnchanged(next, previous), never)
  return asking.errors
}

/** Whether the nearest value that can be found in the object before is as it was. */
type Unchanged = () => boolean
const never: Unchanged = () => false
function isUnchanged(next: unknown, previous: unknown): Unchanged {
  let known: boolean | undefined
  return () => {
    known ??= previous !== undefined && deepEqual(next, previous)
    return known
  }
}

class Asking {
  readonly errors: FieldError[] = []
  readonly #ratchets: boolean
  #budget = runtimeBudget
  #isOver = false

  constructor(ratchets: boolean) {
    this.#ratchets = ratchets
  }

  walk(node: RuleNode, path: string, next: unknown, previous: unknown, unchanged: Unchanged, parentUnchanged: Unchanged): void {
    if (next === null || next === undefined || this.#isOver) return
    if (node.hasRules) this.#ask(node, path, next, previous, unchanged)
    for (const part of node.allOf) this.walk(part, path, next, previous, parentUnchanged, parentUnchanged)
    if (Array.isArray(next)) this.#walkItems(node, path, next, previous, unchanged)
    else if (isObject(next)) this.#walkMembers(node, path, next, previous, unchanged)
  }

  #walkMembers(node: RuleNode, path: string, next: Json, previous: unknown, unchanged: Unchanged): void {
    // What is replaced as a whole has no members before.
    const isCorrelated = node.schema['x-kubernetes-map-type'] !== 'atomic' && isObject(previous)
    for (const [key, value] of Object.entries(next)) {
      const isField = Object.hasOwn(node.properties, key)
      const child = isField ? node.properties[key] : node.values
      if (!child || this.#isOver) continue
      const before = isCorrelated && Object.hasOwn(previous, key) ? previous[key] : undefined
      const at = isField ? (path === '' ? key : `${path}.${key}`) : `${path}[${key}]`
      this.walk(child, at, value, before, isCorrelated ? isUnchanged(value, before) : unchanged, unchanged)
    }
  }

  #walkItems({ items, schema }: RuleNode, path: string, next: readonly unknown[], previous: unknown, unchanged: Unchanged): void {
    if (!items) return
    const before = previousItems(schema, previous)
    for (const [i, item] of next.entries()) {
      if (this.#isOver) return
      const old = before?.get(keyOf(schema, item))
      this.walk(items, `${path}[${i}]`, item, old, before ? isUnchanged(item, old) : unchanged, unchanged)
    }
  }

  #ask(node: RuleNode, path: string, next: unknown, previous: unknown, unchanged: Unchanged): void {
    const { type } = node
    if (!type) return
    const hasPrevious = previous !== undefined && previous !== null
    const read = reader(type)
    const self = lazily(() => read(next))
    const oldSelf = hasPrevious ? lazily(() => read(previous)) : undefined
    for (const compiled of node.rules()) {
      if (this.#isOver) return
      const { rule, usesOldSelf } = compiled
      if (usesOldSelf && !hasPrevious && !rule.optionalOldSelf) continue
      const old = rule.optionalOldSelf ? () => Optional.of(oldSelf?.()) : oldSelf
      const error = this.#evaluate(compiled, node.schema, path, { self, oldSelf: old })
      if (error && (!this.#ratchets || usesOldSelf || !unchanged())) this.errors.push(error)
    }
  }

  #evaluate(compiled: NodeRule, schema: JsonSchema, path: string, values: Variables): FieldError | undefined {
    const { rule, program, error, field } = compiled
    const here = path === '' ? '<nil>' : path
    const about = schema.type ?? ''
    if (!program) return error === undefined ? undefined : invalidValue(here, about, `rule compile error: ${error}`)
    const outcome = program.run(values)
    if (!this.#pay(outcome.cost)) {
      this.errors.push(invalidValue(here, about, outOfBudget))
      return undefined
    }
    if (outcome.kind === 'exceeded') {
      this.#isOver = true
      const why = 'no further validation rules will be run due to call cost exceeds limit for rule'
      this.errors.push(invalidValue(here, about, `'${outcome.error}': ${why}: ${ruleText(rule)}`))
      return undefined
    }
    if (outcome.kind === 'error') {
      const unfit = 'call arguments did not match a supported operator, function or macro signature for rule'
      if (outcome.error.startsWith('no such overload')) return invalidValue(here, about, `'${outcome.error}': ${unfit}: ${ruleText(rule)}`)
      return invalidValue(here, about, `${outcome.error} evaluating rule: ${ruleText(rule)}`)
    }
    if (outcome.value === true) return undefined
    const at = [path, ...field].filter(part => part !== '').join('.')
    return errorFor(rule, at === '' ? '<nil>' : at, about, this.#message(compiled, values))
  }

  /** False when the budget of the object is used up. */
  #pay(cost: number): boolean {
    if (cost > this.#budget) this.#isOver = true
    this.#budget -= cost
    return !this.#isOver
  }

  #message({ rule, message }: NodeRule, values: Variables): string {
    const fallback = rule.message ? rule.message.trim() : `failed rule: ${ruleText(rule)}`
    if (!message) return fallback
    const outcome = message.run(values)
    if (!this.#pay(outcome.cost))
      return 'messageExpression evaluation failed due to running out of cost budget, no further validation rules will be run'
    if (outcome.kind === 'exceeded') {
      this.#isOver = true
      return `no further validation rules will be run due to call cost exceeds limit for messageExpression: ${JSON.stringify(rule.messageExpression)}`
    }
    if (outcome.kind === 'error' || typeof outcome.value !== 'string') return fallback
    const text = outcome.value.trim()
    return text === '' || text.includes('\n') || Buffer.byteLength(text) > maxMessageBytes ? fallback : text
  }
}

const outOfBudget = 'validation failed due to running out of cost budget, no further validation rules will be run'

function errorFor(rule: ValidationRule, field: string, about: string, detail: string): FieldError {
  switch (rule.reason) {
    case 'FieldValueForbidden':
      return forbiddenValue(field, detail)
    case 'FieldValueRequired':
      return requiredValue(field, detail)
    case 'FieldValueDuplicate':
      return duplicateValue(field, about)
    default:
      return invalidValue(field, about, detail)
  }
}

function lazily(make: () => Value): () => Value {
  let value: Value | undefined
  return () => {
    value ??= make()
    return value
  }
}

/** Items of lists with keys are found again by them; those of other lists are not. */
function previousItems(schema: JsonSchema, previous: unknown): ReadonlyMap<string, unknown> | undefined {
  if (schema['x-kubernetes-list-type'] !== 'map' || !Array.isArray(previous)) return undefined
  return new Map(previous.map(item => [keyOf(schema, item), item]))
}

function keyOf(schema: JsonSchema, item: unknown): string {
  if (!isObject(item) || schema['x-kubernetes-list-type'] !== 'map') return ''
  return JSON.stringify((schema['x-kubernetes-list-map-keys'] ?? []).map(key => item[key] ?? null))
}
