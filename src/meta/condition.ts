import { type Infer, int64, object, required, string, time } from '../schema/schema.ts'

const meta = (name: string) => `io.k8s.apimachinery.pkg.apis.meta.v1.${name}`

export const condition = object(meta('Condition'), '', {
  lastTransitionTime: required(time()),
  message: required(string()),
  observedGeneration: int64(),
  reason: required(string()),
  status: required(string()),
  type: required(string()),
})
export type Condition = Infer<typeof condition>
