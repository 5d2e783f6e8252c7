import type { Condition } from '../../meta/condition.ts'
import { duplicateValue, invalidValue, requiredValue, tooLong, unsupportedValue } from '../../meta/field-error.ts'
import { checkQualifiedName } from '../../meta/names.ts'
import { countOrPercent, notAboveAll } from '../apps/validate-workload.ts'
import { type Errors, each, labelSelector, must, named, notNegative, together, unique, when } from '../validation.ts'
import type { PodDisruptionBudgetSpec, PodDisruptionBudgetStatus } from './pod-disruption-budget.ts'

export function validateBudget(spec: PodDisruptionBudgetSpec): Errors {
  const bound = (name: 'minAvailable' | 'maxUnavailable') =>
    when(spec[name], value => [...countOrPercent(value, `spec.${name}`), ...notAboveAll(value, `spec.${name}`)])
  return together(
    must(spec.minAvailable === undefined || spec.maxUnavailable === undefined, () =>
      invalidValue('spec', spec, 'minAvailable and maxUnavailable cannot be both set'),
    ),
    bound('minAvailable'),
    bound('maxUnavailable'),
    labelSelector(spec.selector, 'spec.selector'),
  )
}

const counts = ['disruptionsAllowed', 'currentHealthy', 'desiredHealthy', 'expectedPods'] as const

export function validateBudgetStatus(status: PodDisruptionBudgetStatus): Errors {
  return together(
    validateConditions(status.conditions, 'status.conditions'),
    ...counts.map(name => notNegative(status[name], `status.${name}`)),
  )
}

const maxReasonLength = 1024
const maxMessageLength = 32 * 1024
const reasonPattern = '[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?'

/** The rules of `metav1.Condition`, for whatever kind uses it. */
export function validateConditions(conditions: readonly Condition[] | undefined, field: string): Errors {
  return together(
    unique(
      conditions,
      condition => condition.type,
      (condition, i) => duplicateValue(`${field}[${i}].type`, condition.type),
    ),
    each(conditions, field, validateCondition),
  )
}

function validateCondition(condition: Condition, field: string): Errors {
  const { type = '', status = '', observedGeneration, lastTransitionTime, reason = '', message = '' } = condition
  const atMost = (name: string, value: string, max: number) => must(Buffer.byteLength(value) <= max, () => tooLong(`${field}.${name}`, max))
  return together(
    named(type, `${field}.type`, checkQualifiedName),
    must(['True', 'False', 'Unknown'].includes(status), () => unsupportedValue(`${field}.status`, status, ['False', 'True', 'Unknown'])),
    notNegative(observedGeneration, `${field}.observedGeneration`),
    must(Boolean(lastTransitionTime), () => requiredValue(`${field}.lastTransitionTime`)),
    named(reason, `${field}.reason`, text =>
      new RegExp(`^${reasonPattern}$`).test(text)
        ? []
        : [
            `a condition reason must start with alphabetic character, optionally followed by a string of alphanumeric characters or '_,:', and must end with an alphanumeric character or '_' (e.g. 'my_name',  or 'MY_NAME',  or 'MyName',  or 'ReasonA,ReasonB',  or 'ReasonA:ReasonB', regex used for validation is '${reasonPattern}')`,
          ],
    ),
    atMost('reason', reason, maxReasonLength),
    atMost('message', message, maxMessageLength),
  )
}
