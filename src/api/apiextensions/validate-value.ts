// A value against a JSON Schema, as Kubernetes checks custom resources: the order and the words of what is wrong are upstream's.
// What did not change since the last write is not held against the writer: a schema may have become stricter meanwhile.
import { RE2JS } from 're2js'
import { deepEqual } from '../../meta/deep-equal.ts'
import { type FieldError, invalidValue, requiredValue, tooLong, tooMany, typeInvalid, unsupportedValue } from '../../meta/field-error.ts'
import { hasFormat } from './formats.ts'
import { type JsonSchema, schemaOfItems, schemaOfValues } from './json-schema.ts'

interface Result {
  readonly errors: readonly FieldError[]
  /** How many checks were made: of alternatives that all fail, the one that got furthest tells why. */
  readonly checks: number
}
type Json = Readonly<Record<string, unknown>>
/** `previous` is what stood in the value's place before; undefined where nothing did, or nobody can say. */
type Check = (schema: JsonSchema, value: unknown, path: string, previous: unknown) => Result

const nothing: Result = { errors: [], checks: 0 }

/** `path` is empty for a whole object. */
export function valueErrors(schema: JsonSchema, value: unknown, path: string, previous?: unknown): readonly FieldError[] {
  return validate(schema, value, path, previous).errors
}

function validate(schema: JsonSchema, value: unknown, path: string, previous: unknown): Result {
  if (previous !== undefined && deepEqual(value, previous)) return nothing
  const applied = value === null ? [checkType, checkEnum] : checks
  const results = applied.map(check => check(schema, value, path, previous))
  return merge(results, applied.length)
}

function merge(results: readonly Result[], checks = 0): Result {
  return { errors: results.flatMap(result => result.errors), checks: results.reduce((sum, result) => sum + result.checks, checks) }
}
function of(...errors: readonly FieldError[]): Result {
  return errors.length === 0 ? nothing : { errors, checks: 0 }
}
const joined = (path: string, key: string) => (path === '' ? key : `${path}.${key}`)
/** A whole object has no path, and upstream says so. */
const fieldOf = (path: string) => (path === '' ? '<nil>' : path)
const wrong = (path: string, value: unknown, what: string) => of(invalidValue(fieldOf(path), value, `${path} in body ${what}`))
const composite = (path: string, what: string) => invalidValue('<nil>', '', `${JSON.stringify(path)} ${what}`)

function typeName(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number'
  return typeof value
}

const checkType: Check = (schema, value, path) => {
  const types = schema['x-kubernetes-int-or-string'] ? ['integer', 'string'] : schema.type ? [schema.type] : []
  const found = typeName(value)
  const mismatch = (wanted: string, shown: string) =>
    of(typeInvalid(fieldOf(path), shown, `${path} in body must be of type ${wanted}: ${JSON.stringify(shown)}`))
  if (value === null) return types.length === 0 || schema.nullable ? nothing : mismatch(types.join(','), 'null')
  if (types.length === 0) return nothing
  if (types.includes(found) || (found === 'integer' && types.includes('number'))) return nothing
  const isPlain = typeof value === 'string' || Array.isArray(value)
  if (schema.format && !isPlain) return mismatch(schema.format, found === 'integer' ? 'int64' : found === 'number' ? 'double' : '')
  return mismatch(types.join(','), found)
}

const checkAlternatives: Check = (schema, value, path, previous) => {
  const against = (alternatives: readonly JsonSchema[] | undefined) =>
    (alternatives ?? []).map(alternative => validate(alternative, value, path, previous))
  const isGood = (result: Result) => result.errors.length === 0
  const results: Result[] = []

  const any = against(schema.anyOf)
  if (any.length > 0 && !any.some(isGood)) results.push(of(composite(path, 'must validate at least one schema (anyOf)')), furthest(any))

  const one = against(schema.oneOf)
  const good = one.filter(isGood).length
  if (one.length > 0 && good !== 1) {
    const what = good === 0 ? 'Found none valid' : `Found ${good} valid alternatives`
    results.push(of(composite(path, `must validate one and only one schema (oneOf). ${what}`)))
    if (good === 0) results.push(furthest(one))
  }

  const all = against(schema.allOf)
  results.push(...all)
  if (!all.every(isGood))
    results.push(of(composite(path, `must validate all the schemas (allOf)${all.some(isGood) ? '' : '. None validated'}`)))

  if (schema.not && isGood(validate(schema.not, value, path, previous)))
    results.push(of(composite(path, 'must not validate the schema (not)')))
  return merge(results)
}

function furthest(results: readonly Result[]): Result {
  return results.reduce((best, result) => (result.checks > best.checks ? result : best))
}

const patterns = new WeakMap<JsonSchema, RE2JS>()

function patternOf(schema: JsonSchema, pattern: string): RE2JS {
  let compiled = patterns.get(schema)
  if (!compiled) {
    compiled = RE2JS.compile(pattern)
    patterns.set(schema, compiled)
  }
  return compiled
}

const checkString: Check = (schema, value, path) => {
  if (typeof value !== 'string') return nothing
  const { maxLength, minLength, pattern } = schema
  const length = maxLength === undefined && minLength === undefined ? 0 : [...value].length
  if (maxLength !== undefined && length > maxLength) return of(tooLong(fieldOf(path), maxLength))
  if (minLength !== undefined && length < minLength) return wrong(path, value, `should be at least ${minLength} chars long`)
  if (pattern && !patternOf(schema, pattern).matcher(value).find()) return wrong(path, value, `should match '${pattern}'`)
  return nothing
}

const checkFormat: Check = ({ format }, value, path) => {
  if (!format || typeof value !== 'string' || hasFormat(format, value)) return nothing
  return of(typeInvalid(fieldOf(path), value, `${path} in body must be of type ${format}: ${JSON.stringify(value)}`))
}

const checkNumber: Check = (schema, value, path) => {
  if (typeof value !== 'number') return nothing
  const { multipleOf, maximum, minimum, exclusiveMaximum, exclusiveMinimum } = schema
  const results: Result[] = []
  if (multipleOf !== undefined && !isMultiple(value, multipleOf)) results.push(wrong(path, value, `should be a multiple of ${multipleOf}`))
  if (maximum !== undefined && (exclusiveMaximum ? value >= maximum : value > maximum))
    results.push(wrong(path, value, `should be less than ${exclusiveMaximum ? '' : 'or equal to '}${maximum}`))
  if (minimum !== undefined && (exclusiveMinimum ? value <= minimum : value < minimum))
    results.push(wrong(path, value, `should be greater than ${exclusiveMinimum ? '' : 'or equal to '}${minimum}`))
  return merge(results)
}

/** Within what floating point can tell. */
function isMultiple(value: number, factor: number): boolean {
  const times = factor < 1 ? (1 / factor) * value : value / factor
  return Math.abs(times - Math.round(times)) <= 1e-9 * Math.max(1, Math.abs(times))
}

const checkItems: Check = (schema, value, path, previous) => {
  if (!Array.isArray(value)) return nothing
  const items: readonly unknown[] = value
  const { minItems, maxItems, uniqueItems } = schema
  const ofItems = schemaOfItems(schema)
  const before = Array.isArray(previous) ? (previous as readonly unknown[]) : undefined
  const results = ofItems ? items.map((item, i) => validate(ofItems, item, `${path}[${i}]`, counterpart(schema, item, before))) : []
  if (minItems !== undefined && items.length < minItems)
    results.push(of(invalidValue(fieldOf(path), items.length, `${path} in body should have at least ${minItems} items`)))
  if (maxItems !== undefined && items.length > maxItems) results.push(of(tooMany(fieldOf(path), items.length, maxItems)))
  if (uniqueItems && items.some((item, i) => items.slice(0, i).some(other => deepEqual(item, other))))
    results.push(of(invalidValue(fieldOf(path), '', `${path} in body shouldn't contain duplicates`)))
  return merge(results)
}

/** The item before of the same keys; only lists of type map can tell. */
export function counterpart(schema: JsonSchema, item: unknown, before: readonly unknown[] | undefined): unknown {
  const keys = schema['x-kubernetes-list-map-keys']
  if (schema['x-kubernetes-list-type'] !== 'map' || !keys || !isObject(item)) return undefined
  return before?.find(other => isObject(other) && keys.every(key => deepEqual(other[key], item[key])))
}

const checkEnum: Check = ({ enum: values }, value, path) => {
  if (!values || values.length === 0 || values.some(allowed => deepEqual(allowed, value))) return nothing
  const shown = values.map(allowed => (typeof allowed === 'string' ? allowed : JSON.stringify(allowed)))
  return of(unsupportedValue(fieldOf(path), value, shown))
}

const checkObject: Check = (schema, value, path, previous) => {
  if (!isObject(value)) return nothing
  const { minProperties, maxProperties, properties = {}, required = [], additionalProperties } = schema
  const keys = Object.keys(value)
  if (minProperties !== undefined && keys.length < minProperties)
    return of(invalidValue(fieldOf(path), keys.length, `${path} in body should have at least ${minProperties} properties`))
  if (maxProperties !== undefined && keys.length > maxProperties) return of(tooMany(fieldOf(path), keys.length, maxProperties))
  const before = isObject(previous) && schema['x-kubernetes-map-type'] !== 'atomic' ? previous : undefined
  const ofValues = schemaOfValues(schema)
  const results = keys.map(key => {
    const known = Object.hasOwn(properties, key) ? properties[key] : ofValues
    if (known) return validate(known, value[key], joined(path, key), before?.[key])
    return additionalProperties === false
      ? of(invalidValue(fieldOf(path), key, `${joined(path, key)} in body is a forbidden property`))
      : nothing
  })
  const missing = required.filter(key => !Object.hasOwn(value, key) || value[key] === undefined)
  return merge([...results, of(...missing.map(key => requiredValue(joined(path, key))))])
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** In upstream's order. */
const checks: readonly Check[] = [checkType, checkAlternatives, checkString, checkFormat, checkNumber, checkItems, checkEnum, checkObject]
