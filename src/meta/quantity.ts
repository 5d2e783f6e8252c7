// Amounts of resources (`100m`, `64Mi`, `1e3`), exact. Upstream keeps nothing finer than a nano unit and rounds finer
// amounts away from zero, so an amount is a whole number of nanos beside the family of suffixes it was written with.
import { assert } from '../base/assert.ts'

export interface Quantity {
  readonly nanos: bigint
  readonly format: 'decimal' | 'binary' | 'exponent'
}

/** Takes what the API takes, canonical or not. The error texts are upstream's. */
export function readQuantity(text: string): { readonly value: Quantity } | { readonly error: string } {
  // A suffix does not begin with a digit: were it open which digits belong to it, each would be tried.
  const match = /^([+-]?)(\d*)(?:\.(\d*))?((?:[eEinumkKMGTP]+[-+]?|[-+])\d*|)$/.exec(text)
  const [, sign = '', whole = '', fraction = '', suffix = ''] = match ?? []
  if (!match || !/^[+-]?[\d.]/.test(text)) return { error: wrongFormat }
  if ((whole === '' && fraction === '') || whole.length + fraction.length > maxDigits)
    return { error: 'unable to parse numeric part of quantity' }
  const unit = readSuffix(suffix)
  if (!unit) return { error: "unable to parse quantity's suffix" }
  const digits = BigInt(whole + fraction) * unit.factor
  const power = unit.power + 9 - fraction.length
  let nanos = power >= 0 ? digits * 10n ** BigInt(power) : divideUp(digits, 10n ** BigInt(-power))
  // Also what is written with a large exponent and many digits: its canonical text could not be read again.
  if (nanos >= tooMuch) return { error: 'unable to parse numeric part of quantity' }
  if (unit.format === 'binary' && nanos > maxBinary) nanos = maxBinary
  const format = unit.format === 'binary' && nanos < nano ? 'decimal' : unit.format
  return { value: { nanos: sign === '-' ? -nanos : nanos, format } }
}

/** For text that is known to be a quantity, such as a stored field. */
export function parseQuantity(text: string): Quantity {
  const read = readQuantity(text)
  assert('value' in read, `not a quantity: ${text}`)
  return read.value
}

/** Canonical text, with the largest suffix that needs no fraction: `1500m`, `1536Mi`, `12e6`. */
export function formatQuantity({ nanos, format }: Quantity): string {
  if (nanos === 0n) return '0'
  if (format === 'binary' && nanos % nano === 0n && abs(nanos) >= 1024n * nano) {
    const [mantissa, steps] = takeOut(nanos / nano, 1024n, binarySuffixes.length - 1)
    return `${mantissa}${binarySuffixes[steps]}`
  }
  const [mantissa, steps] = takeOut(nanos, 1000n, Number.POSITIVE_INFINITY)
  const power = steps * 3 - 9
  const suffix = format === 'exponent' ? undefined : decimalSuffixes[steps]
  return `${mantissa}${suffix ?? (power === 0 ? '' : `e${power}`)}`
}

/** The stored form of a quantity; the `CanonicalQuantity` of schema/decode.ts. */
export function canonicalQuantity(text: string): { readonly value: string } | { readonly error: string } {
  if (plainlyCanonical.test(text)) return { value: text }
  const read = readQuantity(text)
  return 'error' in read ? read : { value: formatQuantity(read.value) }
}

export function compareQuantity(a: Quantity, b: Quantity): -1 | 0 | 1 {
  return a.nanos < b.nanos ? -1 : a.nanos > b.nanos ? 1 : 0
}
/** The sum is written as `a` is, or as `b` where `a` is nothing. */
export function addQuantity(a: Quantity, b: Quantity): Quantity {
  return { nanos: a.nanos + b.nanos, format: a.nanos === 0n ? b.format : a.format }
}
export function subtractQuantity(a: Quantity, b: Quantity): Quantity {
  return { nanos: a.nanos - b.nanos, format: a.nanos === 0n ? b.format : a.format }
}
export function multiplyQuantity(a: Quantity, by: bigint): Quantity {
  return { nanos: a.nanos * by, format: a.format }
}
export function quantityOf(value: bigint | number, format: Quantity['format'] = 'decimal'): Quantity {
  return { nanos: BigInt(value) * nano, format }
}
export function quantityOfMilli(value: bigint | number, format: Quantity['format'] = 'decimal'): Quantity {
  return { nanos: BigInt(value) * 1_000_000n, format }
}

/** Whole units, rounded away from zero: bytes of memory, counts. Precise up to 2^53. */
export function quantityValue({ nanos }: Quantity): number {
  return Number(divideUp(nanos, nano))
}
/** Thousandths, rounded away from zero: milli-CPU. */
export function quantityMilliValue({ nanos }: Quantity): number {
  return Number(divideUp(nanos, 1_000_000n))
}

const wrongFormat = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
/** A mantissa below 1000 that is not zero is never divisible by its family's step. */
const plainlyCanonical = /^[1-9]\d{0,2}(?:m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi)?$/
const decimalSuffixes = ['n', 'u', 'm', '', 'k', 'M', 'G', 'T', 'P', 'E']
const binarySuffixes = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei']
const nano = 1_000_000_000n
const maxBinary = (2n ** 63n - 1n) * nano
/** Far beyond any sense, and small enough to compute with. */
const maxExponent = 400
const maxDigits = 1000
const tooMuch = 10n ** BigInt(maxExponent) * nano

function readSuffix(suffix: string): { format: Quantity['format']; power: number; factor: bigint } | undefined {
  const decimal = decimalSuffixes.indexOf(suffix)
  if (decimal >= 0) return { format: 'decimal', power: decimal * 3 - 9, factor: 1n }
  const binary = binarySuffixes.indexOf(suffix)
  if (binary >= 0) return { format: 'binary', power: 0, factor: 1024n ** BigInt(binary) }
  const power = Number(/^[eE]([-+]?\d+)$/.exec(suffix)?.[1] ?? Number.NaN)
  return Math.abs(power) <= maxExponent ? { format: 'exponent', power, factor: 1n } : undefined
}

function takeOut(value: bigint, step: bigint, maxSteps: number): [mantissa: bigint, steps: number] {
  let [mantissa, steps] = [value, 0]
  while (steps < maxSteps && mantissa % step === 0n) {
    mantissa /= step
    steps++
  }
  return [mantissa, steps]
}

function divideUp(value: bigint, by: bigint): bigint {
  const whole = value / by
  if (value % by === 0n) return whole
  return value < 0n ? whole - 1n : whole + 1n
}

function abs(value: bigint): bigint {
  return value < 0n ? -value : value
}
