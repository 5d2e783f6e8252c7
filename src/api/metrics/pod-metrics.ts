import { array, object, required, string } from '../../schema/schema.ts'
import { type Kind, type NamespacedObject, nameColumn, namespacedKind } from '../kind.ts'
import { measured, metricsDefinition, metricsGroup, usage, usageColumns } from './usage.ts'

const containerMetrics = object(metricsDefinition('ContainerMetrics'), 'What a container used of its resources.', {
  name: required(string('The name of the container in its pod.')),
  usage,
})

const fields = { ...measured, containers: required(array(containerMetrics, 'Each container of the pod.')) }
export type PodMetrics = NamespacedObject<typeof fields>

/** Nothing of it is stored: the kubelets are asked. */
export const PodMetrics: Kind<PodMetrics> = namespacedKind({
  ...metricsGroup,
  kind: 'PodMetrics',
  plural: 'pods',
  singular: '',
  definition: metricsDefinition('PodMetrics'),
  doc: 'What the containers of a pod used of their resources.',
  verbs: ['get', 'list'],
  fields,
  columns: [nameColumn, ...usageColumns<PodMetrics>(metrics => metrics.containers.map(container => container.usage))],
})
