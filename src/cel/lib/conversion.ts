// Conversions between the standard types, `type`, `dyn`, `size`, and optionals.
import { EvaluationError } from '../errors.ts'
import { declarations, type Overload } from '../overloads.ts'
import { formatDuration, formatTimestamp, readDuration, readTimestamp } from '../time.ts'
import { typeName } from '../types.ts'
import { codePoints, Duration, List, Optional, Timestamp, TypeValue, typeOf, Uint, type Value } from '../values.ts'
import { int64 } from './arithmetic.ts'

const { fn, method } = declarations()
const second = 1_000_000_000n

function wholeNumber(text: string, pattern: RegExp, to: string): bigint {
  if (!pattern.test(text) || text.length > 30) throw new EvaluationError(`type conversion error from 'string' to '${to}'`)
  return BigInt(text.replace(/^\+/, ''))
}

function fromDouble(value: number, overflow: string): bigint {
  if (!Number.isFinite(value)) throw new EvaluationError(overflow)
  return BigInt(Math.trunc(value))
}
const integerOverflow = 'integer overflow'

function doubleOf(text: string): number {
  const special = /^([+-]?)(?:inf|infinity)$/i.exec(text)
  if (special) return special[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
  if (/^nan$/i.test(text)) return Number.NaN
  if (text.length > 1000 || !/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text))
    throw new EvaluationError("type conversion error from 'string' to 'double'")
  return Number(text)
}

export function formatDouble(value: number): string {
  if (Number.isNaN(value)) return 'NaN'
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf'
  const size = Math.abs(value)
  if (size !== 0 && (size >= 1e21 || size < 1e-4)) return value.toExponential().replace(/e([+-])(\d)$/, 'e$10$2')
  return String(Object.is(value, -0) ? '-0' : value)
}

function readBool(text: string): boolean {
  if (['1', 't', 'T', 'true', 'TRUE', 'True'].includes(text)) return true
  if (['0', 'f', 'F', 'false', 'FALSE', 'False'].includes(text)) return false
  throw new EvaluationError("type conversion error from 'string' to 'bool'")
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
function decodeUtf8(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes)
  } catch {
    throw new EvaluationError('invalid UTF-8 in bytes, cannot convert to string')
  }
}

function read<T>(value: T | undefined, type: string): T {
  if (value === undefined) throw new EvaluationError(`type conversion error from 'string' to '${type}'`)
  return value
}

const traversal = ({ length }: { readonly length: number }): number => Math.ceil(length * 0.1)
const same = <T extends Value>(value: T): T => value

export const conversion: readonly Overload[] = [
  fn('dyn', ['T'], 'dyn', same),
  fn('type', ['T'], 'type', value => new TypeValue(typeName(typeOf(value)))),
  fn('bool', ['bool'], 'bool', same),
  fn('bool', ['string'], 'bool', readBool),
  fn('int', ['int'], 'int', same),
  fn('int', ['uint'], 'int', ({ value }) => int64(value)),
  fn('int', ['double'], 'int', value => int64(fromDouble(value, integerOverflow))),
  fn('int', ['string'], 'int', text => int64(wholeNumber(text, /^[+-]?\d+$/, 'int'))),
  fn('int', ['timestamp'], 'int', ({ nanos }) => (nanos - (((nanos % second) + second) % second)) / second),
  fn('int', ['duration'], 'int', ({ nanos }) => nanos),
  fn('uint', ['uint'], 'uint', same),
  fn('uint', ['int'], 'uint', value => new Uint(value)),
  fn('uint', ['double'], 'uint', value => new Uint(fromDouble(value, 'unsigned integer overflow'))),
  fn('uint', ['string'], 'uint', text => new Uint(wholeNumber(text, /^\d+$/, 'uint'))),
  fn('double', ['double'], 'double', same),
  fn('double', ['int'], 'double', Number),
  fn('double', ['uint'], 'double', ({ value }) => Number(value)),
  fn('double', ['string'], 'double', doubleOf),
  fn('string', ['string'], 'string', same),
  fn('string', ['bool'], 'string', String),
  fn('string', ['int'], 'string', String),
  fn('string', ['uint'], 'string', ({ value }) => String(value)),
  fn('string', ['double'], 'string', formatDouble),
  fn('string', ['bytes'], 'string', decodeUtf8, traversal),
  fn('string', ['timestamp'], 'string', formatTimestamp),
  fn('string', ['duration'], 'string', formatDuration),
  fn('bytes', ['bytes'], 'bytes', same),
  fn('bytes', ['string'], 'bytes', text => new TextEncoder().encode(text), traversal),
  fn('timestamp', ['timestamp'], 'timestamp', same),
  fn('timestamp', ['int'], 'timestamp', value => new Timestamp(value * second)),
  fn('timestamp', ['string'], 'timestamp', text => read(readTimestamp(text), 'google.protobuf.Timestamp')),
  fn('duration', ['duration'], 'duration', same),
  fn('duration', ['int'], 'duration', value => new Duration(value)),
  fn('duration', ['string'], 'duration', text => read(readDuration(text), 'google.protobuf.Duration')),
  ...sizes(),
  ...optionals(),
]

function sizes(): Overload[] {
  const ofString = (text: string) => BigInt(codePoints(text))
  const ofBytes = ({ length }: Uint8Array) => BigInt(length)
  const ofItems = ({ size }: { readonly size: number }) => BigInt(size)
  return [
    fn('size', ['string'], 'int', ofString),
    fn('size', ['bytes'], 'int', ofBytes),
    fn('size', ['list(T)'], 'int', ofItems),
    fn('size', ['map(K, V)'], 'int', ofItems),
    method('string', 'size', [], 'int', ofString),
    method('bytes', 'size', [], 'int', ofBytes),
    method('list(T)', 'size', [], 'int', ofItems),
    method('map(K, V)', 'size', [], 'int', ofItems),
  ]
}

function isZero(value: Value): boolean {
  if (value === null || value === false || value === 0n || value === 0 || value === '') return true
  if (value instanceof Uint) return value.value === 0n
  if (value instanceof Duration) return value.nanos === 0n
  if (value instanceof Uint8Array) return value.length === 0
  return typeof value === 'object' && 'size' in value && value.size === 0
}

function optionals(): Overload[] {
  const planned = (): never => {
    throw new Error('planned by itself')
  }
  return [
    fn('optional.of', ['T'], 'optional_type(T)', value => Optional.of(value)),
    fn('optional.ofNonZeroValue', ['T'], 'optional_type(T)', value => (isZero(value) ? Optional.none : Optional.of(value))),
    fn('optional.none', [], 'optional_type(T)', () => Optional.none),
    fn('optional.unwrap', ['list(optional_type(T))'], 'list(T)', unwrap, list => 1 + list.size * 0.1),
    method('list(optional_type(T))', 'unwrapOpt', [], 'list(T)', unwrap, list => 1 + list.size * 0.1),
    method('optional_type(T)', 'hasValue', [], 'bool', ({ value }) => value !== undefined),
    method('optional_type(T)', 'value', [], 'T', ({ value }) => {
      if (value === undefined) throw new EvaluationError('optional.none() dereference')
      return value
    }),
    method('optional_type(T)', 'or', ['optional_type(T)'], 'optional_type(T)', planned),
    method('optional_type(T)', 'orValue', ['T'], 'T', planned),
  ]
}

function unwrap(list: List): List {
  return List.of(list.toArray().flatMap(held => (held instanceof Optional && held.value !== undefined ? [held.value] : [])))
}
