// The validation that a schema alone can do: required fields that are absent, and values outside a closed set.
import type { SchemaNode } from '../schema/schema.ts'
import { type FieldError, requiredValue, unsupportedValue } from './field-error.ts'

/** `Unsupported value` for strings that are not of their enum. Empty is unset, as in Go, and no error here. */
export function enumErrors(node: SchemaNode, value: unknown, path = ''): FieldError[] {
  const errors: FieldError[] = []
  walk(node, value, path, (at, path, found) => {
    if (at.type === 'string' && at.enum && typeof found === 'string' && found !== '' && !at.enum.includes(found)) {
      errors.push(unsupportedValue(path(), found, [...at.enum].sort()))
    }
  })
  return errors
}

/** `Required value` for required fields that are absent from an object that is there. */
export function requiredErrors(node: SchemaNode, value: unknown, path = ''): FieldError[] {
  const errors: FieldError[] = []
  walk(node, value, path, (at, path, found) => {
    if (at.type !== 'object') return
    for (const [key, field] of Object.entries(at.fields)) {
      if (field.required && (found as Json)[key] === undefined) errors.push(requiredValue(join(path(), key)))
    }
  })
  return errors
}

type Json = Readonly<Record<string, unknown>>
type Visit = (node: SchemaNode, path: () => string, value: unknown) => void

/** Visits the value and all beneath it that the schema knows, parents first. Paths are built only when asked for. */
function walk(node: SchemaNode, value: unknown, path: string | (() => string), visit: Visit): void {
  const here = typeof path === 'string' ? () => path : path
  if (node.type === 'array') {
    if (Array.isArray(value)) for (const [i, item] of value.entries()) walk(node.items, item, () => `${here()}[${i}]`, visit)
  } else if (node.type === 'map') {
    if (isObject(value)) for (const key in value) walk(node.values, value[key], () => `${here()}[${key}]`, visit)
  } else if (node.type === 'object') {
    if (!isObject(value)) return
    visit(node, here, value)
    for (const key in value) {
      const field = Object.hasOwn(node.fields, key) ? node.fields[key] : undefined
      if (field) walk(field.node, value[key], () => join(here(), key), visit)
    }
  } else {
    visit(node, here, value)
  }
}

function join(path: string, key: string): string {
  return path === '' ? key : `${path}.${key}`
}
function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
