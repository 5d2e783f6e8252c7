// What expressions compute with. JSON is not copied: lists, maps and objects wrap it and read an element by its type when
// it is asked for. Strings count code points; times and durations count nanoseconds.
import { EvaluationError, noSuchKey } from './errors.ts'
import type { ListSemantics, ObjectType, Type } from './types.ts'
import * as types from './types.ts'

export type Value =
  | null
  | boolean
  | bigint
  | number
  | string
  | Uint8Array
  | Uint
  | Timestamp
  | Duration
  | List
  | CelMap
  | Struct
  | Optional
  | TypeValue
  | Foreign

/** Reads JSON as a value. */
export type FromJson = (json: unknown) => Value

/** A value of a library. */
export interface Foreign {
  readonly celType: Type
  readonly equals: (other: Foreign) => boolean
  /** What `size` counts, where the cost of a call depends on it. */
  readonly size?: number
}

export class Uint {
  readonly celType = types.uint
  readonly value: bigint
  constructor(value: bigint) {
    if (value < 0n || value >= 2n ** 64n) throw new EvaluationError('unsigned integer overflow')
    this.value = value
  }
}

const minTime = -62135596800n * 1_000_000_000n
const maxTime = 253402300800n * 1_000_000_000n

export class Timestamp {
  readonly celType = types.timestamp
  /** Since the Unix epoch. */
  readonly nanos: bigint
  constructor(nanos: bigint) {
    if (nanos < minTime || nanos >= maxTime) throw new EvaluationError('timestamp overflow')
    this.nanos = nanos
  }
}

export class Duration {
  readonly celType = types.duration
  readonly nanos: bigint
  constructor(nanos: bigint) {
    if (nanos < -(2n ** 63n) || nanos >= 2n ** 63n) throw new EvaluationError('duration overflow')
    this.nanos = nanos
  }
}

export class TypeValue {
  readonly celType = types.typeType
  readonly name: string
  constructor(name: string) {
    this.name = name
  }
}

export class Optional {
  readonly celType = types.optionalOf(types.dyn)
  static readonly none = new Optional(undefined)
  readonly value: Value | undefined
  constructor(value: Value | undefined) {
    this.value = value
  }
  static of(value: Value | undefined): Optional {
    return value === undefined ? Optional.none : new Optional(value)
  }
}

/** A list over values, over JSON, or the two lists it was added from: adding costs nothing. */
export class List {
  readonly celType = anyList
  readonly size: number
  readonly semantics: ListSemantics | undefined
  #values: readonly Value[] | undefined
  readonly #json: readonly unknown[] | undefined
  readonly #convert: FromJson | undefined
  readonly #parts: readonly [List, List] | undefined

  private constructor(
    size: number,
    from: {
      readonly values?: readonly Value[]
      readonly json?: readonly unknown[]
      readonly convert?: FromJson
      readonly parts?: readonly [List, List]
      readonly semantics?: ListSemantics | undefined
    },
  ) {
    this.size = size
    this.#values = from.values
    this.#json = from.json
    this.#convert = from.convert
    this.#parts = from.parts
    this.semantics = from.semantics
  }

  static of(values: readonly Value[], semantics?: ListSemantics): List {
    return new List(values.length, { values, semantics })
  }
  static json(json: readonly unknown[], convert: FromJson, semantics?: ListSemantics): List {
    return new List(json.length, { json, convert, semantics })
  }
  static joined(left: List, right: List): List {
    if (left.size === 0) return right
    if (right.size === 0) return left
    return new List(left.size + right.size, { parts: [left, right] })
  }

  at(index: number): Value {
    if (this.#values) return this.#values[index]!
    if (this.#json && this.#convert) return this.#convert(this.#json[index])
    const [left, right] = this.#parts!
    return index < left.size ? left.at(index) : right.at(index - left.size)
  }
  /** All elements. Its cost is the list's size: the caller has paid for that. */
  toArray(): readonly Value[] {
    this.#values ??= Array.from({ length: this.size }, (_, i) => this.at(i))
    return this.#values
  }
}

type Key = string | boolean | bigint

export class CelMap {
  readonly celType = anyMap
  readonly size: number
  readonly #entries: ReadonlyMap<Key, readonly [key: Value, value: Value]> | undefined
  readonly #json: Readonly<Record<string, unknown>> | undefined
  readonly #convert: FromJson | undefined
  #keys: readonly Value[] | undefined

  private constructor(
    entries: ReadonlyMap<Key, readonly [Value, Value]> | undefined,
    json: Readonly<Record<string, unknown>> | undefined,
    convert: FromJson | undefined,
  ) {
    this.#entries = entries
    this.#json = json
    this.#convert = convert
    if (json) this.#keys = Object.keys(json)
    this.size = entries?.size ?? this.#keys?.length ?? 0
  }

  static of(entries: Iterable<readonly [key: Value, value: Value]>): CelMap {
    const map = new Map<Key, readonly [Value, Value]>()
    for (const entry of entries) insertInto(map, entry)
    return new CelMap(map, undefined, undefined)
  }
  static over(entries: ReadonlyMap<Key, readonly [Value, Value]>): CelMap {
    return new CelMap(entries, undefined, undefined)
  }
  static json(json: Readonly<Record<string, unknown>>, convert: FromJson): CelMap {
    return new CelMap(undefined, json, convert)
  }

  get(key: Value): Value | undefined {
    if (this.#json) {
      if (typeof key !== 'string' || !Object.hasOwn(this.#json, key)) return undefined
      return this.#convert?.(this.#json[key])
    }
    const normal = keyOf(key)
    return normal === undefined ? undefined : this.#entries?.get(normal)?.[1]
  }
  keys(): readonly Value[] {
    this.#keys ??= [...(this.#entries?.values() ?? [])].map(([key]) => key)
    return this.#keys
  }
}

export type Entries = Map<Key, readonly [Value, Value]>
export function insertInto(map: Entries, entry: readonly [Value, Value]): void {
  const key = keyOf(entry[0])
  if (key === undefined) throw new EvaluationError('unsupported key type')
  if (map.has(key)) throw new EvaluationError(`Failed with repeated key: ${String(key)}`)
  map.set(key, entry)
}

/** Numbers that are equal are one key. */
function keyOf(value: Value): Key | undefined {
  if (typeof value === 'string' || typeof value === 'boolean' || typeof value === 'bigint') return value
  if (value instanceof Uint) return value.value
  return typeof value === 'number' && Number.isInteger(value) ? BigInt(value) : undefined
}

/** An object with declared fields; `read` gives the value of a field that is set. */
export class Struct {
  readonly celType: ObjectType
  readonly #read: (field: string) => Value | undefined
  /** The JSON it wraps, where it wraps some. */
  readonly json: Readonly<Record<string, unknown>> | undefined
  constructor(type: ObjectType, read: (field: string) => Value | undefined, json?: Readonly<Record<string, unknown>>) {
    this.celType = type
    this.#read = read
    this.json = json
  }
  get(field: string): Value | undefined {
    return this.#read(field)
  }
  /** The fields that are set. */
  fields(): string[] {
    return this.celType.fieldNames().filter(name => this.#read(name) !== undefined)
  }
}

const anyList = types.listOf(types.dyn)
const anyMap = types.mapOf(types.dyn, types.dyn)

export function typeOf(value: Value): Type {
  switch (typeof value) {
    case 'string':
      return types.string
    case 'bigint':
      return types.int
    case 'number':
      return types.double
    case 'boolean':
      return types.bool
    default:
      if (value === null) return types.nullType
      return value instanceof Uint8Array ? types.bytes : value.celType
  }
}

/** Code points: what `size` of a string is. */
export function codePoints(text: string): number {
  let count = text.length
  for (let i = 0; i < text.length - 1; i++) {
    const unit = text.charCodeAt(i)
    if (unit >= 0xd800 && unit <= 0xdbff) {
      const next = text.charCodeAt(i + 1)
      if (next >= 0xdc00 && next <= 0xdfff) {
        count--
        i++
      }
    }
  }
  return count
}

/** What the cost of a call counts. A string's UTF-16 units stand for its code points: they are there for nothing. */
export function costSize(value: Value): number {
  if (typeof value === 'string' || value instanceof Uint8Array) return value.length
  if (value instanceof List || value instanceof CelMap) return value.size
  if (value instanceof Struct) return value.celType.fieldNames().length
  return typeof value === 'object' && value !== null && 'size' in value && typeof value.size === 'number' ? value.size : 1
}

/** The value under a key of a map, or a field of an object; undefined where there is none. */
export function lookUp(container: Value, key: Value): Value | undefined {
  if (container instanceof CelMap) return container.get(key)
  if (container instanceof Struct && typeof key === 'string') return container.get(key)
  throw new EvaluationError('no such overload')
}
export function required(value: Value | undefined, key: string): Value {
  if (value === undefined) throw noSuchKey(key)
  return value
}
