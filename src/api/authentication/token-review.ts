import { always, atomicList, boolean, defaulted, describe, type Infer, object, required, string } from '../../schema/schema.ts'
import { clusterKind, type ObjectOfKind } from '../kind.ts'
import { userInfo } from './user-info.ts'

const authentication = (name: string) => `io.k8s.api.authentication.v1.${name}`

export const tokenReviewSpec = object(authentication('TokenReviewSpec'), '', {
  audiences: describe('Whom the token should be for; the API server when absent.', atomicList(string())),
  token: required(string('The token.')),
})
export type TokenReviewSpec = Infer<typeof tokenReviewSpec>

export const tokenReviewStatus = object(authentication('TokenReviewStatus'), '', {
  audiences: describe('For which of the audiences it is valid.', atomicList(string())),
  authenticated: boolean('Whether it is valid.'),
  error: string('Why it could not be checked.'),
  user: describe('Whose it is.', userInfo),
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
    spec: describe('The token that is asked about.', always(tokenReviewSpec, {})),
    status: describe('Whose it is.', defaulted(tokenReviewStatus, {})),
  },
})
export type TokenReview = ObjectOfKind<typeof TokenReview>
