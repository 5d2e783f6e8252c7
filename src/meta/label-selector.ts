import { atomic, atomicList, type Infer, map, object, oneOf, required, string } from '../schema/schema.ts'

const meta = (name: string) => `io.k8s.apimachinery.pkg.apis.meta.v1.${name}`

export const labelSelectorRequirement = object(meta('LabelSelectorRequirement'), '', {
  key: required(string()),
  operator: required(oneOf(['In', 'NotIn', 'Exists', 'DoesNotExist'])),
  values: atomicList(string()),
})
export type LabelSelectorRequirement = Infer<typeof labelSelectorRequirement>

export const labelSelector = atomic(
  object(meta('LabelSelector'), '', {
    matchExpressions: atomicList(labelSelectorRequirement),
    matchLabels: map(string()),
  }),
)
export type LabelSelector = Infer<typeof labelSelector>
