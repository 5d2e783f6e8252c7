// Amounts by the names of resources, as specs and statuses list them.
import { invalidValue } from '../../meta/field-error.ts'
import { formatQuantity, parseQuantity, quantityMilliValue, quantityOfMilli, quantityValue } from '../../meta/quantity.ts'
import { type Errors, must } from '../validation.ts'

export type Amounts = Readonly<Record<string, string>>

/** Nothing finer than a thousandth is kept: the rest is rounded up. The same amounts when there is nothing finer. */
export function roundAmounts(amounts: Amounts): Amounts
export function roundAmounts(amounts: Amounts | undefined): Amounts | undefined
export function roundAmounts(amounts: Amounts | undefined): Amounts | undefined {
  if (!amounts || !Object.values(amounts).some(isFine)) return amounts
  return Object.fromEntries(Object.entries(amounts).map(([name, amount]) => [name, isFine(amount) ? rounded(amount) : amount]))
}

/** In its canonical form, a fine amount ends in a suffix or in an exponent below a thousandth. */
function isFine(amount: string): boolean {
  return /[nu]$|e-[69]$/.test(amount)
}

function rounded(amount: string): string {
  const quantity = parseQuantity(amount)
  return formatQuantity(quantityOfMilli(quantityMilliValue(quantity), quantity.format))
}

/** Amounts of a capacity: at least they are not negative. */
export function validateBasicAmount(amount: string, field: string): Errors {
  const value = quantityValue(parseQuantity(amount))
  return must(value >= 0, () => invalidValue(field, value, 'must be a valid resource quantity'))
}

export function validateNonnegativeAmount(amount: string, field: string): Errors {
  return must(parseQuantity(amount).nanos >= 0n, () => invalidValue(field, amount, 'must be greater than or equal to 0'))
}

export function validatePositiveAmount(amount: string, field: string): Errors {
  return must(parseQuantity(amount).nanos > 0n, () => invalidValue(field, amount, 'must be greater than zero'))
}
