// The behavior of an autoscaler in the annotation of version 1. Its names are those of Go's fields: they begin with a capital.
import { type HorizontalPodAutoscalerBehavior, type HPAScalingRules, horizontalPodAutoscalerBehavior } from './horizontal-pod-autoscaler.ts'
import { readAnnotation } from './read-annotation.ts'

export function writeBehavior({ scaleUp, scaleDown }: HorizontalPodAutoscalerBehavior): string {
  return JSON.stringify({ ScaleUp: writeRules(scaleUp), ScaleDown: writeRules(scaleDown) })
}

function writeRules(rules: HPAScalingRules | undefined): object | null {
  if (!rules) return null
  const { stabilizationWindowSeconds, selectPolicy, policies, tolerance } = rules
  return {
    StabilizationWindowSeconds: stabilizationWindowSeconds ?? null,
    SelectPolicy: selectPolicy ?? null,
    Policies: policies?.map(({ type, value, periodSeconds }) => ({ Type: type, Value: value, PeriodSeconds: periodSeconds })) ?? null,
    Tolerance: tolerance ?? null,
  }
}

/** Undefined also where it says nothing. */
export function readBehavior(text: string | undefined): HorizontalPodAutoscalerBehavior | undefined {
  const behavior = readAnnotation(horizontalPodAutoscalerBehavior, text, withOwnNames)
  return behavior?.scaleUp || behavior?.scaleDown ? behavior : undefined
}

const names: ReadonlyMap<string, string> = new Map(
  ['scaleUp', 'scaleDown', 'stabilizationWindowSeconds', 'selectPolicy', 'policies', 'tolerance', 'type', 'value', 'periodSeconds'].map(
    name => [name.toLowerCase(), name],
  ),
)

/** Case does not count in the names that are read. */
function withOwnNames(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withOwnNames)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [names.get(key.toLowerCase()) ?? key, withOwnNames(member)]))
}
