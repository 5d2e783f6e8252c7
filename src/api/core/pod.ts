import { defaulted } from '../../schema/schema.ts'
import { namespacedKind, type ObjectOfKind } from '../kind.ts'
import { podSpec } from './pod-spec.ts'
import { podStatus } from './pod-status.ts'

export const Pod = namespacedKind({
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
  fields: {
    spec: defaulted(podSpec, {}),
    status: defaulted(podStatus, {}),
  },
})
export type Pod = ObjectOfKind<typeof Pod>
