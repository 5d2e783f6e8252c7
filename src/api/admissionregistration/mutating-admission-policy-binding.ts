import { defaulted, describe, type Infer, object, string } from '../../schema/schema.ts'
import { type ClusterObject, clusterKind, type Kind } from '../kind.ts'
import { bindingColumns, bindingFields } from './policy.ts'
import { definition } from './rules.ts'
import { validateBinding, validateMutatedOperations } from './validate-policy.ts'

const spec = object(definition('MutatingAdmissionPolicyBindingSpec'), 'Where a policy holds, with which parameters.', {
  ...bindingFields,
  policyName: string('Name of the policy; where there is none of this name, the binding does nothing.'),
})
export type MutatingAdmissionPolicyBindingSpec = Infer<typeof spec>

const fields = { spec: describe('Where the policy holds.', defaulted(spec, {})) }
export type MutatingAdmissionPolicyBinding = ClusterObject<typeof fields>

export const MutatingAdmissionPolicyBinding: Kind<MutatingAdmissionPolicyBinding> = clusterKind({
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'MutatingAdmissionPolicyBinding',
  plural: 'mutatingadmissionpolicybindings',
  categories: ['api-extensions'],
  definition: definition('MutatingAdmissionPolicyBinding'),
  doc: 'Puts a mutating policy into force, for some requests and with some parameters.',
  updatesNeedVersion: true,
  hasGeneration: true,
  fields,
  validate: ({ spec }) => [
    ...validateBinding(spec),
    ...validateMutatedOperations(spec.matchResources?.resourceRules, 'spec.matchResources.resourceRules'),
  ],
  columns: bindingColumns,
})
