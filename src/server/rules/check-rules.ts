// What is wrong with the rules of a definition: those that do not compile, that compare with a value that cannot be found in the object
// before, and that may cost more than they are allowed, alone or together.
import { type JsonSchema, schemaOfItems, schemaOfValues } from '../../api/apiextensions/json-schema.ts'
import { under } from '../../api/apiextensions/validate-schema.ts'
import { declareSchema } from '../../cel/declare.ts'
import { estimatedDefinitionLimit, estimatedRuleLimit, maxRequestBytes } from '../../cel/limits.ts'
import { type FieldError, forbiddenValue, internalFieldError, invalidValue } from '../../meta/field-error.ts'
import { askRules } from './ask-rules.ts'
import { compileNodeRules, type NodeRule } from './node-rules.ts'
import { ruleTree } from './rule-tree.ts'

export function checkRules(schema: JsonSchema, path: string): readonly FieldError[] {
  const checking = new Checking()
  checking.walk({ from: schema, schema, isRoot: true, path, count: 1, uncorrelated: undefined })
  const errors = [...checking.errors, ...checking.total(path)]
  return errors.length > 0 ? errors : defaultErrors(schema, path)
}

/** Defaults meet the rules too. Within maps there are none. */
function defaultErrors(schema: JsonSchema, path: string): readonly FieldError[] {
  const items = schemaOfItems(schema)
  const own = schema.default
  const tree = own === undefined ? undefined : ruleTree(schema, schema['x-kubernetes-embedded-resource'] === true)
  return [
    ...(tree ? askRules(tree, own, own, false).map(error => under(`${path}.default`, error)) : []),
    ...(items ? defaultErrors(items, `${path}.items`) : []),
    ...Object.entries(schema.properties ?? {}).flatMap(([key, property]) => defaultErrors(property, `${path}.properties[${key}]`)),
  ]
}

interface Place {
  /** Where the rules are, and what they are about: not the same within `allOf`. */
  readonly from: JsonSchema
  readonly schema: JsonSchema
  readonly isRoot: boolean
  readonly path: string
  /** How many such values an object may have; undefined where nothing bounds it. */
  readonly count: number | undefined
  /** The list or object above that is replaced as a whole. */
  readonly uncorrelated: string | undefined
}

interface Expense {
  readonly path: string
  readonly cost: number
}

class Checking {
  readonly errors: FieldError[] = []
  readonly #expenses: Expense[] = []

  walk(place: Place): void {
    const { from, schema, path, uncorrelated } = place
    this.#own(place)
    const isAtomicMap = schema['x-kubernetes-map-type'] === 'atomic'
    const inObject = uncorrelated ?? (isAtomicMap ? path : undefined)
    const items = schemaOfItems(schema)
    const inItems = uncorrelated ?? (schema['x-kubernetes-list-type'] === 'map' ? undefined : path)
    const child = (part: JsonSchema | undefined, of: JsonSchema | undefined, at: Partial<Place> & { readonly path: string }) => {
      if (part && of) this.walk({ ...place, from: part, schema: of, isRoot: of['x-kubernetes-embedded-resource'] === true, ...at })
    }
    for (const [key, part] of Object.entries(from.properties ?? {})) {
      const of = schema.properties && Object.hasOwn(schema.properties, key) ? schema.properties[key] : undefined
      child(part, of, { path: `${path}.properties[${key}]`, uncorrelated: inObject })
    }
    child(schemaOfItems(from), items, { path: `${path}.items`, count: times(place.count, schema.maxItems), uncorrelated: inItems })
    child(schemaOfValues(from), schemaOfValues(schema), {
      path: `${path}.additionalProperties`,
      count: times(place.count, schema.maxProperties),
      uncorrelated: inObject,
    })
    for (const [i, part] of (from.allOf ?? []).entries()) this.walk({ ...place, from: part, path: `${path}.allOf[${i}]` })
  }

  #own({ from, schema, isRoot, path, count, uncorrelated }: Place): void {
    const rules = from['x-kubernetes-validations'] ?? []
    if (rules.length === 0) return
    const type = declareSchema(schema, isRoot)
    const at = `${path}.x-kubernetes-validations`
    if (!type) {
      this.errors.push(internalFieldError(at, 'internal error: failed to retrieve type information for x-kubernetes-validations'))
      return
    }
    const cardinality = count ?? Math.floor(maxRequestBytes / ((type.minBytes ?? 0) + 1))
    for (const [i, compiled] of compileNodeRules(schema, rules, type).entries()) {
      this.#rule(compiled, `${at}[${i}]`, cardinality, uncorrelated)
    }
  }

  #rule(compiled: NodeRule, at: string, count: number, uncorrelated: string | undefined): void {
    const { rule, error, messageError, program, message, usesOldSelf } = compiled
    if (program) this.#expense(`${at}.rule`, 'estimated rule cost', program.estimate().max * count)
    if (error !== undefined) this.errors.push(invalidValue(`${at}.rule`, rule, error))
    if (messageError !== undefined) this.errors.push(invalidValue(`${at}.messageExpression`, rule, messageError))
    if (message) this.#expense(`${at}.messageExpression`, 'estimated messageExpression cost', message.estimate().max)
    if (usesOldSelf && uncorrelated !== undefined)
      this.errors.push(
        invalidValue(`${at}.rule`, rule.rule, `oldSelf cannot be used on the uncorrelatable portion of the schema within ${uncorrelated}`),
      )
    if (rule.optionalOldSelf !== undefined && program && !usesOldSelf)
      this.errors.push(invalidValue(`${at}.optionalOldSelf`, rule.optionalOldSelf, 'may not be set if oldSelf is not used in rule'))
  }

  #expense(path: string, what: string, cost: number): void {
    this.#expenses.push({ path, cost })
    if (cost > estimatedRuleLimit) this.errors.push(forbiddenValue(path, tooExpensive(what, cost, estimatedRuleLimit)))
  }

  /** Errors when all rules together cost too much: the most expensive ones are named. */
  total(path: string): readonly FieldError[] {
    const total = this.#expenses.reduce((sum, { cost }) => sum + cost, 0)
    if (total <= estimatedDefinitionLimit) return []
    const worst = this.#expenses.toSorted((a, b) => b.cost - a.cost).slice(0, mostNamed)
    const what = 'x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema'
    return [
      ...worst.map(({ path }) =>
        forbiddenValue(path, 'contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema'),
      ),
      forbiddenValue(path, tooExpensive(what, total, estimatedDefinitionLimit)),
    ]
  }
}

const mostNamed = 4
const times = (count: number | undefined, max: number | undefined): number | undefined =>
  count === undefined || max === undefined ? undefined : count * max

function tooExpensive(what: string, cost: number, limit: number): string {
  const factor = cost / limit
  const shown = factor > 100 ? 'more than 100x' : factor < 1.5 ? `${factor.toFixed(6)}x` : `${factor.toFixed(1)}x`
  const mend = 'try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared'
  return `${what} exceeds budget by factor of ${shown} (${mend})`
}
