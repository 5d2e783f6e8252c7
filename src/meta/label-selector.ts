import { atomic, atomicList, describe, type Infer, map, object, required, string } from '../schema/schema.ts'

const meta = (name: string) => `io.k8s.apimachinery.pkg.apis.meta.v1.${name}`

export const labelSelectorRequirement = object(meta('LabelSelectorRequirement'), '', {
  key: required(string('Key of the label.')),
  operator: required(string('In, NotIn, Exists or DoesNotExist.')),
  values: describe('What is compared with; none for Exists and DoesNotExist.', atomicList(string())),
})
export type LabelSelectorRequirement = Infer<typeof labelSelectorRequirement>

export const labelSelector = atomic(
  object(meta('LabelSelector'), '', {
    matchExpressions: describe('Requirements that all have to be met.', atomicList(labelSelectorRequirement)),
    matchLabels: describe('Labels with the values they must have.', map(string())),
  }),
)
export type LabelSelector = Infer<typeof labelSelector>
