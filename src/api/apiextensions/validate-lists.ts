// Lists of type set have no item twice, lists of type map no two items of the same keys.
import { duplicateValue, type FieldError } from '../../meta/field-error.ts'
import { type JsonSchema, schemaOfItems, schemaOfValues } from './json-schema.ts'

type Json = Readonly<Record<string, unknown>>

export function listErrors(schema: JsonSchema, value: unknown, path: string): readonly FieldError[] {
  if (typeof value !== 'object' || value === null) return []
  if (Array.isArray(value)) return itemErrors(schema, value, path)
  const ofValues = schemaOfValues(schema)
  return Object.entries(value).flatMap(([key, member]) => {
    const known = schema.properties && Object.hasOwn(schema.properties, key) ? schema.properties[key] : ofValues
    return known && hasLists(known) ? listErrors(known, member, path === '' ? key : `${path}.${key}`) : []
  })
}

function itemErrors(schema: JsonSchema, items: readonly unknown[], path: string): readonly FieldError[] {
  const errors: FieldError[] = []
  const seen = new Set<string>()
  const identity = identityOf(schema)
  if (identity)
    items.forEach((item, i) => {
      const id = identity(item)
      const text = canonical(id)
      if (seen.has(text)) errors.push(duplicateValue(`${path}[${i}]`, id))
      seen.add(text)
    })
  const ofItems = schemaOfItems(schema)
  if (!ofItems || !hasLists(ofItems)) return errors
  return [...errors, ...items.flatMap((item, i) => listErrors(ofItems, item, `${path}[${i}]`))]
}

/** What tells items apart; undefined where nothing has to. */
function identityOf(schema: JsonSchema): ((item: unknown) => unknown) | undefined {
  const type = schema['x-kubernetes-list-type']
  if (type === 'set') return item => item
  const keys = schema['x-kubernetes-list-map-keys']
  if (type !== 'map' || !keys) return undefined
  return item => (typeof item === 'object' && item !== null ? keysOf(item as Json, keys) : item)
}

function keysOf(item: Json, keys: readonly string[]): Json {
  return Object.fromEntries(keys.flatMap((key): [string, unknown][] => (item[key] === undefined ? [] : [[key, item[key]]])))
}

/** Equal values have equal texts, in whatever order their fields are. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  )
}

const withLists = new WeakMap<JsonSchema, boolean>()

/** Whether there are lists of these types in a schema or beneath it. */
function hasLists(schema: JsonSchema): boolean {
  const known = withLists.get(schema)
  if (known !== undefined) return known
  const type = schema['x-kubernetes-list-type']
  const inner = [schemaOfItems(schema), schemaOfValues(schema), ...Object.values(schema.properties ?? {})]
  const found = type === 'set' || type === 'map' || inner.some(s => s !== undefined && hasLists(s))
  withLists.set(schema, found)
  return found
}
