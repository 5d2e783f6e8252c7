import { describe, required } from '../../schema/schema.ts'
import { type Kind, type NamespacedObject, namespacedKind } from '../kind.ts'
import { objectReference } from './reference.ts'

const fields = {
  target: describe('The node that the pod is bound to.', required(objectReference)),
}
export type Binding = NamespacedObject<typeof fields>

export const Binding: Kind<Binding> = namespacedKind({
  group: '',
  version: 'v1',
  kind: 'Binding',
  plural: 'bindings',
  definition: 'io.k8s.api.core.v1.Binding',
  doc: 'Puts a pod on a node.',
  verbs: ['create'],
  fields,
})
