import { forbiddenValue, invalidValue, requiredValue, unsupportedValue } from '../../meta/field-error.ts'
import { checkDns1123Label, checkPathSegment, checkQualifiedName } from '../../meta/names.ts'
import { parseQuantity } from '../../meta/quantity.ts'
import { isStandardContainerResource } from '../core/resource-names.ts'
import { type Errors, each, must, named, notNegative, shaped, together, when } from '../validation.ts'
import type {
  HorizontalPodAutoscalerSpec,
  HorizontalPodAutoscalerStatus,
  HPAScalingPolicy,
  HPAScalingRules,
} from './horizontal-pod-autoscaler.ts'
import type { CrossVersionObjectReference, MetricIdentifier, MetricSpec, MetricTarget } from './metrics.ts'

const maxPeriodSeconds = 1800
const maxStabilizationSeconds = 3600

interface Autoscaler {
  readonly spec: HorizontalPodAutoscalerSpec
}

/** What was already wrong with the references of an autoscaler is not held against a change of something else. */
export function validateAutoscaler({ spec }: Autoscaler, previous: Autoscaler | undefined): Errors {
  const { minReplicas, maxReplicas = 0, scaleTargetRef: target, metrics = [], behavior } = spec
  const old = previous?.spec
  const least = old?.minReplicas === 0 ? 0 : 1
  const sameTarget = old !== undefined && old.scaleTargetRef?.apiVersion === target?.apiVersion && old.scaleTargetRef?.kind === target?.kind
  const checkTarget: CheckVersion = sameTarget ? 'not' : target?.kind === 'ReplicationController' ? 'core' : 'group'
  const wasWrong = old?.metrics?.some(
    ({ type, object }) => type === 'Object' && versionProblem(object?.describedObject, 'core') !== undefined,
  )
  const reachesZero = metrics.some(({ type }) => type === 'Object' || type === 'External')
  return together(
    must(minReplicas === undefined || minReplicas >= least, () =>
      invalidValue('spec.minReplicas', minReplicas, `must be greater than or equal to ${least}`),
    ),
    must(maxReplicas >= 1, () => invalidValue('spec.maxReplicas', maxReplicas, 'must be greater than 0')),
    must(minReplicas === undefined || maxReplicas >= minReplicas, () =>
      invalidValue('spec.maxReplicas', maxReplicas, 'must be greater than or equal to `minReplicas`'),
    ),
    validateReference(target, checkTarget, 'spec.scaleTargetRef'),
    each(metrics, 'spec.metrics', (metric, at) => validateMetric(metric, wasWrong ? 'not' : 'core', at)),
    must(minReplicas !== 0 || reachesZero, () =>
      forbiddenValue('spec.metrics', 'must specify at least one Object or External metric to support scaling to zero replicas'),
    ),
    when(behavior?.scaleUp, rules => validateRules(rules, 'spec.behavior.scaleUp')),
    when(behavior?.scaleDown, rules => validateRules(rules, 'spec.behavior.scaleDown')),
  )
}

export function validateAutoscalerStatus({ currentReplicas, desiredReplicas }: HorizontalPodAutoscalerStatus): Errors {
  return [...notNegative(currentReplicas, 'status.currentReplicas'), ...notNegative(desiredReplicas, 'status.desiredReplicas')]
}

/** Whether the version of a reference must name a group, may be of the core group, or is not looked at. */
type CheckVersion = 'group' | 'core' | 'not'

function validateReference(ref: CrossVersionObjectReference | undefined, check: CheckVersion, field: string): Errors {
  const problem = versionProblem(ref, check)
  return together(
    named(ref?.kind, `${field}.kind`, checkPathSegment),
    named(ref?.name, `${field}.name`, checkPathSegment),
    problem === undefined ? [] : [invalidValue(`${field}.apiVersion`, ref?.apiVersion ?? '', problem)],
  )
}

function versionProblem(ref: CrossVersionObjectReference | undefined, check: CheckVersion): string | undefined {
  if (check === 'not') return undefined
  const version = ref?.apiVersion ?? ''
  const parts = version.split('/')
  if (parts.length > 2) return `unexpected GroupVersion string: ${version}`
  return check === 'group' && (parts.length < 2 || parts[0] === '') ? 'apiVersion must specify API group' : undefined
}

function validateRules(rules: HPAScalingRules, field: string): Errors {
  const { stabilizationWindowSeconds: window, policies = [], tolerance } = rules
  return together(
    must((window ?? 0) >= 0, () => invalidValue(`${field}.stabilizationWindowSeconds`, window, 'must be greater than or equal to zero')),
    must((window ?? 0) <= maxStabilizationSeconds, () =>
      invalidValue(`${field}.stabilizationWindowSeconds`, window, `must be less than or equal to ${maxStabilizationSeconds}`),
    ),
    must(policies.length > 0, () => requiredValue(`${field}.policies`, 'must specify at least one Policy')),
    each(policies, `${field}.policies`, validatePolicy),
    must(tolerance === undefined || parseQuantity(tolerance).nanos >= 0n, () =>
      invalidValue(`${field}.tolerance`, tolerance, 'must be greater than or equal to 0'),
    ),
  )
}

function validatePolicy({ type, value = 0, periodSeconds = 0 }: HPAScalingPolicy, field: string): Errors {
  return together(
    must(Boolean(type), () => unsupportedValue(`${field}.type`, '', ['Percent', 'Pods'])),
    must(value > 0, () => invalidValue(`${field}.value`, value, 'must be greater than zero')),
    must(periodSeconds > 0, () => invalidValue(`${field}.periodSeconds`, periodSeconds, 'must be greater than zero')),
    must(periodSeconds <= maxPeriodSeconds, () =>
      invalidValue(`${field}.periodSeconds`, periodSeconds, `must be less than or equal to ${maxPeriodSeconds}`),
    ),
  )
}

const sources = ['object', 'external', 'pods', 'resource', 'containerResource'] as const
const sourceOf: ReadonlyMap<string, (typeof sources)[number]> = new Map([
  ['Object', 'object'],
  ['External', 'external'],
  ['Pods', 'pods'],
  ['Resource', 'resource'],
  ['ContainerResource', 'containerResource'],
])

/** Exactly the source that the type names. Of several, the first is looked at. */
function validateMetric(metric: MetricSpec, check: CheckVersion, field: string): Errors {
  const present = sources.filter(source => metric[source] !== undefined)
  const expected = sourceOf.get(metric.type)
  return together(
    must(Boolean(metric.type), () => requiredValue(`${field}.type`, 'must specify a metric source type')),
    must(Boolean(metric.type), () => unsupportedValue(`${field}.type`, '', [...sourceOf.keys()].sort())),
    validateSource(metric, present[0], check, `${field}.${present[0]}`),
    must(expected === undefined || metric[expected] !== undefined, () =>
      requiredValue(`${field}.${expected}`, 'must populate information for the given metric source'),
    ),
    ...(present.length === 1 ? [] : present.filter(source => source !== expected)).map(
      (source): Errors => [forbiddenValue(`${field}.${source}`, 'must populate the given metric source only')],
    ),
  )
}

function validateSource(metric: MetricSpec, source: (typeof sources)[number] | undefined, check: CheckVersion, field: string): Errors {
  const { object, external, pods, resource, containerResource } = metric
  switch (source) {
    case 'object':
      return together(
        validateReference(object?.describedObject, check, `${field}.describedObject`),
        validateIdentifier(object?.metric, `${field}.metric`),
        validateTarget(object?.target, `${field}.target`),
        requireValue(object?.target, 'must set either a target value or averageValue', `${field}.target`),
      )
    case 'external':
      return together(
        validateIdentifier(external?.metric, `${field}.metric`),
        validateTarget(external?.target, `${field}.target`),
        requireValue(external?.target, 'must set either a target value for metric or a per-pod target', `${field}.target`),
        must(external?.target?.value === undefined || external.target.averageValue === undefined, () =>
          forbiddenValue(`${field}.target.value`, 'may not set both a target value for metric and a per-pod target'),
        ),
      )
    case 'pods':
      return together(
        validateIdentifier(pods?.metric, `${field}.metric`),
        validateTarget(pods?.target, `${field}.target`),
        must(pods?.target?.averageValue !== undefined, () =>
          requiredValue(`${field}.target.averageValue`, 'must specify a positive target averageValue'),
        ),
      )
    case 'resource':
      return together(
        must(Boolean(resource?.name), () => requiredValue(`${field}.name`, 'must specify a resource name')),
        validateResourceTarget(resource?.target, `${field}.target`),
      )
    case 'containerResource':
      return together(
        validateContainerResource(containerResource?.name, `${field}.name`),
        containerResource?.container
          ? shaped(containerResource.container, `${field}.container`, checkDns1123Label)
          : [requiredValue(`${field}.container`, 'must specify a container')],
        validateResourceTarget(containerResource?.target, `${field}.target`),
      )
    case undefined:
      return []
  }
}

function validateContainerResource(name: string | undefined, field: string): Errors {
  if (!name) return [requiredValue(field, 'must specify a resource name')]
  return together(
    shaped(name, field, checkQualifiedName),
    must(name.includes('/') || isStandardContainerResource(name), () =>
      invalidValue(field, name, 'must be a standard resource for containers'),
    ),
  )
}

function requireValue(target: MetricTarget | undefined, detail: string, field: string): Errors {
  return must(target?.value !== undefined || target?.averageValue !== undefined, () => requiredValue(`${field}.averageValue`, detail))
}

function validateResourceTarget(target: MetricTarget | undefined, field: string): Errors {
  const { averageUtilization, averageValue } = target ?? {}
  return together(
    validateTarget(target, field),
    must(averageUtilization !== undefined || averageValue !== undefined, () =>
      requiredValue(`${field}.averageUtilization`, 'must set either a target raw value or a target utilization'),
    ),
    must(averageUtilization === undefined || averageValue === undefined, () =>
      forbiddenValue(`${field}.averageValue`, 'may not set both a target raw value and a target utilization'),
    ),
  )
}

function validateTarget(target: MetricTarget | undefined, field: string): Errors {
  const { type = '', averageUtilization: utilization } = target ?? {}
  const positive = (name: 'value' | 'averageValue') =>
    when(target?.[name], amount =>
      must(parseQuantity(amount).nanos > 0n, () => invalidValue(`${field}.${name}`, amount, 'must be positive')),
    )
  return together(
    must(type !== '', () => requiredValue(`${field}.type`, 'must specify a metric target type')),
    must(['Utilization', 'Value', 'AverageValue'].includes(type), () =>
      invalidValue(`${field}.type`, type, 'must be either Utilization, Value, or AverageValue'),
    ),
    positive('value'),
    positive('averageValue'),
    must(utilization === undefined || utilization >= 1, () =>
      invalidValue(`${field}.averageUtilization`, utilization, 'must be greater than 0'),
    ),
  )
}

function validateIdentifier(metric: MetricIdentifier | undefined, field: string): Errors {
  if (!metric?.name) return [requiredValue(`${field}.name`, 'must specify a metric name')]
  return shaped(metric.name, `${field}.name`, checkPathSegment)
}
