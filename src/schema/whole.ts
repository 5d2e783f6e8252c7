// Structs that must be there are there, if empty, as they are in Go: what is compared or applied is a part of an object, or is not checked yet,
// and yet is converted.
import type { Field, SchemaNode } from './schema.ts'

/** The same value where nothing is missing. */
export function withStructs(node: SchemaNode, value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) {
    const items = node.type === 'array' ? value.map(item => withStructs(node.items, item)) : value
    return items.every((item, i) => item === value[i]) ? value : items
  }
  if (node.type !== 'object') return value
  const own = value as Readonly<Record<string, unknown>>
  const changed: Record<string, unknown> = {}
  for (const [name, field] of Object.entries(node.fields)) {
    const inner = withStructs(field.node, own[name] ?? (isAlwaysThere(field) ? {} : undefined))
    if (inner !== own[name] && inner !== undefined) changed[name] = inner
  }
  return Object.keys(changed).length === 0 ? value : { ...own, ...changed }
}

function isAlwaysThere({ node, required, default: value }: Field): boolean {
  return node.type === 'object' && (required || value !== undefined)
}
