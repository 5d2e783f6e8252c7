// The expressions of policies and of webhooks' conditions must compile when they are written.
import {
  type Expression,
  mutatingPolicyExpressions,
  validatingPolicyExpressions,
  webhookExpressions,
} from '../../../api/admissionregistration/expressions.ts'
import { MutatingAdmissionPolicy } from '../../../api/admissionregistration/mutating-admission-policy.ts'
import { MutatingWebhookConfiguration } from '../../../api/admissionregistration/mutating-webhook-configuration.ts'
import { ValidatingAdmissionPolicy } from '../../../api/admissionregistration/validating-admission-policy.ts'
import { ValidatingWebhookConfiguration } from '../../../api/admissionregistration/validating-webhook-configuration.ts'
import type { Kind } from '../../../api/kind.ts'
import { expressionErrors } from '../../../cel/admission/programs.ts'
import type { KubeObject } from '../../../meta/object-meta.ts'
import { StatusError } from '../../../meta/status-error.ts'
import type { AdmissionPlugin } from '../admission.ts'

type WebhookConfiguration = MutatingWebhookConfiguration | ValidatingWebhookConfiguration

const finders: ReadonlyMap<unknown, (object: KubeObject) => readonly Expression[]> = new Map<
  unknown,
  (object: KubeObject) => readonly Expression[]
>([
  [ValidatingAdmissionPolicy, object => validatingPolicyExpressions(object as ValidatingAdmissionPolicy)],
  [MutatingAdmissionPolicy, object => mutatingPolicyExpressions(object as MutatingAdmissionPolicy)],
  [ValidatingWebhookConfiguration, object => webhookExpressions((object as WebhookConfiguration).webhooks)],
  [MutatingWebhookConfiguration, object => webhookExpressions((object as WebhookConfiguration).webhooks)],
])

function expressionsOf(kind: Kind, object: KubeObject): readonly Expression[] {
  return finders.get(kind)?.(object) ?? []
}

export const expressionValidation: AdmissionPlugin = {
  name: 'ExpressionValidation',
  validate({ call, object, previous, subresource }) {
    const { kind } = call.resource
    if (kind.group !== 'admissionregistration.k8s.io' || !object || subresource !== '') return
    // What was accepted before stays so.
    const before = new Set(previous ? expressionsOf(kind, previous).map(identity) : [])
    const expressions = expressionsOf(kind, object)
    if (expressions.every(expression => before.has(identity(expression)))) return
    const errors = expressionErrors(expressions)
    if (errors.length > 0) throw StatusError.invalid(kind, object.metadata.name, errors)
  },
}

const identity = ({ text, gives, hasParams, variables }: Expression): string => JSON.stringify([text, gives, hasParams, variables])
