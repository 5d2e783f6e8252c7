import { always, defaulted, describe } from '../../schema/schema.ts'
import { clusterKind, type ObjectOfKind } from '../kind.ts'
import { subjectAccessReviewSpec, subjectAccessReviewStatus } from './resource-attributes.ts'

export const SubjectAccessReview = clusterKind({
  group: 'authorization.k8s.io',
  version: 'v1',
  kind: 'SubjectAccessReview',
  plural: 'subjectaccessreviews',
  definition: 'io.k8s.api.authorization.v1.SubjectAccessReview',
  doc: 'Asks whether a user may do something.',
  verbs: ['create'],
  fields: {
    spec: describe('What is asked.', always(subjectAccessReviewSpec, {})),
    status: describe('The answer.', defaulted(subjectAccessReviewStatus, {})),
  },
})
export type SubjectAccessReview = ObjectOfKind<typeof SubjectAccessReview>
