import { always, atomic, defaulted, describe, type Infer, int32, int64, object, required, string, time } from '../../schema/schema.ts'
import { type Column, type Kind, type NamespacedObject, namespacedKind } from '../kind.ts'
import { fromV1, keepSpec, keepStatus, specAnnotations } from './conversion.ts'
import { autoscalerColumns } from './horizontal-pod-autoscaler.ts'
import { validateAutoscaler, validateAutoscalerStatus } from './validate-horizontal-pod-autoscaler.ts'

const autoscaling = (name: string) => `io.k8s.api.autoscaling.v1.${name}`

export const crossVersionObjectReference = atomic(
  object(autoscaling('CrossVersionObjectReference'), 'An object of the same namespace.', {
    apiVersion: string('API version of the object.'),
    kind: required(string('Kind of the object.')),
    name: required(string('Name of the object.')),
  }),
)

export const horizontalPodAutoscalerSpec = object(autoscaling('HorizontalPodAutoscalerSpec'), 'What an autoscaler scales, and how far.', {
  maxReplicas: required(int32('The most pods.')),
  minReplicas: defaulted(int32('The fewest pods.'), 1),
  scaleTargetRef: describe('What is scaled: an object with a scale subresource.', required(crossVersionObjectReference)),
  targetCPUUtilizationPercentage: int32(
    'Percent of the requested CPU that the pods should use, on average. Other metrics are told by version 2.',
  ),
})
export type HorizontalPodAutoscalerSpec = Infer<typeof horizontalPodAutoscalerSpec>

export const horizontalPodAutoscalerStatus = object(autoscaling('HorizontalPodAutoscalerStatus'), 'What an autoscaler sees and wants.', {
  currentCPUUtilizationPercentage: int32('Percent of the requested CPU that the pods used, on average.'),
  currentReplicas: always(int32('Pods that there were when it last looked.'), 0),
  desiredReplicas: always(int32('Pods that it wants.'), 0),
  lastScaleTime: time('When it last changed the number of pods.'),
  observedGeneration: int64('The generation that this tells of.'),
})
export type HorizontalPodAutoscalerStatus = Infer<typeof horizontalPodAutoscalerStatus>

const fields = {
  spec: describe('What is scaled, and how far.', always(horizontalPodAutoscalerSpec, {})),
  status: describe('What it sees and wants.', defaulted(horizontalPodAutoscalerStatus, {})),
}
export type HorizontalPodAutoscaler = NamespacedObject<typeof fields>

/** Tables are of one form, whichever version is asked for. */
const columns: readonly Column<HorizontalPodAutoscaler>[] = autoscalerColumns.map(column => ({
  ...column,
  cell: (hpa, now) => column.cell(fromV1(hpa), now),
}))

export const HorizontalPodAutoscaler: Kind<HorizontalPodAutoscaler> = namespacedKind({
  group: 'autoscaling',
  version: 'v1',
  kind: 'HorizontalPodAutoscaler',
  plural: 'horizontalpodautoscalers',
  shortNames: ['hpa'],
  categories: ['all'],
  definition: 'io.k8s.api.autoscaling.v1.HorizontalPodAutoscaler',
  doc: 'Keeps the number of pods of a workload to what metrics ask for. Version 2 tells more of it.',
  hasStatus: true,
  hasGeneration: true,
  generationCounts: specAnnotations,
  fields,
  onCreate: hpa => keepStatus(hpa),
  onUpdate: keepStatus,
  onStatusUpdate: keepSpec,
  // Whatever a version shows, the rules are those of what is kept.
  validate: (next, previous) => validateAutoscaler(fromV1(next), previous && fromV1(previous)),
  validateStatus: next => validateAutoscalerStatus(fromV1(next).status),
  columns,
})
