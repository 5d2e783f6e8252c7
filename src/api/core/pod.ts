import { defaulted } from '../../schema/schema.ts'
import { type Kind, type NamespacedObject, namespacedKind } from '../kind.ts'
import { podSpec } from './pod-spec.ts'
import { podStatus } from './pod-status.ts'

const fields = {
  spec: defaulted(podSpec, {}),
  status: defaulted(podStatus, {}),
}
export type Pod = NamespacedObject<typeof fields>

export const Pod: Kind<Pod> = namespacedKind({
  group: '',
  version: 'v1',
  kind: 'Pod',
  plural: 'pods',
  shortNames: ['po'],
  categories: ['all'],
  definition: 'io.k8s.api.core.v1.Pod',
  doc: '',
  hasStatus: true,
  hasGeneration: true,
  fields,
})
