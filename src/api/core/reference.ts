import { atomic, type Infer, object, required, string } from '../../schema/schema.ts'

const core = (name: string) => `io.k8s.api.core.v1.${name}`

export const localObjectReference = atomic(
  object(core('LocalObjectReference'), '', {
    name: string('Name of the object.'),
  }),
)
export type LocalObjectReference = Infer<typeof localObjectReference>

export const objectReference = atomic(
  object(core('ObjectReference'), '', {
    apiVersion: string('API version of the object that is meant.'),
    fieldPath: string('A part of the object, such as `spec.containers{name}`.'),
    kind: string('Kind of the object that is meant.'),
    name: string('Name of the object that is meant.'),
    namespace: string('Namespace of the object that is meant.'),
    resourceVersion: string('The version of the object that is meant.'),
    uid: string('Unique identity of the object that is meant.'),
  }),
)
export type ObjectReference = Infer<typeof objectReference>

export const typedLocalObjectReference = atomic(
  object(core('TypedLocalObjectReference'), '', {
    apiGroup: string('Group of the kind; the core group when empty.'),
    kind: required(string('Kind of the object.')),
    name: required(string('Name of the object.')),
  }),
)
export type TypedLocalObjectReference = Infer<typeof typedLocalObjectReference>

export const typedObjectReference = object(core('TypedObjectReference'), '', {
  apiGroup: string('Group of the kind; the core group when empty.'),
  kind: required(string('Kind of the object.')),
  name: required(string('Name of the object.')),
  namespace: string("Namespace of the object; the referrer's own when absent."),
})
export type TypedObjectReference = Infer<typeof typedObjectReference>
