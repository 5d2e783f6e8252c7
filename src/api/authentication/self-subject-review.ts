import { defaulted, describe, type Infer, object } from '../../schema/schema.ts'
import { clusterKind, type ObjectOfKind } from '../kind.ts'
import { userInfo } from './user-info.ts'

const authentication = (name: string) => `io.k8s.api.authentication.v1.${name}`

export const selfSubjectReviewStatus = object(authentication('SelfSubjectReviewStatus'), '', {
  userInfo: describe('Who asks.', userInfo),
})
export type SelfSubjectReviewStatus = Infer<typeof selfSubjectReviewStatus>

export const SelfSubjectReview = clusterKind({
  group: 'authentication.k8s.io',
  version: 'v1',
  kind: 'SelfSubjectReview',
  plural: 'selfsubjectreviews',
  definition: 'io.k8s.api.authentication.v1.SelfSubjectReview',
  doc: 'Tells the caller who it is taken for.',
  verbs: ['create'],
  fields: {
    status: describe('Who asks.', defaulted(selfSubjectReviewStatus, {})),
  },
})
export type SelfSubjectReview = ObjectOfKind<typeof SelfSubjectReview>
