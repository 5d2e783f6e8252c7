// Definitions whose rules are no expressions of the right type, or could cost too much, are refused. The schema has been checked by then.
import { CustomResourceDefinition } from '../../api/apiextensions/custom-resource-definition.ts'
import { type JsonSchema, schemaOfItems, schemaOfValues } from '../../api/apiextensions/json-schema.ts'
import { placedSchemas } from '../../api/apiextensions/validate-definition.ts'
import { estimatedDefinitionLimit, estimatedRuleLimit, maxRequestBytes } from '../../cel/limits.ts'
import type { Type } from '../../cel/types.ts'
import { deepEqual } from '../../meta/deep-equal.ts'
import { type FieldError, forbiddenValue, invalidValue } from '../../meta/field-error.ts'
import { StatusError } from '../../meta/status-error.ts'
import type { AdmissionPlugin } from '../admission/admission.ts'
import { compileRules, type RuleExpressions, typeOfSchema } from './rules.ts'

export const customResourceRules: AdmissionPlugin = {
  name: 'CustomResourceRules',
  validate({ call, object, previous, subresource }) {
    if (call.resource.kind !== CustomResourceDefinition || subresource !== '' || !object) return
    const definition = object as CustomResourceDefinition
    const before = previous as CustomResourceDefinition | undefined
    const errors = placedSchemas(definition.spec.versions).flatMap(({ schema, path, version }) => {
      const old = before?.spec.versions.find(({ name }) => name === version.name)?.schema?.openAPIV3Schema
      return deepEqual(schema, old) ? [] : ruleErrors(schema, path)
    })
    if (errors.length > 0) throw StatusError.invalid(CustomResourceDefinition, definition.metadata.name, errors)
  },
}

/** How often a place may occur in an object; undefined where nothing bounds it. */
type Cardinality = number | undefined

interface Place {
  readonly schema: JsonSchema
  readonly path: string
  readonly isRoot: boolean
  readonly cardinality: Cardinality
  /** The outermost place above that cannot be told apart in two states of an object. */
  readonly uncorrelated: string | undefined
}

export function ruleErrors(schema: JsonSchema, path: string): readonly FieldError[] {
  const costs: { readonly path: string; readonly cost: number }[] = []
  const errors: FieldError[] = []
  visit({ schema, path, isRoot: true, cardinality: 1, uncorrelated: undefined })
  const total = costs.reduce((sum, { cost }) => sum + cost, 0)
  if (total > estimatedDefinitionLimit) {
    const dear = costs.filter(({ cost }) => cost > 0).sort((a, b) => b.cost - a.cost)
    for (const { path: at } of dear.slice(0, 4))
      errors.push(forbiddenValue(at, 'contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema'))
    const what = 'x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema'
    errors.push(forbiddenValue(path, tooDear(what, total, estimatedDefinitionLimit)))
  }
  return errors

  function visit(place: Place): void {
    const { schema: at, path: here, cardinality, uncorrelated } = place
    const rules = at['x-kubernetes-validations'] ?? []
    if (rules.length > 0) {
      const type = typeOfSchema(at, place.isRoot)
      compileRules(rules, type).forEach((expressions, i) => check(expressions, type, place, `${here}.x-kubernetes-validations[${i}]`))
    }
    for (const [key, part] of Object.entries(at.properties ?? {}))
      visit({ ...place, schema: part, path: `${here}.properties[${key}]`, isRoot: false })
    const values = schemaOfValues(at)
    if (values)
      visit({
        schema: values,
        path: `${here}.additionalProperties`,
        isRoot: false,
        cardinality: times(cardinality, at.maxProperties),
        uncorrelated,
      })
    const items = schemaOfItems(at)
    if (items)
      visit({
        schema: items,
        path: `${here}.items`,
        isRoot: false,
        cardinality: times(cardinality, at.maxItems),
        uncorrelated: uncorrelated ?? (at['x-kubernetes-list-type'] === 'map' ? undefined : here),
      })
  }

  function check({ rule, condition, message }: RuleExpressions, type: Type, { cardinality, uncorrelated }: Place, at: string): void {
    const often = cardinality ?? Math.floor(maxRequestBytes / ((type.minBytes ?? 0) + 1))
    const weigh = (most: number, what: string, field: string) => {
      const cost = most * often
      if (cost > estimatedRuleLimit) errors.push(forbiddenValue(field, tooDear(what, cost, estimatedRuleLimit)))
      costs.push({ path: field, cost })
    }
    if ('program' in condition) {
      const { program } = condition
      weigh(Number(program.estimate().max), 'estimated rule cost', `${at}.rule`)
      if (program.usesVariable('oldSelf')) {
        if (uncorrelated !== undefined)
          errors.push(
            invalidValue(
              `${at}.rule`,
              rule.rule,
              `oldSelf cannot be used on the uncorrelatable portion of the schema within ${uncorrelated}`,
            ),
          )
      } else if (rule.optionalOldSelf !== undefined)
        errors.push(invalidValue(`${at}.optionalOldSelf`, rule.optionalOldSelf, 'may not be set if oldSelf is not used in rule'))
    } else {
      const detail = condition.kind === 'result' ? 'cel expression must evaluate to a bool' : `compilation failed: ${condition.error}`
      errors.push(invalidValue(`${at}.rule`, rule, detail))
    }
    if (!message) return
    if ('program' in message) weigh(Number(message.program.estimate().max), 'estimated messageExpression cost', `${at}.messageExpression`)
    else {
      const detail =
        message.kind === 'result' ? 'messageExpression must evaluate to a string' : `messageExpression compilation failed: ${message.error}`
      errors.push(invalidValue(`${at}.messageExpression`, rule, detail))
    }
  }
}

function times(cardinality: Cardinality, factor: number | undefined): Cardinality {
  return cardinality === undefined || factor === undefined ? undefined : cardinality * factor
}

function tooDear(what: string, cost: number, limit: number): string {
  const factor = cost / limit
  const text = factor > 100 ? 'more than 100x' : factor < 1.5 ? `${factor.toFixed(6)}x` : `${factor.toFixed(1)}x`
  return `${what} exceeds budget by factor of ${text} (try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared)`
}
