// `'%s is %d'.format([...])`, cel-go's formatter: its verbs, its precision, its words for what does not fit.
import type { Meter } from '../equality.ts'
import { EvaluationError } from '../errors.ts'
import { formatDuration, formatTimestamp } from '../time.ts'
import { typeName } from '../types.ts'
import { CelMap, Duration, List, Optional, Struct, Timestamp, TypeValue, typeOf, Uint, type Value } from '../values.ts'
import { formatDouble } from './conversion.ts'

const maxPrecision = 100

export function format(text: string, args: List, meter: Meter): string {
  let next = 0
  return text.replace(/%(?:(%)|(?:\.(\d+))?([a-zA-Z])?)/g, (_, percent, digits, verb) => {
    if (percent) return '%'
    if (verb === undefined) throw new EvaluationError('unexpected end of format string')
    const write = Object.hasOwn(verbs, verb) ? verbs[verb] : undefined
    if (!write) throw new EvaluationError(`could not parse formatting clause: unrecognized formatting clause "${verb}"`)
    if (next >= args.size) throw new EvaluationError(`index ${next} out of range`)
    const precision = digits === undefined ? undefined : Number(digits)
    if (precision !== undefined && precision > maxPrecision) throw new EvaluationError(`precision ${precision} is too large`)
    const written = write(args.at(next++), precision, meter)
    meter.charge(written.length * 0.1)
    return written
  })
}

type Verb = (value: Value, precision: number | undefined, meter: Meter) => string

const unfit = (what: string, value: Value): EvaluationError =>
  new EvaluationError(`error during formatting: ${what}, was given ${typeName(typeOf(value))}`)

function whole(value: Value): bigint | undefined {
  return typeof value === 'bigint' ? value : value instanceof Uint ? value.value : undefined
}
function floating(value: Value, verb: string): number {
  const number = typeof value === 'number' ? value : whole(value)
  if (number === undefined) throw unfit(`${verb} clause can only be used on doubles, integers, and uints`, value)
  return Number(number)
}
const special = (value: number): string => (Number.isNaN(value) ? 'NaN' : value > 0 ? 'Infinity' : '-Infinity')

const hex = (value: Value): string => {
  const number = whole(value)
  if (number !== undefined) return number.toString(16)
  if (typeof value === 'string') return Buffer.from(value).toString('hex')
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex')
  throw unfit('only integers, byte buffers, and strings can be formatted as hex', value)
}

const verbs: Readonly<Record<string, Verb>> = {
  s: (value, _, meter) => show(value, meter),
  d: value => {
    const number = whole(value)
    if (number !== undefined) return String(number)
    if (typeof value === 'number' && !Number.isFinite(value)) return special(value)
    throw unfit('decimal clause can only be used on integers', value)
  },
  f: (value, precision = 6) => {
    const number = floating(value, 'fixed-point')
    return Number.isFinite(number) ? number.toFixed(precision) : special(number)
  },
  e: (value, precision = 6) => {
    const number = floating(value, 'scientific')
    return Number.isFinite(number) ? number.toExponential(precision).replace(/e([+-])(\d)$/, 'e$10$2') : special(number)
  },
  b: value => {
    if (typeof value === 'boolean') return value ? '1' : '0'
    const number = whole(value)
    if (number === undefined) throw unfit('only integers and bools can be formatted as binary', value)
    return number.toString(2)
  },
  o: value => {
    const number = whole(value)
    if (number === undefined) throw unfit('octal clause can only be used on integers', value)
    return number.toString(8)
  },
  x: hex,
  X: value => hex(value).toUpperCase(),
}

/** `%s` of any value; every part is paid for, as containers may hold one part many times. */
function show(value: Value, meter: Meter): string {
  meter.charge(0.1)
  if (typeof value === 'string') return value
  if (typeof value === 'number') return Number.isFinite(value) ? formatDouble(value) : special(value)
  if (typeof value !== 'object' || value === null) return String(value)
  if (value instanceof Uint) return String(value.value)
  if (value instanceof Uint8Array) return Buffer.from(value).toString()
  if (value instanceof Timestamp) return formatTimestamp(value)
  if (value instanceof Duration) return formatDuration(value)
  if (value instanceof TypeValue) return value.name
  if (value instanceof List) {
    meter.charge(value.size * 0.1)
    const parts: string[] = []
    for (const item of value.toArray()) parts.push(paidFor(show(item, meter), meter))
    return `[${parts.join(', ')}]`
  }
  if (value instanceof CelMap) {
    const entries = value.keys().map(key => `${show(key, meter)}: ${paidFor(show(value.get(key) ?? null, meter), meter)}`)
    return `{${entries.toSorted().join(', ')}}`
  }
  if (value instanceof Struct || value instanceof Optional)
    throw unfit(
      'string clause can only be used on strings, bools, bytes, ints, doubles, maps, lists, types, durations, and timestamps',
      value,
    )
  throw unfit(
    'string clause can only be used on strings, bools, bytes, ints, doubles, maps, lists, types, durations, and timestamps',
    value,
  )
}

function paidFor(text: string, meter: Meter): string {
  meter.charge(text.length * 0.1)
  return text
}
