import { always, defaulted, describe, type Infer, int32, object, string } from '../../schema/schema.ts'
import { type Kind, type NamespacedObject, namespacedKind } from '../kind.ts'

const autoscaling = (name: string) => `io.k8s.api.autoscaling.v1.${name}`

export const scaleSpec = object(autoscaling('ScaleSpec'), '', {
  replicas: int32('How many are wanted.'),
})
export type ScaleSpec = Infer<typeof scaleSpec>

export const scaleStatus = object(autoscaling('ScaleStatus'), '', {
  replicas: describe('How many there are.', always(int32(), 0)),
  selector: string('Label selector of what is counted, as text.'),
})
export type ScaleStatus = Infer<typeof scaleStatus>

const fields = {
  spec: describe('How many are wanted.', defaulted(scaleSpec, {})),
  status: describe('How many there are.', defaulted(scaleStatus, {})),
}
export type Scale = NamespacedObject<typeof fields>

export const Scale: Kind<Scale> = namespacedKind({
  group: 'autoscaling',
  version: 'v1',
  kind: 'Scale',
  plural: 'scale',
  definition: 'io.k8s.api.autoscaling.v1.Scale',
  doc: 'How many replicas an object of another kind should have, and has.',
  verbs: ['get', 'patch', 'update'],
  fields,
})
