// The steps that validations are put together from. Each gives the errors it finds, with upstream's wording; paths are
// plain text, `spec.ports[0].name`.
import { deepEqual } from '../meta/deep-equal.ts'
import { duplicateValue, type FieldError, forbiddenValue, invalidValue, requiredValue, unsupportedValue } from '../meta/field-error.ts'
import type { LabelSelector } from '../meta/label-selector.ts'
import {
  checkDns1123Label,
  checkDns1123Subdomain,
  checkLabelValue,
  checkPortName,
  checkPortNumber,
  checkQualifiedName,
  type NameCheck,
} from '../meta/names.ts'

export type Errors = readonly FieldError[]

/** What nearly every check finds in nearly every object: one list for all of them. */
const none: Errors = []

/** The errors of every item, each with its own path. */
export function each<T>(items: readonly T[] | undefined, field: string, check: (item: T, field: string, index: number) => Errors): Errors {
  let errors = none
  for (let i = 0; i < (items?.length ?? 0); i++) {
    const found = check(items?.[i] as T, `${field}[${i}]`, i)
    if (found.length > 0) errors = [...errors, ...found]
  }
  return errors
}

/** The errors of a part that may be absent. */
export function when<T>(part: T | undefined, check: (part: T) => Errors): Errors {
  return part === undefined ? none : check(part)
}

/** `error` where the condition does not hold. */
export function must(condition: boolean, error: () => FieldError): Errors {
  return condition ? none : [error()]
}

/** Lists one after another; most are empty. */
export function together(...lists: readonly Errors[]): Errors {
  let errors = none
  for (const list of lists) if (list.length > 0) errors = errors.length === 0 ? list : [...errors, ...list]
  return errors
}

/** Text that may be neither absent nor empty, and has a shape. */
export function named(value: string | undefined, field: string, check?: NameCheck): Errors {
  if (!value) return [requiredValue(field)]
  return check ? shaped(value, field, check) : none
}

/** Text that has a shape where it is given. */
export function shapedIfSet(value: string | undefined, field: string, check: NameCheck): Errors {
  return value ? shaped(value, field, check) : none
}

/** What is required may still be missing when it comes here; it is then judged as the empty text, as it is for Go. */
export function shaped(value: string | undefined, field: string, check: NameCheck): Errors {
  const reasons = check(value ?? '')
  return reasons.length === 0 ? none : reasons.map(reason => invalidValue(field, value ?? '', reason))
}

export const label = (value: string, field: string) => shaped(value, field, checkDns1123Label)
export const subdomain = (value: string, field: string) => shaped(value, field, checkDns1123Subdomain)

/** One of the supported words; nothing is said of an absent one. */
export function supported(value: string | undefined, field: string, values: readonly string[]): Errors {
  return value === undefined || values.includes(value) ? none : [unsupportedValue(field, value, [...values].sort())]
}

export function notNegative(value: number | undefined, field: string): Errors {
  return (value ?? 0) < 0 ? [invalidValue(field, value, 'must be greater than or equal to 0')] : none
}

export function positive(value: number | undefined, field: string): Errors {
  return (value ?? 1) <= 0 ? [invalidValue(field, value, 'must be greater than 0')] : none
}

/** What is absent and an empty text, number or list are the same, as they are for Go. An object may be behind a pointer. */
export function immutable(next: unknown, previous: unknown, field: string, detail = 'field is immutable'): Errors {
  return deepEqual(next, previous) || (isEmpty(next) && isEmpty(previous)) ? none : [invalidValue(field, next, detail)]
}

function isEmpty(value: unknown): boolean {
  return !value || (Array.isArray(value) && value.length === 0)
}

/** `Duplicate value` for items whose key was there before. Items without a key are not compared. */
export function unique<T>(
  items: readonly T[] | undefined,
  key: (item: T) => string | undefined,
  error: (item: T, index: number) => FieldError,
): Errors {
  if (!items || items.length < 2) return none
  const seen = new Set<string>()
  return items.flatMap((item, i) => {
    const found = key(item)
    if (!found) return []
    if (seen.has(found)) return [error(item, i)]
    seen.add(found)
    return []
  })
}

export function uniqueNames(items: readonly { readonly name?: string | undefined }[] | undefined, field: string): Errors {
  return unique(
    items,
    item => item.name,
    (item, i) => duplicateValue(`${field}[${i}].name`, item.name),
  )
}

export function portNumber(value: number | undefined, field: string): Errors {
  return checkPortNumber(value ?? 0).map(reason => invalidValue(field, value ?? 0, reason))
}

export function portNumberOrName(value: number | string | undefined, field: string): Errors {
  return typeof value === 'string' ? shaped(value, field, checkPortName) : portNumber(value, field)
}

export function labelKey(key: string | undefined, field: string): Errors {
  return shaped(key ?? '', field, checkQualifiedName)
}

export function labels(map: Readonly<Record<string, string>> | undefined, field: string): Errors {
  return Object.entries(map ?? {}).flatMap(([key, value]) => [...labelKey(key, field), ...shaped(value, field, checkLabelValue)])
}

export function labelSelector(selector: LabelSelector | undefined, field: string): Errors {
  if (!selector) return []
  return [
    ...labels(selector.matchLabels, `${field}.matchLabels`),
    ...each(selector.matchExpressions, `${field}.matchExpressions`, (requirement, at) => [
      ...selectorValues(requirement, at),
      ...requirementParts(requirement, at),
    ]),
  ]
}

/** The key and the values of a requirement of a label. */
export function requirementParts(
  { key, values }: { readonly key?: string | undefined; readonly values?: readonly string[] | undefined },
  field: string,
): Errors {
  return [...labelKey(key, `${field}.key`), ...each(values, `${field}.values`, (value, at) => shaped(value, at, checkLabelValue))]
}

export const selectorOperators: readonly string[] = ['In', 'NotIn', 'Exists', 'DoesNotExist']

/** Which operators there are, and which take values. */
export function selectorValues(
  { operator, values = [] }: { readonly operator?: string | undefined; readonly values?: readonly string[] | undefined },
  field: string,
): Errors {
  switch (operator) {
    case 'In':
    case 'NotIn':
      return values.length > 0 ? none : [requiredValue(`${field}.values`, "must be specified when `operator` is 'In' or 'NotIn'")]
    case 'Exists':
    case 'DoesNotExist':
      return values.length === 0
        ? []
        : [forbiddenValue(`${field}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'")]
    default:
      return [invalidValue(`${field}.operator`, operator ?? '', 'not a valid selector operator')]
  }
}
