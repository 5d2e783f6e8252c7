import { describe, type Infer, object, oneOf, required, set, string } from '../../schema/schema.ts'
import { type ClusterObject, clusterKind, type Kind } from '../kind.ts'
import type { Errors } from '../validation.ts'
import { bindingColumns, bindingFields } from './policy.ts'
import { definition } from './rules.ts'
import { validateActions, validateBinding } from './validate-policy.ts'

const spec = object(definition('ValidatingAdmissionPolicyBindingSpec'), 'Where a policy holds, with which parameters.', {
  ...bindingFields,
  policyName: required(string('Name of the policy; where there is none of this name, the binding does nothing.')),
  validationActions: required(
    set(oneOf(['Audit', 'Deny', 'Warn']), 'What becomes of requests that do not meet the policy; not Deny and Warn together.'),
  ),
})
export type ValidatingAdmissionPolicyBindingSpec = Infer<typeof spec>

const fields = { spec: required(describe('Where the policy holds.', spec)) }
export type ValidatingAdmissionPolicyBinding = ClusterObject<typeof fields>

function validate({ spec }: ValidatingAdmissionPolicyBinding): Errors {
  // Absent altogether, it is an empty one to upstream.
  const { validationActions } = spec ?? {}
  return [...validateBinding(spec ?? {}), ...validateActions(validationActions ?? [], 'spec.validationActions')]
}

export const ValidatingAdmissionPolicyBinding: Kind<ValidatingAdmissionPolicyBinding> = clusterKind({
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'ValidatingAdmissionPolicyBinding',
  plural: 'validatingadmissionpolicybindings',
  categories: ['api-extensions'],
  definition: definition('ValidatingAdmissionPolicyBinding'),
  doc: 'Puts a validating policy into force, for some requests and with some parameters.',
  updatesNeedVersion: true,
  hasGeneration: true,
  fields,
  validate,
  columns: bindingColumns,
})
