// The published schemas: OpenAPI v3 components and v2 definitions, one for each named object that the given nodes reach.
// Scalars with a format of their own (times, quantities, ...) have definitions too, as upstream publishes them.
import type { ArrayNode, Field, ObjectNode, RawNode, SchemaNode, StringNode } from './schema.ts'

export type OpenApiVersion = 'v2' | 'v3'
/** One schema object, in JSON. */
export type OpenApiSchema = { readonly [key: string]: unknown }

/** By full name, sorted. The caller adds `x-kubernetes-group-version-kind` to the kinds. */
export function definitions(nodes: Iterable<SchemaNode>, version: OpenApiVersion): Record<string, OpenApiSchema> {
  const found = new Map<string, OpenApiSchema>()
  const pending = [...nodes]
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    const name = definitionName(node)
    if (name !== undefined && found.has(name)) continue
    if (name !== undefined) found.set(name, definition(node, version))
    pending.push(...children(node))
  }
  return Object.fromEntries([...found].sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** How a schema is referred to from paths: `{ $ref }`. */
export function reference(name: string, version: OpenApiVersion): OpenApiSchema {
  return { $ref: `${version === 'v3' ? '#/components/schemas' : '#/definitions'}/${name}` }
}

const apimachinery = 'io.k8s.apimachinery.pkg'
const formatNames: Partial<Record<NonNullable<StringNode['format']>, string>> = {
  'date-time': `${apimachinery}.apis.meta.v1.Time`,
  'micro-time': `${apimachinery}.apis.meta.v1.MicroTime`,
  quantity: `${apimachinery}.api.resource.Quantity`,
  'int-or-string': `${apimachinery}.util.intstr.IntOrString`,
}

function definitionName(node: SchemaNode): string | undefined {
  if (node.type === 'object' || node.type === 'raw') return node.name
  return node.type === 'string' && node.format ? formatNames[node.format] : undefined
}

function children(node: SchemaNode): SchemaNode[] {
  if (node.type === 'object' && node.custom)
    return Object.values(node.fields).flatMap(({ node: field }) => (definitionName(field) ? [field] : []))
  if (node.type === 'object') return Object.values(node.fields).map(field => field.node)
  return node.type === 'array' ? [node.items] : node.type === 'map' ? [node.values] : []
}

function definition(node: SchemaNode, version: OpenApiVersion): OpenApiSchema {
  if (node.type === 'object' && node.custom?.published) return node.custom.published[version] as OpenApiSchema
  if (node.type === 'object') return objectDefinition(node, version)
  if (node.type === 'raw') return rawDefinition(node)
  const format = node.type === 'string' ? node.format : undefined
  switch (format) {
    case 'quantity': {
      const description =
        'An amount such as `100m`, `1.5`, `64Mi` or `1e3`: a decimal number with an optional suffix (n u m k M G T P E, Ki Mi Gi Ti Pi Ei, or a decimal exponent). It is kept exactly, and given back with the largest suffix that needs no fraction.'
      return version === 'v3' ? { description, oneOf: [{ type: 'string' }, { type: 'number' }] } : { description, type: 'string' }
    }
    case 'int-or-string': {
      const description = 'A 32-bit integer, or a string such as a name or a percentage.'
      const alternatives = { description, format: 'int-or-string', oneOf: [{ type: 'integer' }, { type: 'string' }] }
      return version === 'v3' ? alternatives : { description, format: 'int-or-string', type: 'string' }
    }
    case 'micro-time':
      return { description: 'A time in UTC as RFC 3339 with microseconds.', format: 'date-time', type: 'string' }
    default:
      return { description: 'A time in UTC as RFC 3339 with seconds.', format: 'date-time', type: 'string' }
  }
}

function objectDefinition(node: ObjectNode, version: OpenApiVersion): OpenApiSchema {
  const fields = Object.entries(node.fields)
  const required = fields.filter(([, field]) => field.required).map(([name]) => name)
  return {
    ...described(node.doc),
    type: 'object',
    ...(fields.length > 0 && { properties: Object.fromEntries(fields.map(([name, field]) => [name, property(field, version)])) }),
    ...(required.length > 0 && { required }),
    // Granular is said of the use of a definition that is atomic by itself.
    ...(node.mapType && { 'x-kubernetes-map-type': 'atomic' }),
  }
}

/** JSON of any type has no `type`; the other raw kinds are objects. */
function rawDefinition({ name }: RawNode): OpenApiSchema {
  const description = 'Any JSON, kept as it is.'
  return /\.JSON(?:SchemaPropsOr\w+)?$/.test(name ?? '') ? { description } : { description, type: 'object' }
}

function property(field: Field, version: OpenApiVersion): OpenApiSchema {
  const value = field.default ?? (field.required ? zeroOf(field.node) : undefined)
  const hasDefault = version === 'v3' && value !== undefined
  // Beside a default, kubectl explain does not look for words behind the reference.
  const words = field.doc || (hasDefault && field.node.type === 'object' ? field.node.doc : '')
  const around: OpenApiSchema = { ...described(words), ...(hasDefault && { default: value }) }
  return {
    ...withRef(typeOf(field.node, version), around, version),
    ...(field.node.type === 'array' && listExtensions(field.node)),
    ...mapExtension(field.node),
    ...(field.patchStrategy && { 'x-kubernetes-patch-strategy': field.patchStrategy }),
  }
}

/** v3 wraps a reference that has neighbours into `allOf`; v2 lets it stand beside them. */
function withRef(type: OpenApiSchema, around: OpenApiSchema, version: OpenApiVersion): OpenApiSchema {
  const wrap = version === 'v3' && '$ref' in type && Object.keys(around).length > 0
  return wrap ? { allOf: [type], ...around } : { ...around, ...type }
}

function typeOf(node: SchemaNode, version: OpenApiVersion): OpenApiSchema {
  const name = definitionName(node)
  if (name !== undefined) return reference(name, version)
  switch (node.type) {
    case 'string':
      return {
        type: 'string',
        ...(node.format === 'byte' && { format: 'byte' }),
        ...(version === 'v3' && node.enum && { enum: [...node.enum].sort() }),
      }
    case 'integer':
    case 'number':
      return { type: node.type, ...(node.format && { format: node.format }) }
    case 'boolean':
      return { type: 'boolean' }
    case 'array':
      return { type: 'array', items: element(node.items, version) }
    case 'map':
      return { type: 'object', additionalProperties: element(node.values, version) }
    case 'object':
    case 'raw':
      return { type: 'object' }
  }
}

/** What a list or a map holds. v3 states what Go has where the element is empty. */
function element(node: SchemaNode, version: OpenApiVersion): OpenApiSchema {
  const empty = node.type === 'object' ? {} : zeroOf(node)
  return withRef(typeOf(node, version), version === 'v3' && empty !== undefined ? { default: empty } : {}, version)
}

function zeroOf(node: SchemaNode): unknown {
  if (node.type === 'string') return node.format === undefined ? '' : undefined
  if (node.type === 'boolean') return false
  return node.type === 'integer' || node.type === 'number' ? 0 : undefined
}

function listExtensions(node: ArrayNode): OpenApiSchema {
  return {
    ...(node.listMapKeys && { 'x-kubernetes-list-map-keys': node.listMapKeys }),
    ...(node.listType && { 'x-kubernetes-list-type': node.listType }),
    ...(node.patchMergeKey && { 'x-kubernetes-patch-merge-key': node.patchMergeKey }),
  }
}

function mapExtension(node: SchemaNode): OpenApiSchema {
  const mapType = node.type === 'map' || node.type === 'object' ? node.mapType : undefined
  return mapType && (node.type === 'map' || mapType === 'granular') ? { 'x-kubernetes-map-type': mapType } : {}
}

function described(description: string): { description?: string } {
  return description === '' ? {} : { description }
}
