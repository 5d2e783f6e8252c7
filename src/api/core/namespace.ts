import { atomicList, defaulted, type Infer, listMap, object, patch, required, string, time } from '../../schema/schema.ts'
import { type ClusterObject, clusterKind, type Kind } from '../kind.ts'

const core = (name: string) => `io.k8s.api.core.v1.${name}`

export const namespaceCondition = object(core('NamespaceCondition'), '', {
  lastTransitionTime: time(),
  message: string(),
  reason: string(),
  status: required(string()),
  type: required(string()),
})
export type NamespaceCondition = Infer<typeof namespaceCondition>

export const namespaceSpec = object(core('NamespaceSpec'), '', {
  finalizers: atomicList(string()),
})
export type NamespaceSpec = Infer<typeof namespaceSpec>

export const namespaceStatus = object(core('NamespaceStatus'), '', {
  conditions: patch('merge', 'type', listMap(['type'], namespaceCondition)),
  phase: defaulted(string(), 'Active'),
})
export type NamespaceStatus = Infer<typeof namespaceStatus>

const fields = {
  spec: defaulted(namespaceSpec, {}),
  status: defaulted(namespaceStatus, {}),
}
export type Namespace = ClusterObject<typeof fields>

export const Namespace: Kind<Namespace> = clusterKind({
  group: '',
  version: 'v1',
  kind: 'Namespace',
  plural: 'namespaces',
  shortNames: ['ns'],
  definition: 'io.k8s.api.core.v1.Namespace',
  doc: '',
  hasStatus: true,
  fields,
})
