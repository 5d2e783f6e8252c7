// The validation that a schema alone can do: values outside a closed set.
import type { Field, ObjectNode, SchemaNode } from '../schema/schema.ts'
import { type FieldError, unsupportedValue } from './field-error.ts'

/** `Unsupported value` for strings that are not of their enum. Empty is unset, as in Go, and no error here. */
export function enumErrors(node: SchemaNode, value: unknown, path = ''): FieldError[] {
  const errors: FieldError[] = []
  walk(node, value, path, hasEnum, (at, path, found) => {
    if (at.type === 'string' && at.enum && typeof found === 'string' && found !== '' && !at.enum.includes(found)) {
      errors.push(unsupportedValue(path(), found, [...at.enum].sort()))
    }
  })
  return errors
}

/** Whether there is a closed set in a node or beneath it; most of an object has none and is passed over. */
const enumNodes = new WeakMap<SchemaNode, boolean>()

function hasEnum(node: SchemaNode): boolean {
  const known = enumNodes.get(node)
  if (known !== undefined) return known
  // Where a definition refers to itself, what it has besides itself decides.
  enumNodes.set(node, false)
  const found =
    (node.type === 'string' && node.enum !== undefined) ||
    (node.type === 'array' && hasEnum(node.items)) ||
    (node.type === 'map' && hasEnum(node.values)) ||
    (node.type === 'object' && Object.values(node.fields).some(field => hasEnum(field.node)))
  enumNodes.set(node, found)
  return found
}

type Json = Readonly<Record<string, unknown>>
type Visit = (node: SchemaNode, path: () => string, value: unknown) => void

/** Visits the value and all beneath it that the schema knows and `enters` lets in, parents first. Paths are built only when asked for. */
function walk(node: SchemaNode, value: unknown, path: string | (() => string), enters: (node: SchemaNode) => boolean, visit: Visit): void {
  if (!enters(node)) return
  const here = typeof path === 'string' ? () => path : path
  if (node.type === 'array') {
    if (Array.isArray(value)) for (const [i, item] of value.entries()) walk(node.items, item, () => `${here()}[${i}]`, enters, visit)
  } else if (node.type === 'map') {
    if (isObject(value)) for (const key in value) walk(node.values, value[key], () => `${here()}[${key}]`, enters, visit)
  } else if (node.type === 'object') {
    if (!isObject(value)) return
    visit(node, here, value)
    for (const [key, field] of entered(node, enters)) {
      const child = value[key]
      if (child !== undefined) walk(field.node, child, () => join(here(), key), enters, visit)
    }
  } else {
    visit(node, here, value)
  }
}

/** The fields of an object that `enters` lets in, worked out once. */
const enteredFields = new WeakMap<(node: SchemaNode) => boolean, WeakMap<ObjectNode, readonly (readonly [string, Field])[]>>()

function entered(node: ObjectNode, enters: (node: SchemaNode) => boolean): readonly (readonly [string, Field])[] {
  let byNode = enteredFields.get(enters)
  if (!byNode) {
    byNode = new WeakMap()
    enteredFields.set(enters, byNode)
  }
  let fields = byNode.get(node)
  if (!fields) {
    fields = Object.entries(node.fields).filter(([, field]) => enters(field.node))
    byNode.set(node, fields)
  }
  return fields
}

function join(path: string, key: string): string {
  return path === '' ? key : `${path}.${key}`
}
function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
