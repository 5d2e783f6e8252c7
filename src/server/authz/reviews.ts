// The review kinds of authorization: may somebody, may I, may somebody here, and what may I here.
import type { LocalSubjectAccessReview } from '../../api/authorization/local-subject-access-review.ts'
import type {
  FieldSelectorAttributes,
  SubjectAccessReviewSpec,
  SubjectAccessReviewStatus,
} from '../../api/authorization/resource-attributes.ts'
import type { SelfSubjectAccessReview } from '../../api/authorization/self-subject-access-review.ts'
import type { SelfSubjectRulesReview } from '../../api/authorization/self-subject-rules-review.ts'
import type { SubjectAccessReview } from '../../api/authorization/subject-access-review.ts'
import {
  validateAccessReview,
  validateLocalAccessReview,
  validateReviewMetadata,
  validateSelfAccessReview,
} from '../../api/authorization/validate-review.ts'
import type { FieldError } from '../../meta/field-error.ts'
import { type FieldTerm, parseFieldSelector } from '../../meta/field-selector.ts'
import { StatusError } from '../../meta/status-error.ts'
import type { UserInfo } from '../authn/user-info.ts'
import { type Attributes, nonResourceAttributes, resourceAttributes } from './attributes.ts'
import type { Authorizer } from './authorizer.ts'

const group = 'authorization.k8s.io'
type AskedAbout = Pick<SubjectAccessReviewSpec, 'resourceAttributes' | 'nonResourceAttributes'>

export function reviewAccess(review: SubjectAccessReview, authorizer: Authorizer): SubjectAccessReview {
  refuseInvalid('SubjectAccessReview', [...validateAccessReview(review.spec), ...validateReviewMetadata(review.metadata, 'must be empty')])
  return { ...review, status: answer(authorizer, userOf(review.spec), review.spec) }
}

export function reviewSelfAccess(review: SelfSubjectAccessReview, user: UserInfo, authorizer: Authorizer): SelfSubjectAccessReview {
  refuseInvalid('SelfSubjectAccessReview', [
    ...validateSelfAccessReview(review.spec),
    ...validateReviewMetadata(review.metadata, 'must be empty'),
  ])
  return { ...review, status: answer(authorizer, user, review.spec) }
}

export function reviewLocalAccess(review: LocalSubjectAccessReview, authorizer: Authorizer): LocalSubjectAccessReview {
  const { spec } = review
  const { namespace, ...metadata } = review.metadata
  refuseInvalid('LocalSubjectAccessReview', [
    ...validateLocalAccessReview(spec, namespace),
    ...validateReviewMetadata(metadata, 'must be empty except for namespace'),
  ])
  return { ...review, status: answer(authorizer, userOf(spec), spec) }
}

export function reviewRules(review: SelfSubjectRulesReview, user: UserInfo, held: Pick<Authorizer, 'rulesFor'>): SelfSubjectRulesReview {
  const namespace = review.spec.namespace ?? ''
  if (namespace === '') throw StatusError.badRequest('no namespace on request')
  const { rules, errors } = held.rulesFor(user, namespace)
  return {
    ...review,
    status: {
      resourceRules: rules.flatMap(({ verbs, apiGroups, resources, resourceNames }) =>
        resources?.length ? [{ verbs, ...(apiGroups && { apiGroups }), resources, ...(resourceNames && { resourceNames }) }] : [],
      ),
      nonResourceRules: rules.flatMap(({ verbs, nonResourceURLs }) => (nonResourceURLs?.length ? [{ verbs, nonResourceURLs }] : [])),
      incomplete: errors.length > 0,
      ...(errors.length > 0 && { evaluationError: errors.join(', ') }),
    },
  }
}

function answer(authorizer: Authorizer, user: UserInfo, question: AskedAbout): SubjectAccessReviewStatus {
  const { verdict, reason } = authorizer.authorize(attributesOf(user, question))
  return {
    allowed: verdict === 'allow',
    ...(verdict === 'deny' && { denied: true }),
    ...(reason !== '' && { reason }),
  }
}

function attributesOf(user: UserInfo, { resourceAttributes: about, nonResourceAttributes: path }: AskedAbout): Attributes {
  if (!about) return nonResourceAttributes({ user, verb: path?.verb ?? '', path: path?.path ?? '' })
  const { verb = '', group = '', version = '', resource = '', subresource = '', namespace = '', name = '' } = about
  const fieldSelector = about.fieldSelector ? termsOf(about.fieldSelector) : []
  return resourceAttributes({
    ...{ user, verb, group, version, resource, subresource, namespace, name },
    ...(fieldSelector.length > 0 && { fieldSelector }),
  })
}

/** A term that says less than an equality cannot widen what is allowed, so it is left out. */
function termsOf({ rawSelector, requirements = [] }: FieldSelectorAttributes): readonly FieldTerm[] {
  if (rawSelector) return parseFieldSelector(rawSelector).terms
  return requirements.flatMap(({ key, operator, values = [] }) =>
    values.length === 1 && (operator === 'In' || operator === 'NotIn')
      ? [{ field: key, operator: operator === 'In' ? ('=' as const) : ('!=' as const), value: values[0]! }]
      : [],
  )
}

function userOf({ user = '', uid, groups = [], extra }: SubjectAccessReviewSpec): UserInfo {
  return { username: user, groups, ...(uid !== undefined && { uid }), ...(extra && { extra }) }
}

function refuseInvalid(kind: string, errors: readonly FieldError[]): void {
  if (errors.length > 0) throw StatusError.invalid({ group, kind }, '', errors)
}
