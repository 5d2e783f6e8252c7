// Operators on numbers, times and durations, and the order of everything that has one. Integers do not wrap: they fail.
import { identityOf, order } from '../equality.ts'
import { EvaluationError } from '../errors.ts'
import { declarations, type Overload } from '../overloads.ts'
import { Duration, List, Timestamp, Uint, type Value } from '../values.ts'

const { fn } = declarations()

export function int64(value: bigint): bigint {
  if (value !== BigInt.asIntN(64, value)) throw new EvaluationError('integer overflow')
  return value
}
function nonZero<T extends bigint>(value: T, what: string): T {
  if (value === 0n) throw new EvaluationError(what)
  return value
}
const divisionByZero = 'division by zero'
const modulusByZero = 'modulus by zero'

const numbers: readonly Overload[] = [
  fn('_+_', ['int', 'int'], 'int', (a, b) => int64(a + b)),
  fn('_-_', ['int', 'int'], 'int', (a, b) => int64(a - b)),
  fn('_*_', ['int', 'int'], 'int', (a, b) => int64(a * b)),
  fn('_/_', ['int', 'int'], 'int', (a, b) => int64(a / nonZero(b, divisionByZero))),
  fn('_%_', ['int', 'int'], 'int', (a, b) => a % nonZero(b, modulusByZero)),
  fn('-_', ['int'], 'int', a => int64(-a)),
  fn('_+_', ['uint', 'uint'], 'uint', (a, b) => new Uint(a.value + b.value)),
  fn('_-_', ['uint', 'uint'], 'uint', (a, b) => new Uint(a.value - b.value)),
  fn('_*_', ['uint', 'uint'], 'uint', (a, b) => new Uint(a.value * b.value)),
  fn('_/_', ['uint', 'uint'], 'uint', (a, b) => new Uint(a.value / nonZero(b.value, divisionByZero))),
  fn('_%_', ['uint', 'uint'], 'uint', (a, b) => new Uint(a.value % nonZero(b.value, modulusByZero))),
  fn('_+_', ['double', 'double'], 'double', (a, b) => a + b),
  fn('_-_', ['double', 'double'], 'double', (a, b) => a - b),
  fn('_*_', ['double', 'double'], 'double', (a, b) => a * b),
  fn('_/_', ['double', 'double'], 'double', (a, b) => a / b),
  fn('-_', ['double'], 'double', a => -a),
  fn('_+_', ['timestamp', 'duration'], 'timestamp', (a, b) => new Timestamp(a.nanos + b.nanos)),
  fn('_+_', ['duration', 'timestamp'], 'timestamp', (a, b) => new Timestamp(a.nanos + b.nanos)),
  fn('_+_', ['duration', 'duration'], 'duration', (a, b) => new Duration(a.nanos + b.nanos)),
  fn('_-_', ['timestamp', 'timestamp'], 'duration', (a, b) => new Duration(a.nanos - b.nanos)),
  fn('_-_', ['timestamp', 'duration'], 'timestamp', (a, b) => new Timestamp(a.nanos - b.nanos)),
  fn('_-_', ['duration', 'duration'], 'duration', (a, b) => new Duration(a.nanos - b.nanos)),
  fn('-_', ['duration'], 'duration', a => new Duration(-a.nanos)),
]

const copying = (a: { readonly length: number }, b: { readonly length: number }): number => Math.ceil((a.length + b.length) * 0.1)
const comparing = (a: { readonly length: number }, b: { readonly length: number }): number => Math.ceil(Math.min(a.length, b.length) * 0.1)

const joined: readonly Overload[] = [
  fn('_+_', ['string', 'string'], 'string', (a, b) => a + b, copying),
  fn('_+_', ['bytes', 'bytes'], 'bytes', (a, b) => Uint8Array.from(Buffer.concat([a, b])), copying),
  fn(
    '_+_',
    ['list(T)', 'list(T)'],
    'list(T)',
    (a, b) => (a.semantics ? merge(a, b) : List.joined(a, b)),
    (a, b) => (a.semantics ? 1 + Math.ceil((a.size + b.size) * 0.1) : 1),
  ),
]

/** Sets are united; of lists with keys the right one's elements take the place of those with their key. */
function merge(a: List, b: List): List {
  const merged = [...a.toArray()]
  const places = new Map(merged.map((element, i) => [identityOf(element, a.semantics), i]))
  for (const element of b.toArray()) {
    const identity = identityOf(element, a.semantics)
    const place = places.get(identity)
    if (place === undefined) places.set(identity, merged.push(element) - 1)
    else if (a.semantics?.kind === 'map') merged[place] = element
  }
  return List.of(merged, a.semantics)
}

const comparisons: Readonly<Record<string, (order: number) => boolean>> = {
  '_<_': n => n < 0,
  '_<=_': n => n <= 0,
  '_>_': n => n > 0,
  '_>=_': n => n >= 0,
}
const numeric = ['int', 'uint', 'double'] as const

const ordered: readonly Overload[] = Object.entries(comparisons).flatMap(([name, holds]) => {
  const compare = (a: Value, b: Value) => holds(order(a, b))
  return [
    ...numeric.flatMap(left => numeric.map(right => fn(name, [left, right], 'bool', compare))),
    fn(name, ['string', 'string'], 'bool', compare, comparing),
    fn(name, ['bytes', 'bytes'], 'bool', compare, comparing),
    fn(name, ['bool', 'bool'], 'bool', compare),
    fn(name, ['timestamp', 'timestamp'], 'bool', compare),
    fn(name, ['duration', 'duration'], 'bool', compare),
  ]
})

/** The planner does these itself: here are their types. */
const never = (): never => {
  throw new Error('planned by itself')
}
const special: readonly Overload[] = [
  fn('_&&_', ['bool', 'bool'], 'bool', never),
  fn('_||_', ['bool', 'bool'], 'bool', never),
  fn('!_', ['bool'], 'bool', a => !a),
  fn('_?_:_', ['bool', 'T', 'T'], 'T', never),
  fn('_==_', ['T', 'T'], 'bool', never),
  fn('_!=_', ['T', 'T'], 'bool', never),
  fn('@not_strictly_false', ['bool'], 'bool', never),
  fn('@in', ['T', 'list(T)'], 'bool', never),
  fn('@in', ['T', 'map(T, V)'], 'bool', never),
  fn('_[_]', ['list(T)', 'int'], 'T', never),
  fn('_[_]', ['map(K, V)', 'K'], 'V', never),
  fn('_[_]', ['optional_type(list(T))', 'int'], 'optional_type(T)', never),
  fn('_[_]', ['optional_type(map(K, V))', 'K'], 'optional_type(V)', never),
  fn('_[?_]', ['list(T)', 'int'], 'optional_type(T)', never),
  fn('_[?_]', ['map(K, V)', 'K'], 'optional_type(V)', never),
  fn('_[?_]', ['optional_type(list(T))', 'int'], 'optional_type(T)', never),
  fn('_[?_]', ['optional_type(map(K, V))', 'K'], 'optional_type(V)', never),
  fn('cel.@mapInsert', ['map(K, V)', 'K', 'V'], 'map(K, V)', never),
  fn('cel.@mapInsert', ['map(K, V)', 'map(K, V)'], 'map(K, V)', never),
]

export const arithmetic: readonly Overload[] = [...special, ...numbers, ...joined, ...ordered]
