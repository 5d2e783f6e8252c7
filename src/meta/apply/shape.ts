// What server-side apply sees in a value of a schema node: a leaf that is set as a whole, members that are set one by one, or items that are
// told apart by keys or by their values. Raw JSON is seen as what it is: objects by members, all else as leaves.
import type { ArrayNode, SchemaNode } from '../../schema/schema.ts'

export type Json = Readonly<Record<string, unknown>>
export type Shape = 'leaf' | 'members' | 'items'

export function shapeOf(node: SchemaNode, value: unknown): Shape {
  switch (node.type) {
    case 'object':
    case 'map':
      return node.mapType === 'atomic' ? 'leaf' : 'members'
    case 'array':
      return node.listType === 'map' || node.listType === 'set' ? 'items' : 'leaf'
    case 'raw':
      return isObject(value) ? 'members' : 'leaf'
    default:
      return 'leaf'
  }
}

/** What an open object has besides its fields. */
const anything: SchemaNode = { type: 'raw' }

/** The node of a member; undefined where there can be none of this name. */
export function memberNode(node: SchemaNode, key: string): SchemaNode | undefined {
  switch (node.type) {
    case 'object':
      if (Object.hasOwn(node.fields, key)) return node.fields[key]?.node
      return node.custom?.isOpen ? anything : undefined
    case 'map':
      return node.values
    case 'raw':
      return node
    default:
      return undefined
  }
}

/** Whether the member is a field of a struct, and not a key of a map. */
export function isNamed(node: SchemaNode, key: string): boolean {
  return node.type === 'object' && Object.hasOwn(node.fields, key)
}

export function itemsOf(node: SchemaNode, value: unknown): { readonly node: ArrayNode; readonly items: readonly unknown[] } {
  return { node: node as ArrayNode, items: Array.isArray(value) ? value : [] }
}

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Null, or an object or a list without anything in it. */
export function isVoid(value: unknown): boolean {
  if (typeof value !== 'object') return value === undefined
  if (value === null) return true
  if (Array.isArray(value)) return value.length === 0
  for (const key in value) if ((value as Json)[key] !== undefined) return false
  return true
}
