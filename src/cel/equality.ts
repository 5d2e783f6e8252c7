// When two values are equal and how they are ordered. Numbers compare across their types; whatever else differs in type
// is unequal. What is compared below the first level is metered: lists may share their parts and so be far larger than
// what was paid for them.
import { EvaluationError, noSuchOverload } from './errors.ts'
import { CelMap, Duration, List, lookUp, Optional, Struct, Timestamp, TypeValue, Uint, type Value } from './values.ts'

/** Who pays. */
export interface Meter {
  readonly charge: (cost: number) => void
}

const stepsPerCost = 16

export function equal(a: Value, b: Value, meter: Meter): boolean {
  if (a === b) return typeof a !== 'number' || !Number.isNaN(a)
  if (typeof a === 'string' || typeof b === 'string' || typeof a === 'boolean' || a === null || b === null) return false
  let steps = 0
  const compare = (x: Value, y: Value): boolean => {
    if (++steps % stepsPerCost === 0) meter.charge(1)
    if (typeof x !== 'object' || x === null || typeof y !== 'object' || y === null) return equalScalars(x, y)
    if (x instanceof List) return y instanceof List && equalLists(x, y, compare)
    if (x instanceof CelMap || x instanceof Struct) return equalMaps(x, y, compare)
    if (x instanceof Optional && y instanceof Optional)
      return x.value === undefined || y.value === undefined ? x.value === y.value : compare(x.value, y.value)
    return equalScalars(x, y)
  }
  return compare(a, b)
}

function equalScalars(a: Value, b: Value): boolean {
  const [x, y] = [numberOf(a), numberOf(b)]
  if (x !== undefined && y !== undefined) return typeof x === typeof y ? x === y : x <= y && x >= y
  if (typeof a !== 'object' || a === null || typeof b !== 'object' || b === null) return a === b
  if (a instanceof Uint8Array) return b instanceof Uint8Array && Buffer.compare(a, b) === 0
  if (a instanceof Timestamp) return b instanceof Timestamp && a.nanos === b.nanos
  if (a instanceof Duration) return b instanceof Duration && a.nanos === b.nanos
  if (a instanceof TypeValue) return b instanceof TypeValue && a.name === b.name
  if ('equals' in a && 'equals' in b) return a.equals(b)
  return false
}

type Compare = (a: Value, b: Value) => boolean

function equalLists(a: List, b: List, compare: Compare): boolean {
  if (a.size !== b.size) return false
  if (a.semantics || b.semantics) return equalUnordered(a, b, compare)
  for (let i = 0; i < a.size; i++) if (!compare(a.at(i), b.at(i))) return false
  return true
}

/** Sets, and lists whose elements are told apart by keys. */
function equalUnordered(a: List, b: List, compare: Compare): boolean {
  const semantics = a.semantics ?? b.semantics
  const identities = new Map(a.toArray().map(element => [identityOf(element, semantics), element]))
  return b.toArray().every(element => {
    const other = identities.get(identityOf(element, semantics))
    return other !== undefined && compare(other, element)
  })
}

/** By what an element of a set or of a list with keys is known. */
export function identityOf(element: Value, semantics: List['semantics']): unknown {
  if (semantics?.kind !== 'map') return scalarIdentity(element)
  return JSON.stringify(semantics.keys.map(key => String(scalarIdentity(lookUp(element, key) ?? null))))
}
const scalarIdentity = (value: Value): unknown =>
  value instanceof Timestamp || value instanceof Duration ? value.nanos : value instanceof Uint8Array ? value.toString() : value

function equalMaps(a: CelMap | Struct, b: Value, compare: Compare): boolean {
  if (a instanceof Struct && b instanceof Struct && a.celType.name !== b.celType.name) return false
  if (!(b instanceof CelMap || b instanceof Struct)) return false
  const [keys, others] = [keysOf(a), keysOf(b)]
  return (
    keys.length === others.length &&
    keys.every(key => {
      const [x, y] = [lookUp(a, key), lookUp(b, key)]
      return x !== undefined && y !== undefined && compare(x, y)
    })
  )
}
const keysOf = (map: CelMap | Struct): readonly Value[] => (map instanceof Struct ? map.fields() : map.keys())

export function numberOf(value: Value): bigint | number | undefined {
  if (typeof value === 'bigint' || typeof value === 'number') return value
  return value instanceof Uint ? value.value : undefined
}

/** Negative, zero or positive; NaN where a number is none. */
export function order(a: Value, b: Value): number {
  const [x, y] = [numberOf(a), numberOf(b)]
  if (x !== undefined && y !== undefined) return x < y ? -1 : x > y ? 1 : x >= y ? 0 : Number.NaN
  if (typeof a === 'string' && typeof b === 'string') return orderStrings(a, b)
  if (typeof a === 'boolean' && typeof b === 'boolean') return Number(a) - Number(b)
  if (a instanceof Uint8Array && b instanceof Uint8Array) return Buffer.compare(a, b)
  if ((a instanceof Timestamp && b instanceof Timestamp) || (a instanceof Duration && b instanceof Duration))
    return a.nanos < b.nanos ? -1 : a.nanos > b.nanos ? 1 : 0
  throw noSuchOverload()
}

/** By code points, which UTF-16 units are not in the order of. */
function orderStrings(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const [x, y] = [a.charCodeAt(i), b.charCodeAt(i)]
    if (x === y) continue
    const [xIsPair, yIsPair] = [x >= 0xd800 && x <= 0xdfff, y >= 0xd800 && y <= 0xdfff]
    return xIsPair === yIsPair ? x - y : xIsPair ? 1 : -1
  }
  return a.length - b.length
}

export function indexIn(index: Value): number {
  if (typeof index === 'bigint') return Number(index)
  if (index instanceof Uint) return Number(index.value)
  if (typeof index === 'number' && Number.isInteger(index)) return index
  throw new EvaluationError(`unsupported index type '${typeof index === 'string' ? 'string' : 'dyn'}' in list`)
}
