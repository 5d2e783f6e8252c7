import { labelSelectorRequirement } from '../../meta/label-selector.ts'
import { always, array, atomicList, boolean, type Infer, map, object, required, string } from '../../schema/schema.ts'

const meta = (name: string) => `io.k8s.apimachinery.pkg.apis.meta.v1.${name}`
const authorization = (name: string) => `io.k8s.api.authorization.v1.${name}`

export const fieldSelectorRequirement = object(meta('FieldSelectorRequirement'), '', {
  key: required(string()),
  operator: required(string()),
  values: atomicList(string()),
})
export type FieldSelectorRequirement = Infer<typeof fieldSelectorRequirement>

export const fieldSelectorAttributes = object(authorization('FieldSelectorAttributes'), '', {
  rawSelector: string(),
  requirements: atomicList(fieldSelectorRequirement),
})
export type FieldSelectorAttributes = Infer<typeof fieldSelectorAttributes>

export const labelSelectorAttributes = object(authorization('LabelSelectorAttributes'), '', {
  rawSelector: string(),
  requirements: atomicList(labelSelectorRequirement),
})
export type LabelSelectorAttributes = Infer<typeof labelSelectorAttributes>

export const nonResourceAttributes = object(authorization('NonResourceAttributes'), '', {
  path: string(),
  verb: string(),
})
export type NonResourceAttributes = Infer<typeof nonResourceAttributes>

export const nonResourceRule = object(authorization('NonResourceRule'), '', {
  nonResourceURLs: atomicList(string()),
  verbs: required(atomicList(string())),
})
export type NonResourceRule = Infer<typeof nonResourceRule>

export const resourceAttributes = object(authorization('ResourceAttributes'), '', {
  fieldSelector: fieldSelectorAttributes,
  group: string(),
  labelSelector: labelSelectorAttributes,
  name: string(),
  namespace: string(),
  resource: string(),
  subresource: string(),
  verb: string(),
  version: string(),
})
export type ResourceAttributes = Infer<typeof resourceAttributes>

export const resourceRule = object(authorization('ResourceRule'), '', {
  apiGroups: atomicList(string()),
  resourceNames: atomicList(string()),
  resources: atomicList(string()),
  verbs: required(atomicList(string())),
})
export type ResourceRule = Infer<typeof resourceRule>

export const selfSubjectAccessReviewSpec = object(authorization('SelfSubjectAccessReviewSpec'), '', {
  nonResourceAttributes: nonResourceAttributes,
  resourceAttributes: resourceAttributes,
})
export type SelfSubjectAccessReviewSpec = Infer<typeof selfSubjectAccessReviewSpec>

export const selfSubjectRulesReviewSpec = object(authorization('SelfSubjectRulesReviewSpec'), '', {
  namespace: string(),
})
export type SelfSubjectRulesReviewSpec = Infer<typeof selfSubjectRulesReviewSpec>

export const subjectAccessReviewSpec = object(authorization('SubjectAccessReviewSpec'), '', {
  extra: map(array(string())),
  groups: atomicList(string()),
  nonResourceAttributes: nonResourceAttributes,
  resourceAttributes: resourceAttributes,
  uid: string(),
  user: string(),
})
export type SubjectAccessReviewSpec = Infer<typeof subjectAccessReviewSpec>

export const subjectAccessReviewStatus = object(authorization('SubjectAccessReviewStatus'), '', {
  allowed: always(boolean(), false),
  denied: boolean(),
  evaluationError: string(),
  reason: string(),
})
export type SubjectAccessReviewStatus = Infer<typeof subjectAccessReviewStatus>

export const subjectRulesReviewStatus = object(authorization('SubjectRulesReviewStatus'), '', {
  evaluationError: string(),
  incomplete: required(boolean()),
  nonResourceRules: required(atomicList(nonResourceRule)),
  resourceRules: required(atomicList(resourceRule)),
})
export type SubjectRulesReviewStatus = Infer<typeof subjectRulesReviewStatus>
