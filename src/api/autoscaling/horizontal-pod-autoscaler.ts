import {
  always,
  atomicList,
  defaulted,
  describe,
  type Infer,
  int32,
  int64,
  listMap,
  object,
  oneOf,
  patch,
  quantity,
  required,
  string,
  time,
} from '../../schema/schema.ts'
import { count, text } from '../columns.ts'
import { ageColumn, type Column, type Kind, type NamespacedObject, nameColumn, namespacedKind } from '../kind.ts'
import { withFields } from '../sharing.ts'
import { formatMetrics } from './format-metrics.ts'
import { crossVersionObjectReference, type MetricSpec, metricSpec, metricStatus } from './metrics.ts'
import { validateAutoscaler, validateAutoscalerStatus } from './validate-horizontal-pod-autoscaler.ts'

const autoscaling = (name: string) => `io.k8s.api.autoscaling.v2.${name}`

export const hpaScalingPolicy = object(autoscaling('HPAScalingPolicy'), 'How much may change in how much time.', {
  periodSeconds: required(int32('The time in seconds that is looked back on; at most 1800.')),
  type: required(oneOf(['Percent', 'Pods'], 'Whether the value counts pods (Pods) or is percent of them (Percent).')),
  value: required(int32('How much may change in that time.')),
})
export type HPAScalingPolicy = Infer<typeof hpaScalingPolicy>

export const hpaScalingRules = object(autoscaling('HPAScalingRules'), 'How fast the number of pods may change in one direction.', {
  policies: describe('The limits; at least one.', atomicList(hpaScalingPolicy)),
  selectPolicy: oneOf(
    ['Disabled', 'Max', 'Min'],
    'Which of the limits holds: the widest (Max), the narrowest (Min), or no change at all (Disabled).',
  ),
  stabilizationWindowSeconds: int32(
    'Seconds of former recommendations of which the most careful one is followed; at most 3600. When absent, 0 for more pods and 300 for fewer.',
  ),
  tolerance: quantity('The share of the target that the metric may be off it before anything changes; 0.1 when absent.'),
})
export type HPAScalingRules = Infer<typeof hpaScalingRules>

export const horizontalPodAutoscalerBehavior = object(
  autoscaling('HorizontalPodAutoscalerBehavior'),
  'How fast the number of pods may change.',
  {
    scaleDown: describe('For fewer pods. When absent, all above the least may go at once.', hpaScalingRules),
    scaleUp: describe('For more pods. When absent, 4 pods or 100 percent in 15 seconds, whichever is more.', hpaScalingRules),
  },
)
export type HorizontalPodAutoscalerBehavior = Infer<typeof horizontalPodAutoscalerBehavior>

export const horizontalPodAutoscalerSpec = object(
  autoscaling('HorizontalPodAutoscalerSpec'),
  'What an autoscaler scales, by what, and how far.',
  {
    behavior: describe('How fast the number of pods may change.', horizontalPodAutoscalerBehavior),
    maxReplicas: required(int32('The most pods.')),
    metrics: describe(
      'What it goes by; the metric that asks for the most pods decides. 80 percent of the requested CPU when absent.',
      atomicList(metricSpec),
    ),
    minReplicas: defaulted(int32('The fewest pods.'), 1),
    scaleTargetRef: describe('What is scaled: an object with a scale subresource.', required(crossVersionObjectReference)),
  },
)
export type HorizontalPodAutoscalerSpec = Infer<typeof horizontalPodAutoscalerSpec>

export const horizontalPodAutoscalerCondition = object(
  autoscaling('HorizontalPodAutoscalerCondition'),
  'Something that can be said of an autoscaler.',
  {
    lastTransitionTime: time('When the status last changed.'),
    message: string('Why, for people.'),
    reason: string('Why, in one word.'),
    status: required(string('Whether it holds: True, False or Unknown.')),
    type: required(string('What is said: AbleToScale, ScalingActive or ScalingLimited.')),
  },
)
export type HorizontalPodAutoscalerCondition = Infer<typeof horizontalPodAutoscalerCondition>

export const horizontalPodAutoscalerStatus = object(autoscaling('HorizontalPodAutoscalerStatus'), 'What an autoscaler sees and wants.', {
  conditions: describe('What is to be said of it.', patch('merge', 'type', listMap(['type'], horizontalPodAutoscalerCondition))),
  currentMetrics: describe('What was last measured, in the order of the metrics.', atomicList(metricStatus)),
  currentReplicas: int32('Pods that there were when it last looked.'),
  desiredReplicas: always(int32('Pods that it wants.'), 0),
  lastScaleTime: time('When it last changed the number of pods.'),
  observedGeneration: int64('The generation that this tells of.'),
})
export type HorizontalPodAutoscalerStatus = Infer<typeof horizontalPodAutoscalerStatus>

const fields = {
  spec: describe('What is scaled, by what, and how far.', always(horizontalPodAutoscalerSpec, {})),
  status: describe('What it sees and wants.', defaulted(horizontalPodAutoscalerStatus, {})),
}
export type HorizontalPodAutoscaler = NamespacedObject<typeof fields>

/** What an autoscaler goes by that names nothing. */
export const defaultMetrics: readonly MetricSpec[] = [
  { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } },
]

const scaleUpRules = {
  stabilizationWindowSeconds: 0,
  selectPolicy: 'Max',
  policies: [
    { type: 'Pods', value: 4, periodSeconds: 15 },
    { type: 'Percent', value: 100, periodSeconds: 15 },
  ],
} as const satisfies HPAScalingRules
/** For how long fewer pods are waited for is left to the controller. */
const scaleDownRules = {
  selectPolicy: 'Max',
  policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }],
} as const satisfies HPAScalingRules

export function completeAutoscaler(hpa: HorizontalPodAutoscaler): HorizontalPodAutoscaler {
  const { behavior, metrics } = hpa.spec
  return withFields(hpa, {
    spec: withFields(hpa.spec, {
      metrics: metrics?.length ? metrics : defaultMetrics,
      behavior:
        behavior &&
        withFields(behavior, {
          scaleUp: completeRules(behavior.scaleUp, scaleUpRules),
          scaleDown: completeRules(behavior.scaleDown, scaleDownRules),
        }),
    }),
  })
}

function completeRules(rules: HPAScalingRules | undefined, fallback: HPAScalingRules): HPAScalingRules {
  if (!rules) return fallback
  return withFields(rules, {
    selectPolicy: rules.selectPolicy || fallback.selectPolicy,
    policies: rules.policies ?? fallback.policies,
    stabilizationWindowSeconds: rules.stabilizationWindowSeconds ?? fallback.stabilizationWindowSeconds,
  })
}

export const autoscalerColumns: readonly Column<HorizontalPodAutoscaler>[] = [
  nameColumn,
  text('Reference', 'What is scaled.', ({ spec: { scaleTargetRef: ref } }) => `${ref?.kind ?? ''}/${ref?.name ?? ''}`),
  text('Targets', 'What was measured, and what it should come to.', hpa => formatMetrics(hpa.spec.metrics, hpa.status.currentMetrics)),
  text('MinPods', 'The fewest pods.', hpa => String(hpa.spec.minReplicas ?? '<unset>')),
  count('MaxPods', 'The most pods.', hpa => hpa.spec.maxReplicas ?? 0),
  count('Replicas', 'Pods that there were when it last looked.', hpa => hpa.status.currentReplicas ?? 0),
  ageColumn,
]

export const HorizontalPodAutoscaler: Kind<HorizontalPodAutoscaler> = namespacedKind({
  group: 'autoscaling',
  version: 'v2',
  kind: 'HorizontalPodAutoscaler',
  plural: 'horizontalpodautoscalers',
  shortNames: ['hpa'],
  categories: ['all'],
  definition: 'io.k8s.api.autoscaling.v2.HorizontalPodAutoscaler',
  doc: 'Keeps the number of pods of a workload to what metrics ask for.',
  hasStatus: true,
  hasGeneration: true,
  fields,
  complete: completeAutoscaler,
  validate: validateAutoscaler,
  validateStatus: next => validateAutoscalerStatus(next.status),
  columns: autoscalerColumns,
})
