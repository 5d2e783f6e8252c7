// JSON as values, by type, and values as JSON. What has no declared field is not seen.
import { assert } from '../base/assert.ts'
import { EvaluationError } from './errors.ts'
import { formatDuration, formatTimestamp, readDate, readDuration, readTimestamp } from './time.ts'
import { formatType, type ObjectType, type Type } from './types.ts'
import { CelMap, Duration, type FromJson, List, Optional, Struct, Timestamp, Uint, type Value } from './values.ts'

type Json = Readonly<Record<string, unknown>>
const isObject = (json: unknown): json is Json => typeof json === 'object' && json !== null && !Array.isArray(json)

const readers = new WeakMap<Type, FromJson>()

/** How JSON of the type is read. */
export function reader(type: Type): FromJson {
  let found = readers.get(type)
  if (!found) {
    found = makeReader(type)
    readers.set(type, found)
  }
  return found
}

const invalid = (expected: string): EvaluationError => new EvaluationError(`invalid data, expected ${expected}`)

function makeReader(type: Type): FromJson {
  switch (type.kind) {
    case 'bool':
      return json => (typeof json === 'boolean' ? json : nullOr(json, 'bool'))
    case 'int':
      return json =>
        typeof json === 'number' && Number.isInteger(json) ? BigInt(json) : typeof json === 'bigint' ? json : nullOr(json, 'int')
    case 'double':
      return json => (typeof json === 'number' ? json : nullOr(json, 'float'))
    case 'string':
      return json => (typeof json === 'string' ? json : nullOr(json, 'string'))
    case 'bytes':
      return readText(text => Uint8Array.from(Buffer.from(text, 'base64')), 'byte')
    case 'timestamp':
      return type.format === 'date' ? readText(readDate, 'date') : readText(readTimestamp, 'date-time')
    case 'duration':
      return readText(readDuration, 'duration')
    case 'list': {
      const { item, semantics } = type
      return json => (Array.isArray(json) ? List.json(json, reader(item), semantics) : nullOr(json, 'an array'))
    }
    case 'map': {
      const { value } = type
      return json => (isObject(json) ? CelMap.json(json, reader(value)) : nullOr(json, 'a map'))
    }
    case 'object':
      return json => (isObject(json) ? structOf(type, json) : nullOr(json, 'a map'))
    default:
      return fromJson
  }
}

function nullOr(json: unknown, expected: string): null {
  if (json === null) return null
  throw invalid(expected)
}

function readText(read: (text: string) => Value | undefined, format: string): FromJson {
  return json => {
    if (typeof json !== 'string') return nullOr(json, 'string')
    const value = read(json)
    if (value === undefined) throw new EvaluationError(`Invalid ${format} formatted string ${json}`)
    return value
  }
}

function structOf(type: ObjectType, json: Json): Struct {
  const read = (name: string): Value | undefined => {
    const field = type.field(name)
    const value = field && Object.hasOwn(json, field.json) ? json[field.json] : undefined
    return value === undefined ? undefined : reader(field!.type)(value)
  }
  return new Struct(type, read, json)
}

/** JSON of which no type is known. Whole numbers are ints. */
export function fromJson(json: unknown): Value {
  switch (typeof json) {
    case 'string':
    case 'boolean':
    case 'bigint':
      return json
    case 'number':
      return Number.isInteger(json) ? BigInt(json) : json
    default:
      if (json === null || json === undefined) return null
      if (Array.isArray(json)) return List.json(json, fromJson)
      assert(isObject(json), 'JSON holds nothing but JSON')
      return CelMap.json(json, fromJson)
  }
}

/** Fails on what JSON cannot hold. */
export function toJson(value: Value): unknown {
  if (value === null || typeof value === 'string' || typeof value === 'boolean' || typeof value === 'number') return value
  if (typeof value === 'bigint') return Number(value)
  if (value instanceof Uint) return Number(value.value)
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64')
  if (value instanceof Timestamp) return formatTimestamp(value)
  if (value instanceof Duration) return formatDuration(value)
  if (value instanceof List) return value.toArray().map(toJson)
  if (value instanceof CelMap) return Object.fromEntries(value.keys().map(key => [jsonKey(key), toJson(value.get(key) ?? null)]))
  if (value instanceof Struct) return value.json ?? Object.fromEntries(value.fields().map(name => [name, toJson(value.get(name) ?? null)]))
  if (value instanceof Optional && value.value !== undefined) return toJson(value.value)
  throw new EvaluationError(`unsupported value: ${formatType(value.celType)}`)
}

function jsonKey(key: Value): string {
  if (typeof key !== 'string') throw new EvaluationError('map keys must be strings')
  return key
}
