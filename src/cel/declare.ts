// Schemas as types: those of custom resources (OpenAPI v3, structural) and those of the built-in kinds. Sizes that a
// schema does not bound are bounded by what fits into a request.
import type { ObjectNode, SchemaNode } from '../schema/schema.ts'
import { escapeName } from './escape.ts'
import { maxRequestBytes } from './limits.ts'
import type { ListSemantics, ObjectField, ObjectType, Type } from './types.ts'
import * as t from './types.ts'

/** The parts of a structural schema that types follow from. */
export interface JsonSchema {
  readonly type?: string | undefined
  readonly format?: string | undefined
  readonly properties?: Readonly<Record<string, JsonSchema>> | undefined
  readonly additionalProperties?: JsonSchema | boolean | undefined
  readonly items?: JsonSchema | readonly JsonSchema[] | undefined
  readonly required?: readonly string[] | undefined
  readonly enum?: readonly unknown[] | undefined
  readonly default?: unknown
  readonly maxLength?: number | undefined
  readonly maxItems?: number | undefined
  readonly maxProperties?: number | undefined
  readonly 'x-kubernetes-int-or-string'?: boolean | undefined
  readonly 'x-kubernetes-preserve-unknown-fields'?: boolean | undefined
  readonly 'x-kubernetes-embedded-resource'?: boolean | undefined
  readonly 'x-kubernetes-list-type'?: string | undefined
  readonly 'x-kubernetes-list-map-keys'?: readonly string[] | undefined
}

const minString = 2
const minDuration = 3
const dateBytes = 12
const minDateTime = 21
const maxTimeBytes = 32
const wholeRequest = maxRequestBytes - 2

const itemsThatFit = (minBytes: number): number => Math.floor(wholeRequest / (minBytes + 1))
const entriesThatFit = (minBytes: number): number => Math.floor(wholeRequest / (minBytes + 6))

/** Undefined for what expressions do not see, such as what keeps unknown fields and declares no type. */
export function declareSchema(schema: JsonSchema, isResourceRoot: boolean, name = 'object'): Type | undefined {
  if (schema['x-kubernetes-int-or-string'])
    return { kind: 'dyn', minBytes: 1, maxElements: schema.maxLength === undefined ? wholeRequest : schema.maxLength * 4 }
  switch (schema.type) {
    case 'array':
      return declareArray(schema, name)
    case 'object':
      return declareObject(isResourceRoot ? withMeta(schema) : schema, name)
    case 'string':
      return declareString(schema)
    case 'boolean':
      return { kind: 'bool', minBytes: 4 }
    case 'number':
      return { kind: 'double', minBytes: 1 }
    case 'integer':
      return { kind: 'int', minBytes: 1 }
    default:
      return undefined
  }
}

function declareArray(schema: JsonSchema, name: string): Type | undefined {
  const items = schema.items
  if (items === undefined || isTuple(items)) return undefined
  const item = declareSchema(items, items['x-kubernetes-embedded-resource'] === true, `${name}.@idx`)
  if (!item) return undefined
  const semantics = listSemantics(schema['x-kubernetes-list-type'], schema['x-kubernetes-list-map-keys'])
  const maxElements = Math.max(0, schema.maxItems ?? itemsThatFit(item.minBytes ?? 0))
  return { kind: 'list', item, maxElements, minBytes: 2, ...(semantics && { semantics }) }
}
const isTuple = (items: JsonSchema | readonly JsonSchema[]): items is readonly JsonSchema[] => Array.isArray(items)

function listSemantics(type: string | undefined, keys: readonly string[] | undefined): ListSemantics | undefined {
  if (type === 'set') return { kind: 'set' }
  return type === 'map' ? { kind: 'map', keys: (keys ?? []).map(key => escapeName(key) ?? key) } : undefined
}

function declareObject(schema: JsonSchema, name: string): Type | undefined {
  const { additionalProperties } = schema
  if (typeof additionalProperties === 'object') {
    const value = declareSchema(additionalProperties, additionalProperties['x-kubernetes-embedded-resource'] === true, `${name}.@elem`)
    if (!value) return undefined
    const maxElements = Math.max(0, schema.maxProperties ?? entriesThatFit(value.minBytes ?? 0))
    return { kind: 'map', key: { kind: 'string', minBytes: minString }, value, maxElements, minBytes: 2 }
  }
  const fields = new Map<string, ObjectField>()
  const required = new Set(schema.required)
  let minBytes = 2
  for (const [json, property] of Object.entries(schema.properties ?? {})) {
    const type = declareSchema(property, property['x-kubernetes-embedded-resource'] === true, `${name}.${json}`)
    if (!type) continue
    const escaped = escapeName(json)
    if (escaped !== undefined) fields.set(escaped, { json, type })
    if (required.has(json) && property.default === undefined) minBytes += json.length + (type.minBytes ?? 0) + 4
  }
  const names = [...fields.keys()]
  return { kind: 'object', name, field: key => fields.get(key), fieldNames: () => names, minBytes }
}

function declareString({ format, maxLength, enum: values }: JsonSchema): Type {
  switch (format) {
    case 'byte':
      return { kind: 'bytes', minBytes: minString, maxElements: maxLength ?? wholeRequest }
    case 'duration':
      return { kind: 'duration', minBytes: minDuration, maxElements: maxTimeBytes }
    case 'date':
      return { kind: 'timestamp', format: 'date', minBytes: dateBytes, maxElements: dateBytes }
    case 'date-time':
      return { kind: 'timestamp', minBytes: minDateTime, maxElements: maxTimeBytes }
    default: {
      const longest =
        values && values.length > 0 ? Math.max(...values.map(v => (typeof v === 'string' ? Buffer.byteLength(v) : 0))) : undefined
      return { kind: 'string', minBytes: minString, maxElements: maxLength === undefined ? (longest ?? wholeRequest) : maxLength * 4 }
    }
  }
}

const anyString: JsonSchema = { type: 'string' }
const typeAndMeta: Readonly<Record<string, JsonSchema>> = {
  kind: anyString,
  apiVersion: anyString,
  metadata: { type: 'object', properties: { name: anyString, generateName: anyString } },
}
/** What every resource has is there whether its schema says so or not. */
export function withMeta(schema: JsonSchema): JsonSchema {
  const { metadata } = schema.properties ?? {}
  const known = { ...typeAndMeta.metadata?.properties, ...metadata?.properties }
  return { ...schema, properties: { ...schema.properties, ...typeAndMeta, metadata: { type: 'object', properties: known } } }
}

const declared = new WeakMap<SchemaNode, Type>()

/** The type of a built-in kind's schema, or of a part of it. */
export function declareNode(node: SchemaNode): Type {
  let type = declared.get(node)
  if (!type) {
    type = typeOfNode(node)
    declared.set(node, type)
  }
  return type
}

function typeOfNode(node: SchemaNode): Type {
  switch (node.type) {
    case 'boolean':
      return t.bool
    case 'integer':
      return t.int
    case 'number':
      return t.double
    case 'string':
      return typeOfText(node.format)
    case 'array': {
      const semantics = listSemantics(node.listType, node.listMapKeys)
      return { ...t.listOf(declareNode(node.items)), ...(semantics && { semantics }) }
    }
    case 'map':
      return t.mapOf(t.string, declareNode(node.values))
    case 'object':
      return typeOfObject(node)
    case 'raw':
      return t.dyn
  }
}

function typeOfText(format: string | undefined): Type {
  switch (format) {
    case 'date-time':
    case 'micro-time':
      return t.timestamp
    case 'byte':
      return t.bytes
    case 'int-or-string':
      return t.dyn
    default:
      return t.string
  }
}

/** Fields are looked up when they are asked for: definitions may refer to themselves. */
function typeOfObject(node: ObjectNode): ObjectType {
  let escaped: ReadonlyMap<string, string> | undefined
  const names = () => {
    escaped ??= new Map(Object.keys(node.fields).map(json => [escapeName(json) ?? json, json]))
    return escaped
  }
  return {
    kind: 'object',
    name: node.name,
    fieldNames: () => [...names().keys()],
    field: name => {
      const json = names().get(name)
      const field = json === undefined ? undefined : node.fields[json]
      return json === undefined || !field ? undefined : { json, type: declareNode(field.node) }
    },
  }
}
