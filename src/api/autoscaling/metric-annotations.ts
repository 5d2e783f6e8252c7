// Metrics and what was measured of them in the annotations of version 1, where they have a form of their own.
import { labelSelector } from '../../meta/label-selector.ts'
import { array, type Infer, int32, object, quantity, string } from '../../schema/schema.ts'
import { crossVersionObjectReference, type MetricIdentifier, type MetricSpec, type MetricStatus, type MetricTarget } from './metrics.ts'
import { readAnnotation } from './read-annotation.ts'

const autoscaling = (name: string) => `io.k8s.api.autoscaling.v1.${name}`

const ofMetric = { metricName: string(), selector: labelSelector }
const metricSpecs = array(
  object(autoscaling('MetricSpec'), '', {
    type: string(),
    object: object(autoscaling('ObjectMetricSource'), '', {
      ...ofMetric,
      target: crossVersionObjectReference,
      targetValue: quantity(),
      averageValue: quantity(),
    }),
    pods: object(autoscaling('PodsMetricSource'), '', { ...ofMetric, targetAverageValue: quantity() }),
    resource: object(autoscaling('ResourceMetricSource'), '', {
      name: string(),
      targetAverageUtilization: int32(),
      targetAverageValue: quantity(),
    }),
    containerResource: object(autoscaling('ContainerResourceMetricSource'), '', {
      name: string(),
      targetAverageUtilization: int32(),
      targetAverageValue: quantity(),
      container: string(),
    }),
    external: object(autoscaling('ExternalMetricSource'), '', {
      metricName: string(),
      metricSelector: labelSelector,
      targetValue: quantity(),
      targetAverageValue: quantity(),
    }),
  }),
)
const metricStatuses = array(
  object(autoscaling('MetricStatus'), '', {
    type: string(),
    object: object(autoscaling('ObjectMetricStatus'), '', {
      ...ofMetric,
      target: crossVersionObjectReference,
      currentValue: quantity(),
      averageValue: quantity(),
    }),
    pods: object(autoscaling('PodsMetricStatus'), '', { ...ofMetric, currentAverageValue: quantity() }),
    resource: object(autoscaling('ResourceMetricStatus'), '', {
      name: string(),
      currentAverageUtilization: int32(),
      currentAverageValue: quantity(),
    }),
    containerResource: object(autoscaling('ContainerResourceMetricStatus'), '', {
      name: string(),
      currentAverageUtilization: int32(),
      currentAverageValue: quantity(),
      container: string(),
    }),
    external: object(autoscaling('ExternalMetricStatus'), '', {
      metricName: string(),
      metricSelector: labelSelector,
      currentValue: quantity(),
      currentAverageValue: quantity(),
    }),
  }),
)
type MetricSpecV1 = Infer<typeof metricSpecs>[number]
type MetricStatusV1 = Infer<typeof metricStatuses>[number]

export function writeMetrics(metrics: readonly MetricSpec[]): string {
  return JSON.stringify(metrics.map(writeMetric))
}
export function writeMetricStatuses(statuses: readonly MetricStatus[]): string {
  return JSON.stringify(statuses.map(writeStatus))
}
export function readMetrics(text: string | undefined): readonly MetricSpec[] {
  return readAnnotation(metricSpecs, text)?.map(readMetric) ?? []
}
export function readMetricStatuses(text: string | undefined): readonly MetricStatus[] {
  return readAnnotation(metricStatuses, text)?.map(readStatus) ?? []
}

/** In Go a quantity that is no pointer is 0 when nothing is said. */
const zero = '0'

function writeMetric({ type, object, pods, resource, containerResource, external }: MetricSpec): MetricSpecV1 {
  return {
    type,
    object: object && {
      target: object.describedObject,
      metricName: object.metric.name,
      targetValue: object.target.value ?? zero,
      selector: object.metric.selector,
      averageValue: object.target.averageValue,
    },
    pods: pods && { metricName: pods.metric.name, targetAverageValue: pods.target.averageValue ?? zero, selector: pods.metric.selector },
    resource: resource && {
      name: resource.name,
      targetAverageUtilization: resource.target.averageUtilization,
      targetAverageValue: resource.target.averageValue,
    },
    containerResource: containerResource && {
      name: containerResource.name,
      targetAverageUtilization: containerResource.target.averageUtilization,
      targetAverageValue: containerResource.target.averageValue,
      container: containerResource.container,
    },
    external: external && {
      metricName: external.metric.name,
      metricSelector: external.metric.selector,
      targetValue: external.target.value,
      targetAverageValue: external.target.averageValue,
    },
  }
}

function writeStatus({ type, object, pods, resource, containerResource, external }: MetricStatus): MetricStatusV1 {
  return {
    type,
    object: object && {
      target: object.describedObject,
      metricName: object.metric.name,
      currentValue: object.current.value ?? zero,
      selector: object.metric.selector,
      averageValue: object.current.averageValue,
    },
    pods: pods && { metricName: pods.metric.name, currentAverageValue: pods.current.averageValue ?? zero, selector: pods.metric.selector },
    resource: resource && {
      name: resource.name,
      currentAverageUtilization: resource.current.averageUtilization,
      currentAverageValue: resource.current.averageValue ?? zero,
    },
    containerResource: containerResource && {
      name: containerResource.name,
      currentAverageUtilization: containerResource.current.averageUtilization,
      currentAverageValue: containerResource.current.averageValue ?? zero,
      container: containerResource.container,
    },
    external: external && {
      metricName: external.metric.name,
      metricSelector: external.metric.selector,
      currentValue: external.current.value ?? zero,
      currentAverageValue: external.current.averageValue,
    },
  }
}

/** Only the fields that are there. */
function given<T extends object>(object: T): T {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as T
}

function identifier(name = '', selector: MetricIdentifier['selector']): MetricIdentifier {
  return given({ name, selector })
}

function targetOf(type: 'Utilization' | 'Value' | 'AverageValue', target: Omit<MetricTarget, 'type'>): MetricTarget {
  return given({ type, ...target })
}

interface ResourceTarget {
  readonly targetAverageUtilization?: number | undefined
  readonly targetAverageValue?: string | undefined
}

function resourceTarget({ targetAverageUtilization: averageUtilization, targetAverageValue: averageValue }: ResourceTarget): MetricTarget {
  return targetOf(averageUtilization === undefined ? 'AverageValue' : 'Utilization', { averageUtilization, averageValue })
}

const nothing = { kind: '', name: '' }

function readMetric({ type = '', object, pods, resource, containerResource, external }: MetricSpecV1): MetricSpec {
  return given({
    type: type as MetricSpec['type'],
    object: object && {
      describedObject: object.target ?? nothing,
      metric: identifier(object.metricName, object.selector),
      target: targetOf(object.averageValue === undefined ? 'Value' : 'AverageValue', {
        value: object.targetValue ?? zero,
        averageValue: object.averageValue,
      }),
    },
    pods: pods && {
      metric: identifier(pods.metricName, pods.selector),
      target: targetOf('AverageValue', { averageValue: pods.targetAverageValue ?? zero }),
    },
    resource: resource && { name: resource.name ?? '', target: resourceTarget(resource) },
    containerResource: containerResource && {
      container: containerResource.container ?? '',
      name: containerResource.name ?? '',
      target: resourceTarget(containerResource),
    },
    external: external && {
      metric: identifier(external.metricName, external.metricSelector),
      target: targetOf(external.targetValue === undefined ? 'AverageValue' : 'Value', {
        value: external.targetValue,
        averageValue: external.targetAverageValue,
      }),
    },
  })
}

function readStatus({ type = '', object, pods, resource, containerResource, external }: MetricStatusV1): MetricStatus {
  return given({
    type: type as MetricStatus['type'],
    object: object && {
      describedObject: object.target ?? nothing,
      metric: identifier(object.metricName, object.selector),
      current: given({ value: object.currentValue ?? zero, averageValue: object.averageValue }),
    },
    pods: pods && {
      metric: identifier(pods.metricName, pods.selector),
      current: { averageValue: pods.currentAverageValue ?? zero },
    },
    resource: resource && {
      name: resource.name ?? '',
      current: given({ averageUtilization: resource.currentAverageUtilization, averageValue: resource.currentAverageValue ?? zero }),
    },
    containerResource: containerResource && {
      container: containerResource.container ?? '',
      name: containerResource.name ?? '',
      current: given({
        averageUtilization: containerResource.currentAverageUtilization,
        averageValue: containerResource.currentAverageValue ?? zero,
      }),
    },
    external: external && {
      metric: identifier(external.metricName, external.metricSelector),
      current: given({ value: external.currentValue ?? zero, averageValue: external.currentAverageValue }),
    },
  })
}
