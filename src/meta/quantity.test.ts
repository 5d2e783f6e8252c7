import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  addQuantity,
  canonicalQuantity,
  compareQuantity,
  formatQuantity,
  multiplyQuantity,
  parseQuantity,
  type Quantity,
  quantityMilliValue,
  quantityOf,
  quantityOfMilli,
  quantityValue,
  readQuantity,
  subtractQuantity,
} from './quantity.ts'

test('canonical text', () => {
  const rows: [string, string][] = [
    ['0', '0'],
    ['0m', '0'],
    ['0Ki', '0'],
    ['-0', '0'],
    ['1', '1'],
    ['+1', '1'],
    ['-1', '-1'],
    ['01', '1'],
    ['1.', '1'],
    ['.5', '500m'],
    ['0.5', '500m'],
    ['1.5', '1500m'],
    ['0.1', '100m'],
    ['1.50', '1500m'],
    ['1000m', '1'],
    ['1500m', '1500m'],
    ['1000', '1k'],
    ['1234', '1234'],
    ['10000k', '10M'],
    ['1000E', '1e21'],
    ['0.1m', '100u'],
    ['0.001n', '1n'],
    ['-0.001n', '-1n'],
    ['1.2345', '1234500u'],
    ['1024', '1024'],
    ['1Ki', '1Ki'],
    ['1024Ki', '1Mi'],
    ['1024Mi', '1Gi'],
    ['1536Mi', '1536Mi'],
    ['1.5Gi', '1536Mi'],
    ['0.5Ki', '512'],
    ['0.5Mi', '512Ki'],
    ['1.1Ki', '1126400m'],
    ['0.001Ki', '1024m'],
    ['8Ei', '9223372036854775807'],
    ['1e3', '1e3'],
    ['1E3', '1e3'],
    ['12e6', '12e6'],
    ['1e1', '10'],
    ['1e2', '100'],
    ['5e-3', '5e-3'],
    ['1E', '1E'],
    ['100M', '100M'],
    ['128974848', '128974848'],
    ['129e6', '129e6'],
    ['18446744073709551616', '18446744073709551616'],
  ]
  for (const [text, canonical] of rows) assert.deepEqual(canonicalQuantity(text), { value: canonical }, text)
})

test('what is no quantity is refused', () => {
  const format = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
  const suffix = "unable to parse quantity's suffix"
  const rows: [string, string][] = [
    ['', format],
    ['x', format],
    ['Mi', format],
    ['1 Mi', format],
    ['1MB', format],
    ['0x10', format],
    ['--1', format],
    ['.', 'unable to parse numeric part of quantity'],
    ['-', format],
    ['1mi', suffix],
    ['1KI', format],
    ['1K', suffix],
    ['1e', suffix],
    ['1MM', suffix],
    ['1e999999999', suffix],
  ]
  for (const [text, error] of rows) assert.deepEqual(readQuantity(text), { error }, text)
})

test('numbers are rounded away from zero', () => {
  const rows: [string, number, number][] = [
    ['1', 1, 1000],
    ['100m', 1, 100],
    ['1500m', 2, 1500],
    ['1u', 1, 1],
    ['-1500m', -2, -1500],
    ['64Mi', 67108864, 67108864000],
    ['1e3', 1000, 1e6],
  ]
  for (const [text, value, milli] of rows) {
    assert.deepEqual([quantityValue(parseQuantity(text)), quantityMilliValue(parseQuantity(text))], [value, milli], text)
  }
  assert.equal(formatQuantity(quantityOfMilli(2500)), '2500m')
  assert.equal(formatQuantity(quantityOf(1024 ** 3, 'binary')), '1Gi')
})

const quantities: fc.Arbitrary<Quantity> = fc.record({
  nanos: fc.oneof(
    fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }),
    fc.bigInt({ min: -(2n ** 40n), max: 2n ** 40n }).map(n => n * 10n ** 9n),
  ),
  format: fc.constantFrom('decimal', 'binary', 'exponent'),
})

test('canonical text keeps the amount and is canonical again', () => {
  fc.assert(
    fc.property(quantities, quantity => {
      const text = formatQuantity(quantity)
      const read = parseQuantity(text)
      const magnitude = quantity.nanos < 0n ? -quantity.nanos : quantity.nanos
      const capped = /i$/.test(text) && magnitude > (2n ** 63n - 1n) * 10n ** 9n
      if (!capped) assert.equal(read.nanos, quantity.nanos)
      // A binary amount that is no multiple of 1024 has no suffix, and is read as decimal.
      if (read.format === quantity.format && !capped) assert.deepEqual(canonicalQuantity(text), { value: text })
    }),
  )
})

test('text that looks canonical is', () => {
  fc.assert(
    fc.property(
      fc.nat(1100),
      fc.constantFrom('', 'n', 'u', 'm', 'k', 'M', 'G', 'T', 'P', 'E', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi'),
      (n, suffix) => {
        assert.deepEqual(canonicalQuantity(`${n}${suffix}`), { value: formatQuantity(parseQuantity(`${n}${suffix}`)) })
      },
    ),
  )
})

test('what is taken can be read again, however large; what is too large is refused at once', () => {
  const digits = fc.integer({ min: 1, max: 1200 }).map(n => '1'.padEnd(n, '0'))
  fc.assert(
    fc.property(digits, fc.integer({ min: -450, max: 450 }), fc.boolean(), (mantissa, power, isNegative) => {
      const read = canonicalQuantity(`${isNegative ? '-' : ''}${mantissa}e${power}`)
      if ('value' in read) assert.deepEqual(canonicalQuantity(read.value), read)
    }),
  )
  const before = process.cpuUsage()
  for (const end of ['', '!', 'e', 'Ki', 'e1']) assert.ok('error' in canonicalQuantity('1'.repeat(200_000) + end), end)
  // Tried at every place, one of these would take many seconds.
  assert.ok(process.cpuUsage(before).user < 1_000_000)
})

test('arithmetic is exact', () => {
  fc.assert(
    fc.property(quantities, quantities, fc.bigInt({ min: 0n, max: 100n }), (a, b, n) => {
      assert.equal(compareQuantity(subtractQuantity(addQuantity(a, b), b), a), 0)
      assert.equal(compareQuantity(addQuantity(a, b), addQuantity(b, a)), 0)
      assert.equal(compareQuantity(a, b) + compareQuantity(b, a), 0)
      let sum = quantityOf(0)
      for (let i = 0n; i < n; i++) sum = addQuantity(sum, a)
      assert.equal(compareQuantity(sum, multiplyQuantity(a, n)), 0)
    }),
  )
})
