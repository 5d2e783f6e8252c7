import { atomicList, boolean, defaulted, type Infer, object, required, string } from '../../schema/schema.ts'
import { clusterKind, type ObjectOfKind } from '../kind.ts'
import { userInfo } from './user-info.ts'

const authentication = (name: string) => `io.k8s.api.authentication.v1.${name}`

export const tokenReviewSpec = object(authentication('TokenReviewSpec'), '', {
  audiences: atomicList(string()),
  token: required(string()),
})
export type TokenReviewSpec = Infer<typeof tokenReviewSpec>

export const tokenReviewStatus = object(authentication('TokenReviewStatus'), '', {
  audiences: atomicList(string()),
  authenticated: boolean(),
  error: string(),
  user: userInfo,
})
export type TokenReviewStatus = Infer<typeof tokenReviewStatus>

export const TokenReview = clusterKind({
  group: 'authentication.k8s.io',
  version: 'v1',
  kind: 'TokenReview',
  plural: 'tokenreviews',
  definition: 'io.k8s.api.authentication.v1.TokenReview',
  doc: 'Asks whose token it is.',
  verbs: ['create'],
  fields: {
    spec: required(tokenReviewSpec),
    status: defaulted(tokenReviewStatus, {}),
  },
})
export type TokenReview = ObjectOfKind<typeof TokenReview>
