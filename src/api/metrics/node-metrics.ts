import { type ClusterObject, clusterKind, type Kind, nameColumn } from '../kind.ts'
import { measured, metricsDefinition, metricsGroup, usage, usageColumns } from './usage.ts'

const fields = { ...measured, usage }
export type NodeMetrics = ClusterObject<typeof fields>

/** Nothing of it is stored: the kubelets are asked. */
export const NodeMetrics: Kind<NodeMetrics> = clusterKind({
  ...metricsGroup,
  kind: 'NodeMetrics',
  plural: 'nodes',
  singular: '',
  definition: metricsDefinition('NodeMetrics'),
  doc: 'What a node used of its resources.',
  verbs: ['get', 'list'],
  fields,
  columns: [nameColumn, ...usageColumns<NodeMetrics>(metrics => [metrics.usage])],
})
