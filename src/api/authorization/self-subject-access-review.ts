import { always, defaulted, describe } from '../../schema/schema.ts'
import { clusterKind, type ObjectOfKind } from '../kind.ts'
import { selfSubjectAccessReviewSpec, subjectAccessReviewStatus } from './resource-attributes.ts'

export const SelfSubjectAccessReview = clusterKind({
  group: 'authorization.k8s.io',
  version: 'v1',
  kind: 'SelfSubjectAccessReview',
  plural: 'selfsubjectaccessreviews',
  definition: 'io.k8s.api.authorization.v1.SelfSubjectAccessReview',
  doc: 'Asks whether the caller may do something.',
  verbs: ['create'],
  fields: {
    spec: describe('What is asked.', always(selfSubjectAccessReviewSpec, {})),
    status: describe('The answer.', defaulted(subjectAccessReviewStatus, {})),
  },
})
export type SelfSubjectAccessReview = ObjectOfKind<typeof SelfSubjectAccessReview>
