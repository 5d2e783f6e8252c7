// What OpenAPI says of a custom resource: its own schema, with what every resource has. The second version of OpenAPI knows less, so what
// it cannot say is left out rather than said wrongly.
import type { JsonSchema } from '../../api/apiextensions/json-schema.ts'
import { type OpenApiSchema, type OpenApiVersion, reference } from '../../schema/openapi.ts'

const objectMeta = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta'

export function publishedSchema(schema: JsonSchema, version: OpenApiVersion): OpenApiSchema {
  const published = version === 'v3' ? forV3(schema) : forV2(schema)
  const { properties } = published as { readonly properties?: OpenApiSchema }
  const own = (key: string, description: string) => ({ type: 'string', description, ...(properties?.[key] as object | undefined) })
  return {
    ...published,
    type: 'object',
    properties: {
      ...properties,
      apiVersion: own('apiVersion', 'Version of the schema of this object.'),
      kind: own('kind', 'Kind of this object.'),
      metadata: reference(objectMeta, version),
    },
  }
}

/** Every schema within a schema, changed. */
function mapParts(schema: JsonSchema, change: (part: JsonSchema) => OpenApiSchema): OpenApiSchema {
  const { properties, items, additionalProperties, allOf, anyOf, oneOf, not } = schema
  const each = (list: readonly JsonSchema[]) => list.map(change)
  return {
    ...schema,
    ...(properties && { properties: Object.fromEntries(Object.entries(properties).map(([key, part]) => [key, change(part)])) }),
    ...(items && !Array.isArray(items) && { items: change(items as JsonSchema) }),
    ...(typeof additionalProperties === 'object' && { additionalProperties: change(additionalProperties) }),
    ...(allOf && { allOf: each(allOf) }),
    ...(anyOf && { anyOf: each(anyOf) }),
    ...(oneOf && { oneOf: each(oneOf) }),
    ...(not && { not: change(not) }),
  }
}

function forV3(schema: JsonSchema): OpenApiSchema {
  const published = mapParts(schema, forV3)
  if (!schema['x-kubernetes-int-or-string'] || schema.anyOf || schema.allOf) return published
  return { ...published, anyOf: [{ type: 'integer' }, { type: 'string' }] }
}

function forV2(schema: JsonSchema): OpenApiSchema {
  const { default: _, nullable, allOf, anyOf, oneOf, not, additionalProperties, $schema, ...rest } = schema
  const values = typeof additionalProperties === 'object' ? { additionalProperties } : {}
  const isOpen = rest['x-kubernetes-preserve-unknown-fields'] || rest['x-kubernetes-int-or-string'] || nullable
  if (!isOpen) return mapParts({ ...rest, ...values }, forV2)
  const { type, properties, items, required, enum: __, ...open } = rest
  return { ...open }
}
