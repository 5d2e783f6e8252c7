import { always, defaulted, describe } from '../../schema/schema.ts'
import { namespacedKind, type ObjectOfKind } from '../kind.ts'
import { subjectAccessReviewSpec, subjectAccessReviewStatus } from './resource-attributes.ts'

export const LocalSubjectAccessReview = namespacedKind({
  group: 'authorization.k8s.io',
  version: 'v1',
  kind: 'LocalSubjectAccessReview',
  plural: 'localsubjectaccessreviews',
  definition: 'io.k8s.api.authorization.v1.LocalSubjectAccessReview',
  doc: 'Asks whether a user may do something in one namespace.',
  verbs: ['create'],
  fields: {
    spec: describe('What is asked.', always(subjectAccessReviewSpec, {})),
    status: describe('The answer.', defaulted(subjectAccessReviewStatus, {})),
  },
})
export type LocalSubjectAccessReview = ObjectOfKind<typeof LocalSubjectAccessReview>
