import { always, describe } from '../../schema/schema.ts'
import { clusterKind, type ObjectOfKind } from '../kind.ts'
import { selfSubjectRulesReviewSpec, subjectRulesReviewStatus } from './resource-attributes.ts'

export const SelfSubjectRulesReview = clusterKind({
  group: 'authorization.k8s.io',
  version: 'v1',
  kind: 'SelfSubjectRulesReview',
  plural: 'selfsubjectrulesreviews',
  definition: 'io.k8s.api.authorization.v1.SelfSubjectRulesReview',
  doc: 'Asks what the caller may do in a namespace.',
  verbs: ['create'],
  fields: {
    spec: describe('What is asked.', always(selfSubjectRulesReviewSpec, {})),
    status: describe('The answer.', subjectRulesReviewStatus),
  },
})
export type SelfSubjectRulesReview = ObjectOfKind<typeof SelfSubjectRulesReview>
