// The rules of the conditions of schemas and priority levels.
import { duplicateValue, requiredValue } from '../../meta/field-error.ts'
import { type Errors, each, must, unique } from '../validation.ts'

export function validateConditions(conditions: readonly { readonly type?: string | undefined }[] | undefined): Errors {
  const field = 'status.conditions'
  return [
    ...unique(
      conditions,
      condition => condition.type,
      (condition, i) => duplicateValue(`${field}[${i}].type`, condition.type),
    ),
    ...each(conditions, field, ({ type }, at) => must(Boolean(type), () => requiredValue(`${at}.type`, 'must not be empty'))),
  ]
}
