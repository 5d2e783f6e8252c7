import { type Infer, int64, object, required, string, time } from '../schema/schema.ts'

const meta = (name: string) => `io.k8s.apimachinery.pkg.apis.meta.v1.${name}`

export const condition = object(meta('Condition'), '', {
  lastTransitionTime: required(time('When the status last changed.')),
  message: required(string('What it means, for people.')),
  observedGeneration: int64('The generation that this status is about.'),
  reason: required(string('Why, in one word for programs.')),
  status: required(string('True, False or Unknown.')),
  type: required(string('Which condition this is.')),
})
export type Condition = Infer<typeof condition>
