import { invalidValue } from '../../meta/field-error.ts'
import { countOrPercent, notAboveAll } from '../apps/validate-workload.ts'
import { validateConditions } from '../validate-conditions.ts'
import { type Errors, labelSelector, must, notNegative, together, when } from '../validation.ts'
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
