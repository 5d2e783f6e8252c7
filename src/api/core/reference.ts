import { atomic, type Infer, object, required, string } from '../../schema/schema.ts'

const core = (name: string) => `io.k8s.api.core.v1.${name}`

export const localObjectReference = atomic(
  object(core('LocalObjectReference'), '', {
    name: string(),
  }),
)
export type LocalObjectReference = Infer<typeof localObjectReference>

export const objectReference = atomic(
  object(core('ObjectReference'), '', {
    apiVersion: string(),
    fieldPath: string(),
    kind: string(),
    name: string(),
    namespace: string(),
    resourceVersion: string(),
    uid: string(),
  }),
)
export type ObjectReference = Infer<typeof objectReference>

export const typedLocalObjectReference = atomic(
  object(core('TypedLocalObjectReference'), '', {
    apiGroup: string(),
    kind: required(string()),
    name: required(string()),
  }),
)
export type TypedLocalObjectReference = Infer<typeof typedLocalObjectReference>

export const typedObjectReference = object(core('TypedObjectReference'), '', {
  apiGroup: string(),
  kind: required(string()),
  name: required(string()),
  namespace: string(),
})
export type TypedObjectReference = Infer<typeof typedObjectReference>
