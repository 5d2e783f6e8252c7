// Functions of lists: Kubernetes' own, cel-go's list extension, and the set functions.
import { equal, type Meter, order } from '../equality.ts'
import { EvaluationError, noSuchOverload } from '../errors.ts'
import { declarations, type Overload } from '../overloads.ts'
import { CelMap, costSize, Duration, List, Optional, Uint, type Value } from '../values.ts'
import { int64 } from './arithmetic.ts'

const { fn, method } = declarations()

const mostItems = 10_000_000

/** Upstream's traversal: strings and bytes by a tenth of their length, containers by their elements, others 1. */
function traversal(value: Value): number {
  if (typeof value === 'string' || value instanceof Uint8Array) return value.length * 0.1
  if (value instanceof CelMap) return value.size
  if (!(value instanceof List)) return 1
  if (value.size > mostItems) return value.size
  let cost = 0
  for (let i = 0; i < value.size; i++) {
    const item = value.at(i)
    cost += typeof item === 'string' || item instanceof Uint8Array ? item.length * 0.1 : costSize(item)
  }
  return Math.floor(cost)
}

const comparable = ['int', 'uint', 'double', 'bool', 'duration', 'timestamp', 'string', 'bytes'] as const

function isSorted(list: List): boolean {
  for (let i = 1; i < list.size; i++) if (order(list.at(i - 1), list.at(i)) > 0) return false
  return true
}

function extreme(name: 'min' | 'max'): (list: List) => Value {
  const sign = name === 'min' ? -1 : 1
  return list => {
    if (list.size === 0) throw new EvaluationError(`${name} called on empty list`)
    return list.toArray().reduce((best, item) => (order(item, best) * sign > 0 ? item : best))
  }
}

function add(a: Value, b: Value): Value {
  if (typeof a === 'bigint' && typeof b === 'bigint') return int64(a + b)
  if (typeof a === 'number' && typeof b === 'number') return a + b
  if (a instanceof Uint && b instanceof Uint) return new Uint(a.value + b.value)
  if (a instanceof Duration && b instanceof Duration) return new Duration(a.nanos + b.nanos)
  throw noSuchOverload()
}
const sum = (zero: Value) => (list: List) => (list.size === 0 ? zero : list.toArray().reduce(add))

function indexOf(list: List, item: Value, meter: Meter): bigint {
  for (let i = 0; i < list.size; i++) if (equal(list.at(i), item, meter)) return BigInt(i)
  return -1n
}
function lastIndexOf(list: List, item: Value, meter: Meter): bigint {
  for (let i = list.size - 1; i >= 0; i--) if (equal(list.at(i), item, meter)) return BigInt(i)
  return -1n
}

const kubernetes: readonly Overload[] = [
  ...comparable.flatMap(type => [
    method(`list(${type})`, 'isSorted', [], 'bool', isSorted, traversal),
    method(`list(${type})`, 'min', [], 'T', extreme('min'), traversal),
    method(`list(${type})`, 'max', [], 'T', extreme('max'), traversal),
  ]),
  method('list(int)', 'sum', [], 'T', sum(0n), traversal),
  method('list(uint)', 'sum', [], 'T', sum(new Uint(0n)), traversal),
  method('list(double)', 'sum', [], 'T', sum(0), traversal),
  method('list(duration)', 'sum', [], 'T', sum(new Duration(0n)), traversal),
  method('list(T)', 'indexOf', ['T'], 'int', indexOf, traversal),
  method('list(T)', 'lastIndexOf', ['T'], 'int', lastIndexOf, traversal),
].map(resultFromElement)

/** `T` is the element's type: these are declared once a type. */
function resultFromElement(overload: Overload): Overload {
  const [list] = overload.params
  return overload.result.kind === 'param' && list?.kind === 'list' ? { ...overload, result: list.item } : overload
}

function slice(list: List, from: bigint, to: bigint): List {
  if (from < 0n || to < 0n) throw new EvaluationError(`cannot slice(${from}, ${to}), negative indexes not supported`)
  if (from > to) throw new EvaluationError(`cannot slice(${from}, ${to}), start index must be less than or equal to end index`)
  if (to > BigInt(list.size)) throw new EvaluationError(`cannot slice(${from}, ${to}), list is length ${list.size}`)
  return List.of(Array.from({ length: Number(to - from) }, (_, i) => list.at(Number(from) + i)))
}

function flatten(list: List, depth: bigint, meter: Meter): List {
  if (depth < 0n) throw new EvaluationError('level must be non-negative')
  const flat: Value[] = []
  const walk = (items: List, left: bigint): void => {
    meter.charge(items.size)
    for (const item of items.toArray()) {
      if (item instanceof List && left > 0n) walk(item, left - 1n)
      else flat.push(item)
    }
  }
  walk(list, depth)
  return List.of(flat)
}

function distinct(list: List, meter: Meter): List {
  const kept: Value[] = []
  const scalars = new Set<Value>()
  for (const item of list.toArray()) {
    if (typeof item === 'string' || typeof item === 'boolean') {
      if (scalars.has(item)) continue
      scalars.add(item)
    } else {
      meter.charge(kept.length * 0.1)
      if (kept.some(other => equal(other, item, meter))) continue
    }
    kept.push(item)
  }
  return List.of(kept)
}

const sortable = (list: List, by: (item: Value, i: number) => Value = item => item): List => {
  const keyed = list.toArray().map((item, i) => ({ item, key: by(item, i) }))
  const [first] = keyed
  if (first && keyed.some(({ key }) => typeof key !== typeof first.key)) throw new EvaluationError('list elements must have the same type')
  return List.of(keyed.toSorted((a, b) => order(a.key, b.key)).map(({ item }) => item))
}

const optionalAt = (list: List, index: number): Optional => Optional.of(list.size === 0 ? undefined : list.at(index))

const linear = ({ size }: List): number => 1 + size
const sorting = (list: List): number => traversal(list) + list.size * Math.ceil(Math.log2(list.size + 1))

const extended: readonly Overload[] = [
  method('list(T)', 'slice', ['int', 'int'], 'list(T)', slice, linear),
  method('list(list(T))', 'flatten', [], 'list(T)', (list, meter) => flatten(list, 1n, meter)),
  method('list(dyn)', 'flatten', ['int'], 'list(dyn)', flatten),
  ...comparable.map(type => method(`list(${type})`, 'sort', [], `list(${type})`, list => sortable(list), sorting)),
  ...comparable.map(type =>
    fn('@sortByAssociatedKeys', ['list(T)', `list(${type})`], 'list(T)', (list, keys) => sortable(list, (_, i) => keys.at(i)), sorting),
  ),
  method('list(T)', 'distinct', [], 'list(T)', distinct, linear),
  method('list(T)', 'reverse', [], 'list(T)', list => List.of(list.toArray().toReversed()), linear),
  method('list(T)', 'first', [], 'optional_type(T)', list => optionalAt(list, 0)),
  method('list(T)', 'last', [], 'optional_type(T)', list => optionalAt(list, list.size - 1)),
  fn(
    'lists.range',
    ['int'],
    'list(int)',
    count => List.of(Array.from({ length: Math.max(0, Number(count)) }, (_, i) => BigInt(i))),
    count => 1 + Math.max(0, Number(count)),
  ),
]

function containsAll(list: List, items: List, meter: Meter): boolean {
  return items.toArray().every(item => list.toArray().some(other => equal(item, other, meter)))
}
const product = (a: List, b: List): number => 1 + a.size * b.size

const sets: readonly Overload[] = [
  fn('sets.contains', ['list(T)', 'list(T)'], 'bool', containsAll, product),
  fn('sets.equivalent', ['list(T)', 'list(T)'], 'bool', (a, b, meter) => containsAll(a, b, meter) && containsAll(b, a, meter), product),
  fn(
    'sets.intersects',
    ['list(T)', 'list(T)'],
    'bool',
    (a, b, meter) => a.toArray().some(item => b.toArray().some(other => equal(item, other, meter))),
    product,
  ),
]

export const listFunctions: readonly Overload[] = [...kubernetes, ...extended, ...sets]
