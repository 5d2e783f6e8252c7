// A field of a schema by its path: `.spec.color`, `.spec['the color']`, `.spec.list[0]`.
import { type JsonSchema, schemaOfItems, schemaOfValues } from './json-schema.ts'

export type Found =
  | { readonly ok: true; readonly schema: JsonSchema; readonly keys: readonly string[] }
  | { readonly ok: false; readonly error: string }

/** `allowsBrackets`: whether names and positions in brackets may be used. */
export function schemaAt(schema: JsonSchema, path: string, allowsBrackets = true): Found {
  let at = schema
  const keys: string[] = []
  let rest = path
  while (rest !== '') {
    const [step, name, quoted, index] = /^(?:\.([^.[\]]+)|\['((?:[^'\\]|\\.)*)'\]|\[(\d+)\])/.exec(rest) ?? []
    if (step === undefined)
      return { ok: false, error: rest.startsWith('.') ? 'unexpected end of path' : `expected [ or . but got: ${rest.slice(0, 1)}` }
    if (name === undefined && !allowsBrackets) return { ok: false, error: 'array notation is not allowed' }
    const next = index !== undefined ? schemaOfItems(at) : childOf(at, name ?? quoted?.replace(/\\(.)/g, '$1') ?? '')
    const key = name ?? quoted ?? index ?? ''
    if (!next) return { ok: false, error: `does not refer to a valid field: ${keys.length > 0 ? `.${keys.join('.')}` : ''}.${key}` }
    keys.push(key)
    at = next
    rest = rest.slice(step.length)
  }
  return keys.length === 0 ? { ok: false, error: 'unexpected end of path' } : { ok: true, schema: at, keys }
}

function childOf(schema: JsonSchema, key: string): JsonSchema | undefined {
  if (schema.properties && Object.hasOwn(schema.properties, key)) return schema.properties[key]
  return schemaOfValues(schema)
}
