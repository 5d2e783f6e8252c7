// The rules of admission policies and their bindings: everything but whether the expressions compile, for which see `expressions.ts`.
import { deepEqual } from '../../meta/deep-equal.ts'
import { duplicateValue, forbiddenValue, invalidValue, requiredValue, unsupportedValue } from '../../meta/field-error.ts'
import { checkDns1035Label, checkDns1123Subdomain, checkPathSegment, checkQualifiedName } from '../../meta/names.ts'
import { validateConditions } from '../validate-conditions.ts'
import { type Errors, each, labelSelector, must, named, shaped, when } from '../validation.ts'
import type { MutatingAdmissionPolicySpec, Mutation } from './mutating-admission-policy.ts'
import type { ParamKind, ParamRef, Variable } from './policy.ts'
import type { MatchResources, NamedRuleWithOperations } from './rules.ts'
import { emptyChoice, validateMatchConditions, validateMatchResources } from './validate-rules.ts'
import type {
  AuditAnnotation,
  ValidatingAdmissionPolicy,
  ValidatingAdmissionPolicyStatus,
  Validation,
} from './validating-admission-policy.ts'

type PolicySpec = Pick<MutatingAdmissionPolicySpec, 'matchConstraints' | 'paramKind' | 'variables'>
type BindingSpec = {
  readonly policyName?: string | undefined
  readonly paramRef?: ParamRef | undefined
  readonly matchResources?: MatchResources | undefined
}

const maxAuditAnnotations = 20
/** Less than what an audit annotation may hold: an expression gives longer text than it is. */
const maxValueExpressionBytes = 5 * 1024

export function validateValidatingPolicy(next: ValidatingAdmissionPolicy, previous: ValidatingAdmissionPolicy | undefined): Errors {
  const { spec, metadata } = next
  const { validations = [], auditAnnotations = [] } = spec
  const isSettled =
    previous !== undefined &&
    deepEqual(spec.paramKind, previous.spec.paramKind) &&
    deepEqual(spec.matchConditions, previous.spec.matchConditions)
  const needed = 'validations or auditAnnotations must contain at least one item'
  return [
    ...validatePolicy(spec),
    ...(isSettled ? [] : validateMatchConditions(spec.matchConditions, 'spec.matchConditions')),
    ...each(spec.variables, 'spec.variables', validateVariable),
    ...(validations.length + auditAnnotations.length > 0
      ? []
      : [requiredValue('spec.validations', needed), requiredValue('spec.auditAnnotations', needed)]),
    ...each(validations, 'spec.validations', validateValidation),
    ...must(auditAnnotations.length <= maxAuditAnnotations, () =>
      invalidValue('spec.auditAnnotations', auditAnnotations, `must not have more than ${maxAuditAnnotations} auditAnnotations`),
    ),
    ...each(auditAnnotations, 'spec.auditAnnotations', (annotation, at, i) => [
      ...validateAuditAnnotation(annotation, metadata.name, at),
      ...must(auditAnnotations.findIndex(other => other.key === annotation.key) === i, () =>
        duplicateValue(`${at}.key`, annotation.key ?? ''),
      ),
    ]),
  ]
}

export function validateMutatingPolicy(spec: MutatingAdmissionPolicySpec): Errors {
  const { mutations = [], reinvocationPolicy } = spec
  return [
    ...validatePolicy(spec),
    ...validateMutatedOperations(spec.matchConstraints?.resourceRules, 'spec.matchConstraints.resourceRules'),
    ...validateMatchConditions(spec.matchConditions, 'spec.matchConditions'),
    ...each(spec.variables, 'spec.variables', validateVariable),
    ...must(mutations.length > 0, () => requiredValue('spec.mutations', 'mutations must contain at least one item')),
    ...each(mutations, 'spec.mutations', validateMutation),
    ...must(Boolean(reinvocationPolicy), () => requiredValue('spec.reinvocationPolicy')),
  ]
}

function validatePolicy({ paramKind, matchConstraints }: PolicySpec): Errors {
  const at = 'spec.matchConstraints'
  return [
    ...when(paramKind, kind => validateParamKind(kind, 'spec.paramKind')),
    ...(matchConstraints === undefined
      ? [requiredValue(at)]
      : [
          ...validateMatchResources(matchConstraints, at),
          // Without one there is no type to check expressions against.
          ...must((matchConstraints.resourceRules?.length ?? 0) > 0, () => requiredValue(`${at}.resourceRules`)),
        ]),
  ]
}

const mutatedOperations = ['*', 'CONNECT', 'CREATE', 'UPDATE']

/** Of what is deleted nothing can be changed. */
export function validateMutatedOperations(rules: readonly NamedRuleWithOperations[] = [], field: string): Errors {
  return rules
    .flatMap(rule => rule.operations ?? [])
    .filter(operation => !mutatedOperations.includes(operation))
    .map(operation => unsupportedValue(`${field}.operations`, operation, mutatedOperations))
}

function validateParamKind({ apiVersion = '', kind = '' }: ParamKind, field: string): Errors {
  const mixed = 'may have mixed case, but should otherwise match: '
  const ofKind = checkDns1035Label(kind.toLowerCase())
  return [
    ...validateApiVersion(apiVersion, `${field}.apiVersion`),
    ...(kind === ''
      ? [requiredValue(`${field}.kind`)]
      : must(ofKind.length === 0, () => invalidValue(`${field}.kind`, kind, mixed + ofKind.join(',')))),
  ]
}

function validateApiVersion(apiVersion: string, field: string): Errors {
  if (apiVersion === '') return [requiredValue(field)]
  const parts = apiVersion === '/' ? [] : apiVersion.split('/')
  if (parts.length > 2) return [invalidValue(field, apiVersion, `unexpected GroupVersion string: ${apiVersion}`)]
  const version = parts.at(-1) ?? ''
  const group = parts.length === 2 ? (parts[0] ?? '') : ''
  const ofGroup = group === '' ? [] : checkDns1123Subdomain(group)
  const ofVersion = checkDns1035Label(version)
  return [
    ...must(ofGroup.length === 0, () => invalidValue(field, group, ofGroup.join(','))),
    ...(version === ''
      ? [invalidValue(field, apiVersion, 'version must be specified')]
      : must(ofVersion.length === 0, () => invalidValue(field, version, ofVersion.join(',')))),
  ]
}

const reserved = new Set(
  'true false null in as break const continue else for function if import let loop package namespace return var void while'.split(' '),
)

function validateVariable({ name = '', expression = '' }: Variable, field: string): Errors {
  const isIdentifier = /^[_a-zA-Z][_a-zA-Z0-9]*$/.test(name) && !reserved.has(name)
  return [
    ...(name.trim() === ''
      ? [requiredValue(`${field}.name`, 'name is not specified')]
      : must(isIdentifier, () => invalidValue(`${field}.name`, name, 'name is not a valid CEL identifier'))),
    ...must(expression.trim() !== '', () => requiredValue(`${field}.expression`, 'expression is not specified')),
  ]
}

function validateValidation({ expression = '', message = '', messageExpression = '' }: Validation, field: string): Errors {
  const isBlank = (text: string) => text !== '' && text.trim() === ''
  return [
    ...must(expression.trim() !== '', () => requiredValue(`${field}.expression`, 'expression is not specified')),
    ...must(!isBlank(messageExpression), () =>
      invalidValue(`${field}.messageExpression`, messageExpression, 'must be non-empty if specified'),
    ),
    ...must(!isBlank(message), () => invalidValue(`${field}.message`, message, 'message must be non-empty if specified')),
    ...must(!/[\n\r]/.test(message.trim()), () => invalidValue(`${field}.message`, message, 'message must not contain line breaks')),
  ]
}

function validateAuditAnnotation({ key = '', valueExpression = '' }: AuditAnnotation, policy: string | undefined, field: string): Errors {
  const expression = valueExpression.trim()
  return [
    ...(policy
      ? shaped(`${policy}/${key}`, `${field}.key`, checkQualifiedName)
      : [invalidValue(`${field}.key`, key, 'requires metadata.name be non-empty')]),
    ...must(expression !== '', () => requiredValue(`${field}.valueExpression`, 'valueExpression is not specified')),
    ...must(Buffer.byteLength(expression) <= maxValueExpressionBytes, () =>
      requiredValue(`${field}.valueExpression`, `must not exceed ${maxValueExpressionBytes} bytes in length`),
    ),
  ]
}

const patches = { ApplyConfiguration: 'applyConfiguration', JSONPatch: 'jsonPatch' } as const

function validateMutation(mutation: Mutation, field: string): Errors {
  const { patchType } = mutation
  if (!patchType) return [requiredValue(`${field}.patchType`)]
  const own = patches[patchType]
  // An unknown type is reported by the schema.
  if (own === undefined) return []
  const other = own === 'jsonPatch' ? 'applyConfiguration' : 'jsonPatch'
  return [
    ...(mutation[own] === undefined
      ? [requiredValue(`${field}.${own}`, `must be specified when patchType is ${patchType}`)]
      : must(Boolean(mutation[own].expression?.trim()), () => requiredValue(`${field}.${own}.expression`))),
    ...must(mutation[other] === undefined, () =>
      invalidValue(`${field}.${other}`, `{${other}}`, `must not be specified when patchType is ${patchType}`),
    ),
  ]
}

export function validateBinding({ policyName, paramRef, matchResources }: BindingSpec): Errors {
  return [
    ...named(policyName, 'spec.policyName', checkDns1123Subdomain),
    ...when(paramRef, ref => validateParamRef(ref, 'spec.paramRef')),
    ...when(matchResources, match => validateMatchResources(match, 'spec.matchResources')),
  ]
}

function validateParamRef({ name, selector, parameterNotFoundAction }: ParamRef, field: string): Errors {
  const exclusive = 'name and selector are mutually exclusive'
  const hasBoth = Boolean(name) && selector !== undefined
  return [
    ...(name ? shaped(name, `${field}.name`, checkPathSegment) : []),
    ...must(!hasBoth, () => forbiddenValue(`${field}.name`, exclusive)),
    ...labelSelector(selector, `${field}.selector`),
    ...must(!hasBoth, () => forbiddenValue(`${field}.selector`, exclusive)),
    ...must(Boolean(name) || selector !== undefined, () => requiredValue(field, 'one of name or selector must be specified')),
    ...must(Boolean(parameterNotFoundAction), () => requiredValue(`${field}.parameterNotFoundAction`)),
  ]
}

export function validateActions(actions: readonly string[], field: string): Errors {
  return [
    ...each(actions, field, (action, at, i) => [
      ...emptyChoice(action, at, ['Audit', 'Deny', 'Warn']),
      ...must(actions.indexOf(action) === i, () => duplicateValue(at, action)),
    ]),
    ...must(!actions.includes('Deny') || !actions.includes('Warn'), () =>
      invalidValue(
        field,
        actions,
        'must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)',
      ),
    ),
    ...must(actions.length > 0, () => requiredValue(field, 'at least one validation action is required')),
  ]
}

export function validateValidatingPolicyStatus({ typeChecking, conditions }: ValidatingAdmissionPolicyStatus): Errors {
  return [
    ...each(typeChecking?.expressionWarnings, 'status.typeChecking.expressionWarnings', ({ fieldRef, warning }, at) => [
      ...must(Boolean(warning), () => requiredValue(`${at}.warning`)),
      ...must(Boolean(fieldRef?.trim()), () => requiredValue(`${at}.fieldRef`)),
    ]),
    ...validateConditions(conditions, 'status.conditions'),
  ]
}
