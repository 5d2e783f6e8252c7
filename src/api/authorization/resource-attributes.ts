import { labelSelectorRequirement } from '../../meta/label-selector.ts'
import { always, array, atomicList, boolean, describe, type Infer, map, object, required, string } from '../../schema/schema.ts'

const meta = (name: string) => `io.k8s.apimachinery.pkg.apis.meta.v1.${name}`
const authorization = (name: string) => `io.k8s.api.authorization.v1.${name}`

export const fieldSelectorRequirement = object(meta('FieldSelectorRequirement'), '', {
  key: required(string('The field.')),
  operator: required(string('In, NotIn, Exists or DoesNotExist.')),
  values: describe('What is compared with.', atomicList(string())),
})
export type FieldSelectorRequirement = Infer<typeof fieldSelectorRequirement>

export const fieldSelectorAttributes = object(authorization('FieldSelectorAttributes'), '', {
  rawSelector: string('The selector as it stands in the request.'),
  requirements: describe('The selector in its parts.', atomicList(fieldSelectorRequirement)),
})
export type FieldSelectorAttributes = Infer<typeof fieldSelectorAttributes>

export const labelSelectorAttributes = object(authorization('LabelSelectorAttributes'), '', {
  rawSelector: string('The selector as it stands in the request.'),
  requirements: describe('The selector in its parts.', atomicList(labelSelectorRequirement)),
})
export type LabelSelectorAttributes = Infer<typeof labelSelectorAttributes>

export const nonResourceAttributes = object(authorization('NonResourceAttributes'), '', {
  path: string('The path.'),
  verb: string('The method in lower case.'),
})
export type NonResourceAttributes = Infer<typeof nonResourceAttributes>

export const nonResourceRule = object(authorization('NonResourceRule'), '', {
  nonResourceURLs: describe('Paths; `*` at the end for all beneath.', atomicList(string())),
  verbs: describe('Verbs; `*` for all.', required(atomicList(string()))),
})
export type NonResourceRule = Infer<typeof nonResourceRule>

export const resourceAttributes = object(authorization('ResourceAttributes'), '', {
  fieldSelector: describe('Field selector of the request.', fieldSelectorAttributes),
  group: string('API group; `*` for all.'),
  labelSelector: describe('Label selector of the request.', labelSelectorAttributes),
  name: string('Name of the object; all when empty.'),
  namespace: string('Namespace; all when empty.'),
  resource: string('The resource; `*` for all.'),
  subresource: string('The subresource; none when empty.'),
  verb: string('The verb; `*` for all.'),
  version: string('API version; `*` for all.'),
})
export type ResourceAttributes = Infer<typeof resourceAttributes>

export const resourceRule = object(authorization('ResourceRule'), '', {
  apiGroups: describe('API groups; `*` for all.', atomicList(string())),
  resourceNames: describe('Names of objects; all when absent.', atomicList(string())),
  resources: describe('Resources; `*` for all.', atomicList(string())),
  verbs: describe('Verbs; `*` for all.', required(atomicList(string()))),
})
export type ResourceRule = Infer<typeof resourceRule>

export const selfSubjectAccessReviewSpec = object(authorization('SelfSubjectAccessReviewSpec'), '', {
  nonResourceAttributes: describe('A path that is no resource.', nonResourceAttributes),
  resourceAttributes: describe('A resource.', resourceAttributes),
})
export type SelfSubjectAccessReviewSpec = Infer<typeof selfSubjectAccessReviewSpec>

export const selfSubjectRulesReviewSpec = object(authorization('SelfSubjectRulesReviewSpec'), '', {
  namespace: string('The namespace that is asked about.'),
})
export type SelfSubjectRulesReviewSpec = Infer<typeof selfSubjectRulesReviewSpec>

export const subjectAccessReviewSpec = object(authorization('SubjectAccessReviewSpec'), '', {
  extra: describe('What else is known of the user.', map(array(string()))),
  groups: describe('Groups of the user.', atomicList(string())),
  nonResourceAttributes: describe('A path that is no resource.', nonResourceAttributes),
  resourceAttributes: describe('A resource.', resourceAttributes),
  uid: string('Identity of the user.'),
  user: string('Name of the user.'),
})
export type SubjectAccessReviewSpec = Infer<typeof subjectAccessReviewSpec>

export const subjectAccessReviewStatus = object(authorization('SubjectAccessReviewStatus'), '', {
  allowed: describe('Whether it is allowed.', always(boolean(), false)),
  denied: boolean('Whether it is denied whatever else would allow it.'),
  evaluationError: string('What could not be looked at.'),
  reason: string('Why.'),
})
export type SubjectAccessReviewStatus = Infer<typeof subjectAccessReviewStatus>

export const subjectRulesReviewStatus = object(authorization('SubjectRulesReviewStatus'), '', {
  evaluationError: string('What could not be looked at.'),
  incomplete: required(boolean('Whether there may be more than is listed.')),
  nonResourceRules: describe('Paths that are allowed.', required(atomicList(nonResourceRule))),
  resourceRules: describe('Resources that are allowed.', required(atomicList(resourceRule))),
})
export type SubjectRulesReviewStatus = Infer<typeof subjectRulesReviewStatus>
