// The kinds that are questions: whose token, who am I, may I. Each is answered at once and kept nowhere.
import { SelfSubjectReview } from '../api/authentication/self-subject-review.ts'
import { TokenReview } from '../api/authentication/token-review.ts'
import { LocalSubjectAccessReview } from '../api/authorization/local-subject-access-review.ts'
import { SelfSubjectAccessReview } from '../api/authorization/self-subject-access-review.ts'
import { SelfSubjectRulesReview } from '../api/authorization/self-subject-rules-review.ts'
import { SubjectAccessReview } from '../api/authorization/subject-access-review.ts'
import type { Kind } from '../api/kind.ts'
import type { KubeObject } from '../meta/object-meta.ts'
import { StatusError } from '../meta/status-error.ts'
import { reviewSelf, reviewToken } from './authn/reviews.ts'
import { reviewAccess, reviewLocalAccess, reviewRules, reviewSelfAccess } from './authz/reviews.ts'
import { decodeObject, findingsOf, parseBody } from './body.ts'
import type { Answer, Call } from './call.ts'
import type { Context } from './context.ts'
import { inNamespace } from './verbs/create.ts'

type Answerer = (context: Context, call: Call, review: KubeObject) => object | Promise<object>

const answerers = new Map<Kind, Answerer>([
  [TokenReview, ({ tokenVerifier, audiences }, _call, review) => reviewToken(review as TokenReview, tokenVerifier, audiences)],
  [SelfSubjectReview, (_context, { user }, review) => reviewSelf(review as SelfSubjectReview, user)],
  [SubjectAccessReview, ({ authorizer }, _call, review) => reviewAccess(review as SubjectAccessReview, authorizer)],
  [SelfSubjectAccessReview, ({ authorizer }, { user }, review) => reviewSelfAccess(review as SelfSubjectAccessReview, user, authorizer)],
  [
    LocalSubjectAccessReview,
    ({ authorizer }, { info }, review) =>
      reviewLocalAccess(inNamespace(review, true, info.namespace) as LocalSubjectAccessReview, authorizer),
  ],
  [SelfSubjectRulesReview, ({ rbac }, { user }, review) => reviewRules(review as SelfSubjectRulesReview, user, rbac)],
])

export function isReview(kind: Kind): boolean {
  return answerers.has(kind)
}

export async function answerReview(context: Context, call: Call): Promise<Answer> {
  const answer = answerers.get(call.resource.kind)
  if (!answer || !call.body) throw StatusError.badRequest('a body is required')
  const findings = findingsOf(call)
  const { kind } = call.resource
  const sent = decodeObject(kind, parseBody(call.body, findings, kind.schema), findings)
  const request = { operation: 'CREATE', call, subresource: '', kind, previous: undefined } as const
  const review = await context.admission.mutate({ ...request, object: sent })
  await context.admission.validate({ ...request, object: review })
  return { type: 'object', code: 201, object: await answer(context, call, review) }
}
