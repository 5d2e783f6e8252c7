// ValidatingAdmissionPolicy: expressions refuse requests, or warn of them, or note something about them.
import type { ValidatingAdmissionPolicy, Validation } from '../../../api/admissionregistration/validating-admission-policy.ts'
import type { ValidatingAdmissionPolicyBinding } from '../../../api/admissionregistration/validating-admission-policy-binding.ts'
import { maxMessageBytes, runtimeBudget } from '../../../cel/limits.ts'
import { StatusError } from '../../../meta/status-error.ts'
import type { AdmissionPlugin, Asked } from '../admission.ts'
import { isExemptFromPolicies, type Subject, subjectOf } from '../matching.ts'
import type { ValidatingPolicies } from './bound-policies.ts'
import { meetsConditions } from './conditions.ts'
import { Evaluation } from './evaluation.ts'
import { type Invocation, invocationsOf, type PolicyWorld, valuesFor } from './invocations.ts'

type Call = Invocation<ValidatingAdmissionPolicy, ValidatingAdmissionPolicyBinding>
type Reason = NonNullable<Validation['reason']>

/** Why a request is not as the policy wants it. */
interface Denial {
  readonly message: string
  readonly reason: Reason
  /** Which of the validations it was. */
  readonly index: number
}
interface Verdict {
  readonly denials: readonly Denial[]
  /** Denials that no action of the binding softens. */
  readonly refusals: readonly string[]
  readonly annotations: readonly (readonly [key: string, value: string])[]
}

const nothing: Verdict = { denials: [], refusals: [], annotations: [] }

export function validatingPolicyPlugin(policies: ValidatingPolicies, world: PolicyWorld): AdmissionPlugin {
  const ask = (request: Asked): void => {
    if (policies.isEmpty) return
    const subject = subjectOf(request)
    const concerning = policies.concerning(subject)
    if (concerning.length > 0 && !isExemptFromPolicies(subject)) validate(concerning, request, subject, world)
  }
  return { name: 'ValidatingAdmissionPolicy', validate: ask, validateConnection: ask }
}

function validate(concerning: ReturnType<ValidatingPolicies['concerning']>, request: Asked, subject: Subject, world: PolicyWorld): void {
  const { call } = request
  const { invocations, misconfigured } = invocationsOf(concerning, subject, world)
  let refused: StatusError | undefined
  const refuse = (policy: string, binding: string | undefined, message: string, reason: Reason): void => {
    const by = binding === undefined ? '' : ` with binding '${binding}'`
    refused ??= denied(call.resource, subject.name, `ValidatingAdmissionPolicy '${policy}'${by} denied request: ${message}`, reason)
  }
  for (const { policy, binding, error } of misconfigured)
    if (policy.spec.failurePolicy !== 'Ignore') refuse(policy.metadata.name, binding?.metadata.name, error, 'Invalid')
  const failures: object[] = []
  for (const invocation of invocations) {
    const { policy, binding } = invocation
    const names = [policy.policy.metadata.name, binding.metadata.name] as const
    const { denials, refusals, annotations } = judge(invocation, request, subject, world)
    const { validationActions } = binding.spec
    for (const { message, reason, index } of denials) {
      if (validationActions.includes('Deny')) refuse(...names, message, reason)
      if (validationActions.includes('Warn'))
        call.warnings.push(`Validation failed for ValidatingAdmissionPolicy '${names[0]}' with binding '${names[1]}': ${message}`)
      if (validationActions.includes('Audit'))
        failures.push({ message, policy: names[0], binding: names[1], expressionIndex: index, validationActions })
    }
    for (const message of refusals) refuse(...names, message, 'Invalid')
    for (const [key, value] of annotations) call.annotate?.(`${names[0]}/${key}`, value)
  }
  if (failures.length > 0) call.annotate?.('validation.policy.admission.k8s.io/validation_failure', JSON.stringify(failures))
  if (refused) throw refused
}

function denied(resource: Asked['call']['resource'], name: string, message: string, reason: Reason): StatusError {
  const { status } = StatusError.forbidden(resource, name, message)
  return new StatusError(reason, status.message, { ...status.details, causes: [{ message }] })
}

function judge(invocation: Call, request: Asked, subject: Subject, world: PolicyWorld): Verdict {
  const { policy, programs } = invocation.policy
  const { validations = [], auditAnnotations = [], matchConditions, failurePolicy } = policy.spec
  const isLenient = failurePolicy === 'Ignore'
  const values = valuesFor(request, subject, invocation, world)
  const meets = meetsConditions(matchConditions, programs, values)
  if (meets === false) return nothing
  const failed = (message: string, index = 0): Denial[] => (isLenient ? [] : [{ message, reason: 'Invalid', index }])
  if (meets !== true) return { ...nothing, denials: failed(meets.error) }
  const evaluation = new Evaluation(values, programs, runtimeBudget)
  const denials: Denial[] = []
  for (const [i, validation] of validations.entries()) {
    const program = programs.at(`spec.validations[${i}].expression`)
    if (!program) continue
    const result = evaluation.run(program, validation.expression)
    if (result.kind === 'budget') return { ...nothing, denials: failed(result.error) }
    if (result.kind === 'error') denials.push(...failed(result.error, i))
    else if (result.value !== true) {
      const message = messageOf(validation, programs.at(`spec.validations[${i}].messageExpression`), evaluation)
      denials.push(
        'error' in message
          ? { message: message.error, reason: 'Invalid', index: i }
          : { ...message, reason: validation.reason ?? 'Invalid', index: i },
      )
    }
  }
  const annotations: (readonly [string, string])[] = []
  const refusals: string[] = []
  for (const [i, { key, valueExpression }] of auditAnnotations.entries()) {
    const program = programs.at(`spec.auditAnnotations[${i}].valueExpression`)
    if (!program) continue
    const result = evaluation.run(program, valueExpression)
    if (result.kind !== 'value') {
      if (!isLenient) refusals.push(result.error)
    } else if (typeof result.value === 'string' && result.value.trim() !== '')
      annotations.push([key, result.value.trim().slice(0, maxAnnotation)])
  }
  return { denials, refusals, annotations }
}

const maxAnnotation = 10 * 1024

/** What the expression says where it says something fit to be shown, what the policy says otherwise. */
function messageOf(
  { message, expression, messageExpression }: Validation,
  program: ReturnType<Call['policy']['programs']['at']>,
  evaluation: Evaluation,
): { readonly message: string } | { readonly error: string } {
  const fallback = message ? message.trim() : `failed expression: ${expression.trim()}`
  if (!program) return { message: fallback }
  const result = evaluation.run(program, messageExpression ?? '')
  if (result.kind === 'budget') return { error: `failed messageExpression: ${result.error}` }
  const text = result.kind === 'value' && typeof result.value === 'string' ? result.value.trim() : ''
  return { message: text === '' || text.includes('\n') || Buffer.byteLength(text) > maxMessageBytes ? fallback : text }
}
