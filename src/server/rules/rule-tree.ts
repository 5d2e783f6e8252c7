// A custom resource's rules, as a tree beside its schema that has only the branches with rules. A rule is compiled when it is first asked.
import { type JsonSchema, schemaOfItems, schemaOfValues, type ValidationRule } from '../../api/apiextensions/json-schema.ts'
import { declareSchema } from '../../cel/declare.ts'
import type { Type } from '../../cel/types.ts'
import { compileNodeRules, type NodeRule } from './node-rules.ts'

export interface RuleNode {
  /** The schema of the place; `type` stands for the value in messages. */
  readonly schema: JsonSchema
  /** Undefined where expressions do not see the place. */
  readonly type: Type | undefined
  readonly rules: () => readonly NodeRule[]
  readonly hasRules: boolean
  readonly properties: Readonly<Record<string, RuleNode>>
  readonly items: RuleNode | undefined
  readonly values: RuleNode | undefined
  readonly allOf: readonly RuleNode[]
}

const rulesOf = (schema: JsonSchema): readonly ValidationRule[] => schema['x-kubernetes-validations'] ?? []
const isEmbedded = (schema: JsonSchema): boolean => schema['x-kubernetes-embedded-resource'] === true

/** Undefined where neither the schema nor any part of it has rules. */
export function ruleTree(schema: JsonSchema, isResourceRoot: boolean): RuleNode | undefined {
  return treeOf(schema, schema, isResourceRoot)
}

/** `from` has the rules: the schema itself, or one of its `allOf`, whose parts have no types of their own. */
function treeOf(from: JsonSchema, schema: JsonSchema, isRoot: boolean): RuleNode | undefined {
  const child = (part: JsonSchema | undefined, of: JsonSchema | undefined) => part && of && treeOf(part, of, isEmbedded(of))
  const properties: Record<string, RuleNode> = {}
  for (const [key, part] of Object.entries(from.properties ?? {})) {
    const of = schema.properties && Object.hasOwn(schema.properties, key) ? schema.properties[key] : undefined
    const node = child(part, of)
    if (node) properties[key] = node
  }
  const items = child(schemaOfItems(from), schemaOfItems(schema))
  const values = child(schemaOfValues(from), schemaOfValues(schema))
  const allOf = (from.allOf ?? []).flatMap(part => treeOf(part, schema, isRoot) ?? [])
  const own = rulesOf(from)
  if (own.length === 0 && !items && !values && allOf.length === 0 && Object.keys(properties).length === 0) return undefined
  let type: Type | undefined
  let compiled: readonly NodeRule[] | undefined
  const declared = () => {
    type ??= declareSchema(schema, isRoot)
    return type
  }
  return {
    schema,
    get type() {
      return declared()
    },
    rules() {
      const self = declared()
      compiled ??= self ? compileNodeRules(schema, own, self) : []
      return compiled
    },
    hasRules: own.length > 0,
    properties,
    items,
    values,
    allOf,
  }
}
