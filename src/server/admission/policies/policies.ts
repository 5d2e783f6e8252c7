// Admission policies put together.
import type { AdmissionPlugin } from '../admission.ts'
import { mutatingPolicies, validatingPolicies } from './bound-policies.ts'
import { expressionValidation } from './expression-validation.ts'
import type { PolicyWorld } from './invocations.ts'
import { mutatingPolicyPlugin } from './mutating.ts'
import { validatingPolicyPlugin } from './validating.ts'

export interface AdmissionPolicies {
  /** Checks the expressions of what is written; before the others. */
  readonly expressions: AdmissionPlugin
  readonly mutating: AdmissionPlugin
  readonly validating: AdmissionPlugin
  close(): void
}

export function admissionPolicies(world: PolicyWorld): AdmissionPolicies {
  const mutating = mutatingPolicies(world.storage, world.resources)
  const validating = validatingPolicies(world.storage, world.resources)
  return {
    expressions: expressionValidation,
    mutating: mutatingPolicyPlugin(mutating, world),
    validating: validatingPolicyPlugin(validating, world),
    close() {
      mutating.close()
      validating.close()
    },
  }
}
