// The rules of questions about access: who is asked about, and what, in one way and not in two.
import { type FieldError, invalidValue, requiredValue } from '../../meta/field-error.ts'
import { type Errors, each, must, requirementParts, selectorOperators, selectorValues, when } from '../validation.ts'
import type {
  FieldSelectorAttributes,
  LabelSelectorAttributes,
  ResourceAttributes,
  SelfSubjectAccessReviewSpec,
  SubjectAccessReviewSpec,
} from './resource-attributes.ts'

export function validateAccessReview(spec: SubjectAccessReviewSpec): Errors {
  const { user = '', groups = [] } = spec
  return [
    ...validateForm(spec),
    ...must(user !== '' || groups.length > 0, () => invalidValue('spec.user', user, 'at least one of user or group must be specified')),
    ...validateAttributes(spec.resourceAttributes),
  ]
}

export function validateSelfAccessReview(spec: SelfSubjectAccessReviewSpec): Errors {
  return [...validateForm(spec), ...validateAttributes(spec.resourceAttributes)]
}

/** `namespace` is the one that the review is in. */
export function validateLocalAccessReview(spec: SubjectAccessReviewSpec, namespace: string): Errors {
  const { resourceAttributes: resource, nonResourceAttributes: path } = spec
  return [
    ...validateAccessReview(spec),
    ...must(!resource || resource.namespace === namespace, () =>
      invalidValue('spec.resourceAttributes.namespace', resource?.namespace ?? '', 'must match metadata.namespace'),
    ),
    ...must(path === undefined, () => invalidValue('spec.nonResourceAttributes', path, 'disallowed on this kind of request')),
  ]
}

/** A review is kept nowhere, so nothing is to be said of it. */
export function validateReviewMetadata(metadata: object, detail: string): Errors {
  const { managedFields: _, ...said } = metadata as { readonly managedFields?: unknown }
  return must(Object.values(said).every(isEmpty), () => invalidValue('metadata', metadata, detail))
}

function isEmpty(value: unknown): boolean {
  return value === undefined || value === '' || (typeof value === 'object' && Object.keys(value ?? {}).length === 0)
}

function validateForm({ resourceAttributes, nonResourceAttributes: path }: SelfSubjectAccessReviewSpec): Errors {
  if (resourceAttributes && path)
    return [invalidValue('spec.nonResourceAttributes', path, 'cannot be specified in combination with resourceAttributes')]
  return must(resourceAttributes !== undefined || path !== undefined, () =>
    invalidValue('spec.resourceAttributes', null, 'exactly one of nonResourceAttributes or resourceAttributes must be specified'),
  )
}

function validateAttributes(attributes: ResourceAttributes | undefined): Errors {
  const field = 'spec.resourceAttributes'
  return [
    ...when(attributes?.fieldSelector, selector => [
      ...validateSelector(selector, `${field}.fieldSelector`),
      ...each(selector.requirements, `${field}.fieldSelector.requirements`, (requirement, at) => [
        ...must(Boolean(requirement.key), (): FieldError => requiredValue(`${at}.key`, 'must be specified')),
        ...knownOperator(requirement, at),
      ]),
    ]),
    ...when(attributes?.labelSelector, selector => [
      ...validateSelector(selector, `${field}.labelSelector`),
      ...each(selector.requirements, `${field}.labelSelector.requirements`, (requirement, at) => [
        ...knownOperator(requirement, at),
        ...requirementParts(requirement, at),
      ]),
    ]),
  ]
}

/** Newer clients may know operators that this server does not. */
function knownOperator(
  requirement: { readonly operator?: string; readonly values?: readonly string[] | undefined },
  field: string,
): Errors {
  return selectorOperators.includes(requirement.operator ?? '') ? selectorValues(requirement, field) : []
}

function validateSelector(
  { rawSelector = '', requirements = [] }: FieldSelectorAttributes | LabelSelectorAttributes,
  field: string,
): Errors {
  return [
    ...must(rawSelector === '' || requirements.length === 0, () =>
      invalidValue(`${field}.rawSelector`, rawSelector, 'may not specified at the same time as requirements'),
    ),
    ...must(rawSelector !== '' || requirements.length > 0, () =>
      requiredValue(`${field}.requirements`, `when ${field} is specified, requirements or rawSelector is required`),
    ),
  ]
}
