// The rules of capacities that claims can share.
import { forbiddenValue, invalidValue, requiredValue } from '../../meta/field-error.ts'
import { addQuantity, compareQuantity, formatQuantity, parseQuantity, quantityValue } from '../../meta/quantity.ts'
import { type Errors, each, must, when } from '../validation.ts'
import type { CapacityRequestPolicyRange, DeviceCapacity } from './device.ts'
import { setUpTo } from './validate-names.ts'

const maxValues = 10
const compare = (a: string, b: string) => compareQuantity(parseQuantity(a), parseQuantity(b))
const wholeValue = (text: string) => quantityValue(parseQuantity(text))

export function validateCapacity({ value, requestPolicy: policy }: DeviceCapacity, isShared: boolean, field: string): Errors {
  if (policy === undefined) return []
  const at = `${field}.requestPolicy`
  const { validValues = [], validRange } = policy
  if (!isShared) return [forbiddenValue(at, 'allowMultipleAllocations must be true')]
  if (validValues.length > 0 && validRange)
    return [forbiddenValue(at, 'exactly one policy can be specified, cannot specify "validValues" and "validRange" at the same time')]
  if (validValues.length > 0) {
    if (policy.default === undefined) return [requiredValue(`${at}.default`, 'required when validValues is defined')]
    return validateValues(validValues, policy.default, value, `${at}.validValues`)
  }
  return when(validRange, range =>
    policy.default === undefined
      ? [requiredValue(`${at}.default`, 'required when validRange is defined')]
      : validateRange(range, policy.default, value, `${at}.validRange`),
  )
}

function validateValues(values: readonly string[], standard: string, capacity: string, field: string): Errors {
  return [
    ...each(values, field, (value, at, i) =>
      must(i === 0 || compare(values[i - 1] ?? '0', value) <= 0, () => invalidValue(at, value, 'values must be sorted in ascending order')),
    ),
    ...setUpTo(
      maxValues,
      values,
      field,
      (value, at) =>
        must(compare(value, capacity) <= 0, () => invalidValue(at, value, `option is larger than capacity value: ${capacity}`)),
      value => String(wholeValue(value)),
    ),
    ...must(
      values.some(value => compare(value, standard) === 0),
      () => invalidValue(field, standard, 'default value is not valid according to the requestPolicy'),
    ),
  ]
}

function validateRange({ min, max, step }: CapacityRequestPolicyRange, standard: string, capacity: string, field: string): Errors {
  if (min === undefined) return [requiredValue(`${field}.min`, 'required when validRange is defined')]
  const atMost = (value: string, bound: string, at: string, detail: string, shown = value) =>
    must(compare(value, bound) <= 0, () => invalidValue(`${field}.${at}`, shown, detail))
  return [
    ...atMost(min, capacity, 'min', `min is larger than capacity value: ${capacity}`),
    ...atMost(min, standard, 'min', `default is less than min: ${min}`, standard),
    ...when(max, max => [
      ...atMost(min, max, 'max', `min is larger than max: ${max}`),
      ...atMost(max, capacity, 'max', `max is larger than capacity value: ${capacity}`),
      ...atMost(standard, max, 'max', `default is more than max: ${max}`),
    ]),
    ...when(step, step => {
      if (compare(step, '0') <= 0) return [invalidValue(`${field}.step`, step, 'must be greater than zero')]
      const first = formatQuantity(addQuantity(parseQuantity(min), parseQuantity(step)))
      return [
        ...atMost(first, capacity, 'step', `one step ${first} is larger than capacity value: ${capacity}`, step),
        ...onStep(standard, min, step, `${field}.step`),
        ...when(max, max => onStep(max, min, step, `${field}.step`)),
      ]
    }),
  ]
}

function onStep(value: string, min: string, step: string, field: string): Errors {
  return must((wholeValue(value) - wholeValue(min)) % wholeValue(step) === 0, () =>
    invalidValue(field, value, `value is not a multiple of a given step (${step}) from (${min})`),
  )
}
