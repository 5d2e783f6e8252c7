import { deleteOptions } from '../../meta/status.ts'
import { describe } from '../../schema/schema.ts'
import { type Kind, type NamespacedObject, namespacedKind } from '../kind.ts'

const fields = {
  deleteOptions: describe('How the pod is deleted.', deleteOptions),
}
export type Eviction = NamespacedObject<typeof fields>

export const Eviction: Kind<Eviction> = namespacedKind({
  group: 'policy',
  version: 'v1',
  kind: 'Eviction',
  plural: 'eviction',
  definition: 'io.k8s.api.policy.v1.Eviction',
  doc: 'Asks for a pod to be moved off its node gently.',
  verbs: ['create'],
  fields,
})
