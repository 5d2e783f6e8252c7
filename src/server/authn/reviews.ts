// The two review kinds of authentication: whose token is this, and who am I.
import type { SelfSubjectReview } from '../../api/authentication/self-subject-review.ts'
import type { TokenReview } from '../../api/authentication/token-review.ts'
import type { UserInfo as ReviewedUser } from '../../api/authentication/user-info.ts'
import { StatusError } from '../../meta/status-error.ts'
import type { TokenVerifier } from './service-account-tokens.ts'
import { authenticated, type UserInfo } from './user-info.ts'

/** `apiAudiences` are asked for where the review names none. */
export async function reviewToken(review: TokenReview, tokens: TokenVerifier, apiAudiences: readonly string[]): Promise<TokenReview> {
  const { token, audiences } = review.spec
  if (!token) throw StatusError.badRequest('token is required for TokenReview in authentication')
  const outcome = await tokens.verify(token, audiences?.length ? audiences : apiAudiences)
  switch (outcome.type) {
    case 'good':
      return { ...review, status: { authenticated: true, user: reviewedUser(authenticated(outcome.user)), audiences: outcome.audiences } }
    case 'bad':
      return { ...review, status: { error: outcome.reason } }
    case 'unknown':
      return { ...review, status: { error: 'invalid bearer token' } }
  }
}

export function reviewSelf(review: SelfSubjectReview, user: UserInfo): SelfSubjectReview {
  return { ...review, status: { userInfo: reviewedUser(user) } }
}

function reviewedUser({ username, uid, groups, extra }: UserInfo): ReviewedUser {
  return { username, ...(uid !== undefined && { uid }), groups, ...(extra && { extra }) }
}
