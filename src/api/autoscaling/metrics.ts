// What a horizontal pod autoscaler goes by, and what it last measured.
import { labelSelector } from '../../meta/label-selector.ts'
import { describe, type Infer, int32, object, oneOf, quantity, required, string } from '../../schema/schema.ts'

const autoscaling = (name: string) => `io.k8s.api.autoscaling.v2.${name}`

export const crossVersionObjectReference = object(autoscaling('CrossVersionObjectReference'), 'An object of the same namespace.', {
  apiVersion: string('API version of the object.'),
  kind: required(string('Kind of the object.')),
  name: required(string('Name of the object.')),
})
export type CrossVersionObjectReference = Infer<typeof crossVersionObjectReference>

export const metricIdentifier = object(autoscaling('MetricIdentifier'), 'Which metric is meant.', {
  name: required(string('Name of the metric.')),
  selector: describe('Labels of the series that count; all of the name when absent.', labelSelector),
})
export type MetricIdentifier = Infer<typeof metricIdentifier>

export const metricTarget = object(autoscaling('MetricTarget'), 'What a metric should come to.', {
  averageUtilization: int32('Percent of what the pods request, on average over the pods; for resources only.'),
  averageValue: quantity('The value on average over the pods.'),
  type: required(string('Which of the three is given: Utilization, Value or AverageValue.')),
  value: quantity('The value as a whole.'),
})
export type MetricTarget = Infer<typeof metricTarget>

export const metricValueStatus = object(autoscaling('MetricValueStatus'), 'What a metric came to.', {
  averageUtilization: int32('Percent of what the pods request, on average over the pods.'),
  averageValue: quantity('The value on average over the pods.'),
  value: quantity('The value as a whole.'),
})
export type MetricValueStatus = Infer<typeof metricValueStatus>

const target = describe('What the metric should come to.', required(metricTarget))
const current = describe('What the metric came to.', required(metricValueStatus))
const metric = describe('Which metric.', required(metricIdentifier))
const describedObject = describe('The object that the metric tells of.', required(crossVersionObjectReference))
const resourceName = required(string('Name of the resource, such as `cpu`.'))
const container = required(string('Name of the container in the pods.'))

export const containerResourceMetricSource = object(
  autoscaling('ContainerResourceMetricSource'),
  'A resource that one container of each pod uses.',
  { container, name: resourceName, target },
)
export type ContainerResourceMetricSource = Infer<typeof containerResourceMetricSource>

export const externalMetricSource = object(autoscaling('ExternalMetricSource'), 'A metric that belongs to no object of the cluster.', {
  metric,
  target,
})
export type ExternalMetricSource = Infer<typeof externalMetricSource>

export const objectMetricSource = object(autoscaling('ObjectMetricSource'), 'A metric of one object, such as requests of a service.', {
  describedObject,
  metric,
  target,
})
export type ObjectMetricSource = Infer<typeof objectMetricSource>

export const podsMetricSource = object(autoscaling('PodsMetricSource'), 'A metric of each pod, on average over them.', { metric, target })
export type PodsMetricSource = Infer<typeof podsMetricSource>

export const resourceMetricSource = object(autoscaling('ResourceMetricSource'), 'A resource that the pods use.', {
  name: resourceName,
  target,
})
export type ResourceMetricSource = Infer<typeof resourceMetricSource>

export const containerResourceMetricStatus = object(
  autoscaling('ContainerResourceMetricStatus'),
  'A resource that one container of each pod used.',
  { container, current, name: resourceName },
)
export type ContainerResourceMetricStatus = Infer<typeof containerResourceMetricStatus>

export const externalMetricStatus = object(autoscaling('ExternalMetricStatus'), 'A metric that belongs to no object of the cluster.', {
  current,
  metric,
})
export type ExternalMetricStatus = Infer<typeof externalMetricStatus>

export const objectMetricStatus = object(autoscaling('ObjectMetricStatus'), 'A metric of one object.', {
  current,
  describedObject,
  metric,
})
export type ObjectMetricStatus = Infer<typeof objectMetricStatus>

export const podsMetricStatus = object(autoscaling('PodsMetricStatus'), 'A metric of each pod, on average over them.', { current, metric })
export type PodsMetricStatus = Infer<typeof podsMetricStatus>

export const resourceMetricStatus = object(autoscaling('ResourceMetricStatus'), 'A resource that the pods used.', {
  current,
  name: resourceName,
})
export type ResourceMetricStatus = Infer<typeof resourceMetricStatus>

const sourceTypes = ['ContainerResource', 'External', 'Object', 'Pods', 'Resource'] as const
const type = required(oneOf(sourceTypes, 'Which kind of metric it is; the field of that name tells more.'))

export const metricSpec = object(autoscaling('MetricSpec'), 'A metric to go by.', {
  containerResource: describe('A resource that one container of each pod uses.', containerResourceMetricSource),
  external: describe('A metric that belongs to no object of the cluster.', externalMetricSource),
  object: describe('A metric of one object.', objectMetricSource),
  pods: describe('A metric of each pod.', podsMetricSource),
  resource: describe('A resource that the pods use.', resourceMetricSource),
  type,
})
export type MetricSpec = Infer<typeof metricSpec>

export const metricStatus = object(autoscaling('MetricStatus'), 'What was last measured of a metric.', {
  containerResource: describe('A resource that one container of each pod used.', containerResourceMetricStatus),
  external: describe('A metric that belongs to no object of the cluster.', externalMetricStatus),
  object: describe('A metric of one object.', objectMetricStatus),
  pods: describe('A metric of each pod.', podsMetricStatus),
  resource: describe('A resource that the pods used.', resourceMetricStatus),
  type,
})
export type MetricStatus = Infer<typeof metricStatus>
