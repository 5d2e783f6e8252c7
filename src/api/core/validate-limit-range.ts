// The rules of limits: the names of resources, and how the amounts for one of them relate.
import { duplicateValue, forbiddenValue, invalidValue, requiredValue } from '../../meta/field-error.ts'
import { checkQualifiedName } from '../../meta/names.ts'
import { compareQuantity, parseQuantity, type Quantity, quantityMilliValue, quantityOf } from '../../meta/quantity.ts'
import { type Errors, each, must, shaped, together, unique } from '../validation.ts'
import type { LimitRangeItem } from './limit-range.ts'
import type { Amounts } from './resource-amounts.ts'
import { canOvercommit, validateContainerResourceName, validateResourceName } from './resource-names.ts'

export function validateLimits(limits: readonly LimitRangeItem[] | undefined): Errors {
  return together(
    each(limits, 'spec.limits', validateItem),
    unique(
      limits,
      limit => limit.type,
      (limit, i) => duplicateValue(`spec.limits[${i}].type`, limit.type),
    ),
  )
}

const standardTypes = ['Pod', 'Container', 'PersistentVolumeClaim']
const parts = ['max', 'min', 'default', 'defaultRequest', 'maxLimitRequestRatio'] as const

function validateItem(item: LimitRangeItem, field: string): Errors {
  const { type, max = {}, min = {} } = item
  const ofPod = type === 'Pod' ? (['default', 'defaultRequest'] as const).filter(part => Object.keys(item[part] ?? {}).length > 0) : []
  const checked = type === 'Pod' ? ({ ...item, default: {}, defaultRequest: {} } as LimitRangeItem) : item
  // Limits of pods and containers are on what containers can ask for; others may be on storage too.
  const checkName = type === 'Pod' || type === 'Container' ? validateContainerResourceName : validateResourceName
  const names = new Set(parts.flatMap(part => Object.keys(checked[part] ?? {})))
  return together(
    validateType(type, `${field}.type`),
    ofPod.map(part => forbiddenValue(`${field}.${part}`, "may not be specified when `type` is 'Pod'")),
    parts.flatMap(part => Object.keys(checked[part] ?? {}).flatMap(name => checkName(name, `${field}.${part}[${name}]`))),
    must(type !== 'PersistentVolumeClaim' || 'storage' in min || 'storage' in max, () =>
      requiredValue(`${field}.limits`, 'either minimum or maximum storage value is required, but neither was provided'),
    ),
    [...names].flatMap(name => validateAmounts(name, checked, field)),
  )
}

function validateType(type = '', field: string): Errors {
  const wrong = shaped(type, field, checkQualifiedName)
  if (wrong.length > 0) return wrong
  return must(type.includes('/') || standardTypes.includes(type), () =>
    invalidValue(field, type, 'must be a standard limit type or fully qualified'),
  )
}

type Part = (typeof parts)[number]
interface Order {
  readonly low: Part
  readonly high: Part
  /** Where it is said, and of which of the two. */
  readonly at: Part
  readonly bad: Part
}

const words: Readonly<Record<Part, string>> = {
  max: 'max value',
  min: 'min value',
  default: 'default value',
  defaultRequest: 'default request value',
  maxLimitRequestRatio: 'ratio',
}
const order = (low: Part, high: Part, at: Part, bad: Part): Order => ({ low, high, at, bad })
const orders: readonly Order[] = [
  order('min', 'max', 'min', 'min'),
  order('min', 'defaultRequest', 'defaultRequest', 'defaultRequest'),
  order('defaultRequest', 'max', 'defaultRequest', 'defaultRequest'),
  order('defaultRequest', 'default', 'defaultRequest', 'defaultRequest'),
  order('min', 'default', 'default', 'min'),
  order('default', 'max', 'default', 'max'),
]

function validateAmounts(name: string, item: LimitRangeItem, field: string): Errors {
  // A resource may be named like a member of every object.
  const amountOf = (part: Part) => {
    const amounts = (item[part] ?? {}) as Amounts
    return Object.hasOwn(amounts, name) ? amounts[name] : undefined
  }
  const quantityIn = (part: Part) => {
    const amount = amountOf(part)
    return amount === undefined ? undefined : parseQuantity(amount)
  }
  const [limit, request] = [quantityIn('default'), quantityIn('defaultRequest')]
  return together(
    orders.flatMap(({ low, high, at, bad }) => {
      const [a, b] = [quantityIn(low), quantityIn(high)]
      if (!a || !b || compareQuantity(a, b) <= 0) return []
      const of = high === 'default' && low === 'defaultRequest' ? 'default limit value' : words[high]
      return [
        invalidValue(`${field}.${at}[${name}]`, amountOf(bad), `${words[low]} ${amountOf(low)} is greater than ${of} ${amountOf(high)}`),
      ]
    }),
    validateRatio(
      quantityIn('maxLimitRequestRatio'),
      quantityIn('min'),
      quantityIn('max'),
      amountOf('maxLimitRequestRatio'),
      `${field}.maxLimitRequestRatio[${name}]`,
    ),
    must(canOvercommit(name) || !limit || !request || compareQuantity(limit, request) === 0, () =>
      invalidValue(
        `${field}.defaultRequest[${name}]`,
        amountOf('defaultRequest'),
        `default value ${amountOf('default')} must equal to defaultRequest value ${amountOf('defaultRequest')} in ${name}`,
      ),
    ),
  )
}

function validateRatio(
  ratio: Quantity | undefined,
  min: Quantity | undefined,
  max: Quantity | undefined,
  text: string | undefined,
  field: string,
): Errors {
  if (!ratio) return []
  const greatest = min && max && quantityMilliValue(max) / quantityMilliValue(min)
  return together(
    must(compareQuantity(ratio, quantityOf(1)) >= 0, () => invalidValue(field, text, `ratio ${text} is less than 1`)),
    must(greatest === undefined || !(quantityMilliValue(ratio) / 1000 > greatest), () =>
      invalidValue(field, text, `ratio ${text} is greater than max/min = ${greatest?.toFixed(6)}`),
    ),
  )
}
