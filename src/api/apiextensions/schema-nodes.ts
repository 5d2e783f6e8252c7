// The nodes of a custom resource's schema, by which it is pruned, filled in and merged. What its values must be like is no business of
// nodes: validation asks the JSON Schema itself.
import { objectMeta } from '../../meta/object-meta.ts'
import type { ArrayNode, CustomObject, Field, MapNode, ObjectNode, SchemaNode } from '../../schema/schema.ts'
import { type JsonSchema, schemaOfItems, schemaOfValues } from './json-schema.ts'

/** A part of a resource. */
export function nodeOf(schema: JsonSchema): SchemaNode {
  if (schema['x-kubernetes-int-or-string']) return { type: 'string', format: 'int-or-string' }
  switch (schema.type) {
    case 'object':
      return schema.properties || schema['x-kubernetes-embedded-resource'] ? objectNode(schema) : (mapNode(schema) ?? objectNode(schema))
    case 'array':
      return arrayNode(schema)
    case 'integer':
      return { type: 'integer', format: schema.format === 'int32' ? 'int32' : 'int64' }
    case 'number':
      return { type: 'number', format: 'double' }
    case 'boolean':
      return { type: 'boolean' }
    case 'string':
      return { type: 'string' }
    default:
      return schema.properties ? objectNode(schema) : { type: 'raw' }
  }
}

/** A whole resource. `name` and `published` are its definition in OpenAPI. */
export function resourceNode(schema: JsonSchema, name: string, published: NonNullable<CustomObject['published']>): ObjectNode {
  const node = objectNode({ ...schema, 'x-kubernetes-embedded-resource': true })
  const metadata: Field = { node: objectMeta.node, required: false, doc: '', default: {} }
  const { isOpen = false, nullable = new Set<string>() } = node.custom ?? {}
  return {
    ...node,
    name,
    doc: schema.description ?? '',
    fields: { ...node.fields, metadata },
    custom: { isOpen, nullable, published },
  }
}

/** Without properties, and where unknown keys are neither described nor kept, nothing is. */
function objectNode(schema: JsonSchema): ObjectNode {
  const properties = Object.entries(schema.properties ?? {})
  const required = new Set(schema.required)
  const own = Object.fromEntries(
    properties.map(([key, property]): [string, Field] => [
      key,
      {
        node: nodeOf(property),
        required: required.has(key),
        doc: property.description ?? '',
        ...(property.default !== undefined && { default: property.default }),
      },
    ]),
  )
  return {
    type: 'object',
    name: '',
    doc: schema.description ?? '',
    fields: schema['x-kubernetes-embedded-resource'] ? { ...own, ...resourceFields(own) } : own,
    ...(schema['x-kubernetes-map-type'] === 'atomic' && { mapType: 'atomic' }),
    custom: {
      isOpen: schema['x-kubernetes-preserve-unknown-fields'] === true,
      nullable: new Set(properties.filter(([, property]) => property.nullable).map(([key]) => key)),
    },
  }
}

/** What every resource has, whatever its schema says. */
function resourceFields(own: Readonly<Record<string, Field>>): Record<string, Field> {
  const text: Field = { node: { type: 'string' }, required: false, doc: '' }
  return {
    apiVersion: own['apiVersion'] ?? text,
    kind: own['kind'] ?? text,
    metadata: { node: objectMeta.node, required: false, doc: '' },
  }
}

function mapNode(schema: JsonSchema): MapNode | undefined {
  const { additionalProperties } = schema
  if (!additionalProperties) return undefined
  const ofValues = schemaOfValues(schema)
  return {
    type: 'map',
    values: ofValues ? nodeOf(ofValues) : objectNode({}),
    ...(schema['x-kubernetes-map-type'] === 'atomic' && { mapType: 'atomic' }),
    ...(ofValues && !ofValues.nullable && { dropsNull: true }),
  }
}

function arrayNode(schema: JsonSchema): ArrayNode {
  const items = schemaOfItems(schema)
  const listType = schema['x-kubernetes-list-type']
  const keys = schema['x-kubernetes-list-map-keys']
  return {
    type: 'array',
    items: items ? nodeOf(items) : { type: 'raw' },
    listType: listType === 'set' || listType === 'map' ? listType : 'atomic',
    ...(keys && { listMapKeys: keys }),
  }
}
