// The rules of `metav1.Condition`, where a kind has conditions of this common form.

import type { Condition } from '../meta/condition.ts'
import { duplicateValue, invalidValue, requiredValue, tooLong, unsupportedValue } from '../meta/field-error.ts'
import { type Errors, each, labelKey, must } from './validation.ts'

const statuses = ['False', 'True', 'Unknown']
const maxReasonBytes = 1024
const maxMessageBytes = 32 * 1024
const reasonPattern = '[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?'
const wrongReason =
  "a condition reason must start with alphabetic character, optionally followed by a string of alphanumeric characters or '_,:', and must end with an alphanumeric character or '_' " +
  `(e.g. 'my_name',  or 'MY_NAME',  or 'MyName',  or 'ReasonA,ReasonB',  or 'ReasonA:ReasonB', regex used for validation is '${reasonPattern}')`

export function validateConditions(conditions: readonly Condition[] | undefined, field: string): Errors {
  return each(conditions, field, (condition, at, i) => [
    ...must(conditions?.findIndex(other => other.type === condition.type) === i, () => duplicateValue(`${at}.type`, condition.type)),
    ...validateCondition(condition, at),
  ])
}

function validateCondition(condition: Condition, field: string): Errors {
  const { type, status, observedGeneration = 0, lastTransitionTime, reason = '', message = '' } = condition
  return [
    ...labelKey(type, `${field}.type`),
    ...must(statuses.includes(status), () => unsupportedValue(`${field}.status`, status ?? '', statuses)),
    ...must(observedGeneration >= 0, () =>
      invalidValue(`${field}.observedGeneration`, observedGeneration, 'must be greater than or equal to zero'),
    ),
    ...must(Boolean(lastTransitionTime), () => requiredValue(`${field}.lastTransitionTime`, 'must be set')),
    ...validateReason(reason, `${field}.reason`),
    ...must(Buffer.byteLength(message) <= maxMessageBytes, () => tooLong(`${field}.message`, maxMessageBytes)),
  ]
}

function validateReason(reason: string, field: string): Errors {
  if (reason === '') return [requiredValue(field, 'must be set')]
  return [
    ...must(new RegExp(`^${reasonPattern}$`).test(reason), () => invalidValue(field, reason, wrongReason)),
    ...must(Buffer.byteLength(reason) <= maxReasonBytes, () => tooLong(field, maxReasonBytes)),
  ]
}
