// autoscaling/v1 and autoscaling/v2 are one set of objects under two schemas; version 2 is the stored one. What version 1
// has no fields for stands in its annotations, in JSON, so that writing back what was read loses nothing.
import type { KubeObject } from '../../meta/object-meta.ts'
import { array } from '../../schema/schema.ts'
import { withStructs } from '../../schema/whole.ts'
import { readBehavior, writeBehavior } from './behavior-annotation.ts'
import {
  completeAutoscaler,
  defaultMetrics,
  HorizontalPodAutoscaler,
  type HorizontalPodAutoscalerCondition,
  horizontalPodAutoscalerCondition,
} from './horizontal-pod-autoscaler.ts'
import { HorizontalPodAutoscaler as HorizontalPodAutoscalerV1 } from './horizontal-pod-autoscaler-v1.ts'
import { readMetricStatuses, readMetrics, writeMetricStatuses, writeMetrics } from './metric-annotations.ts'
import type { MetricSpec, MetricStatus } from './metrics.ts'
import { readAnnotation } from './read-annotation.ts'

const conditionList = array(horizontalPodAutoscalerCondition)

const annotation = (name: string) => `autoscaling.alpha.kubernetes.io/${name}`
const metricsKey = annotation('metrics')
const behaviorKey = annotation('behavior')
const currentMetricsKey = annotation('current-metrics')
const conditionsKey = annotation('conditions')

type Annotations = Readonly<Record<string, string>>
type Metadata = HorizontalPodAutoscaler['metadata']

/** Metadata whose annotations of these names are just the given ones. */
function withOwn(metadata: Metadata, own: Annotations): Metadata {
  const { annotations, ...rest } = metadata
  const kept = Object.entries(annotations ?? {}).filter(
    ([key]) => ![metricsKey, behaviorKey, currentMetricsKey, conditionsKey].includes(key),
  )
  const all = { ...Object.fromEntries(kept), ...own }
  return Object.keys(all).length === 0 ? rest : { ...rest, annotations: all }
}

const isCpu = ({ type, resource }: MetricSpec | MetricStatus) => type === 'Resource' && resource?.name === 'cpu'

export function toV1(hpa: HorizontalPodAutoscaler): HorizontalPodAutoscalerV1 {
  const { spec, status } = hpa
  const { metrics = [], behavior, minReplicas, maxReplicas, scaleTargetRef } = spec
  const { currentMetrics = [], conditions = [], currentReplicas = 0, ...rest } = status
  const others = metrics.filter(metric => !isCpu(metric) || metric.resource?.target.averageUtilization === undefined)
  const cpu = metrics.find(isCpu)?.resource?.target.averageUtilization
  const currentCpu = currentMetrics.findLast(metric => isCpu(metric) && metric.resource?.current.averageUtilization !== undefined)
  const own: Record<string, string> = {}
  if (others.length > 0) own[metricsKey] = writeMetrics(others)
  if (behavior) own[behaviorKey] = writeBehavior(behavior)
  if (currentMetrics.length > 0) own[currentMetricsKey] = writeMetricStatuses(currentMetrics)
  if (conditions.length > 0) own[conditionsKey] = JSON.stringify(conditions.map(inOrder))
  const currentUtilization = currentCpu?.resource?.current.averageUtilization
  return {
    ...hpa,
    apiVersion: 'autoscaling/v1',
    metadata: withOwn(hpa.metadata, own),
    spec: { scaleTargetRef, minReplicas, maxReplicas, ...(cpu !== undefined && { targetCPUUtilizationPercentage: cpu }) },
    status: {
      ...rest,
      currentReplicas,
      ...(currentUtilization !== undefined && { currentCPUUtilizationPercentage: currentUtilization }),
    },
  }
}

function inOrder({ type, status, lastTransitionTime, reason, message }: HorizontalPodAutoscalerCondition): object {
  return { type, status, lastTransitionTime: lastTransitionTime ?? null, ...(reason && { reason }), ...(message && { message }) }
}

/** An annotation that cannot be read is passed over, and is gone afterwards. */
export function fromV1(hpa: HorizontalPodAutoscalerV1): HorizontalPodAutoscaler {
  const annotations = hpa.metadata.annotations ?? {}
  const { targetCPUUtilizationPercentage: cpu, ...spec } = hpa.spec
  const { currentCPUUtilizationPercentage: currentCpu, ...status } = hpa.status
  const ofCpu: readonly MetricSpec[] =
    cpu === undefined ? [] : [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: cpu } } }]
  const metrics = [...readMetrics(annotations[metricsKey]), ...ofCpu]
  const told = readMetricStatuses(annotations[currentMetricsKey])
  const measured: readonly MetricStatus[] =
    told.length > 0 || currentCpu === undefined
      ? told
      : [{ type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: currentCpu } } }]
  const behavior = readBehavior(annotations[behaviorKey])
  const conditions = readAnnotation(conditionList, annotations[conditionsKey]) ?? []
  return {
    ...hpa,
    apiVersion: 'autoscaling/v2',
    metadata: withOwn(hpa.metadata, {}),
    spec: { ...spec, metrics: metrics.length > 0 ? metrics : defaultMetrics, ...(behavior && { behavior }) },
    status: {
      ...status,
      ...(measured.length > 0 && { currentMetrics: measured }),
      ...(conditions.length > 0 && { conditions }),
    },
  }
}

/** The object with its annotations of these names as `previous` has them. */
function withAnnotationsOf(
  previous: HorizontalPodAutoscalerV1 | undefined,
  keys: readonly string[],
  next: HorizontalPodAutoscalerV1,
): HorizontalPodAutoscalerV1 {
  const [own, old] = [next.metadata.annotations ?? {}, previous?.metadata.annotations ?? {}]
  if (keys.every(key => own[key] === old[key])) return next
  const kept = Object.entries(own).filter(([key]) => !keys.includes(key))
  const taken = Object.entries(old).filter(([key]) => keys.includes(key))
  return { ...next, metadata: { ...next.metadata, annotations: Object.fromEntries([...kept, ...taken]) } }
}

/** What an annotation tells of the status is written with the status only, as the status itself is. */
export function keepStatus(next: HorizontalPodAutoscalerV1, previous?: HorizontalPodAutoscalerV1): HorizontalPodAutoscalerV1 {
  return withAnnotationsOf(previous, [currentMetricsKey, conditionsKey], next)
}
/** What an annotation tells of the spec stays when the status is written. */
export function keepSpec(next: HorizontalPodAutoscalerV1, previous: HorizontalPodAutoscalerV1): HorizontalPodAutoscalerV1 {
  return withAnnotationsOf(previous, [metricsKey, behaviorKey], next)
}

/** What the annotations of version 1 say of the spec. */
export function specAnnotations({ annotations = {} }: Pick<Metadata, 'annotations'>): readonly (string | undefined)[] {
  return [annotations[metricsKey], annotations[behaviorKey]]
}

export const autoscalersView = {
  toStored: (object: KubeObject): KubeObject =>
    completeAutoscaler(fromV1(withStructs(HorizontalPodAutoscalerV1.schema.node, object) as HorizontalPodAutoscalerV1)),
  fromStored: (object: KubeObject): KubeObject => toV1(withStructs(HorizontalPodAutoscaler.schema.node, object) as HorizontalPodAutoscaler),
}
