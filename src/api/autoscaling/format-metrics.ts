// The targets of an autoscaler as tables show them: `cpu: 12%/80%, 5/10 (avg) + 1 more...`.
import type { MetricSpec, MetricStatus, MetricTarget, MetricValueStatus } from './metrics.ts'

const shown = 2

export function formatMetrics(specs: readonly MetricSpec[] | undefined, statuses: readonly MetricStatus[] | undefined): string {
  if (!specs?.length) return '<none>'
  const texts = specs.slice(0, shown).map((spec, i) => formatMetric(spec, statuses?.[i]))
  const more = specs.length - texts.length
  return more > 0 ? `${texts.join(', ')} + ${more} more...` : texts.join(', ')
}

function formatMetric(spec: MetricSpec, status: MetricStatus | undefined): string {
  switch (spec.type) {
    case 'External':
      return formatValue(spec.external?.target, status?.external?.current)
    case 'Object':
      return formatValue(spec.object?.target, status?.object?.current)
    case 'Pods':
      return `${status?.pods ? (status.pods.current?.averageValue ?? '<nil>') : unknown}/${spec.pods?.target?.averageValue ?? '<nil>'}`
    case 'Resource':
      return formatResource(spec.resource, status?.resource?.current)
    case 'ContainerResource':
      return formatResource(spec.containerResource, status?.containerResource?.current)
    default:
      return '<unknown type>'
  }
}

const unknown = '<unknown>'

function formatValue(target: MetricTarget | undefined, current: MetricValueStatus | undefined): string {
  if (target?.averageValue !== undefined) return `${current?.averageValue ?? unknown}/${target.averageValue} (avg)`
  return `${current ? (current.value ?? '<nil>') : unknown}/${target?.value ?? '<nil>'}`
}

interface Resource {
  readonly name: string
  readonly target: MetricTarget
}

function formatResource(resource: Resource | undefined, current: MetricValueStatus | undefined): string {
  const { name = '', target } = resource ?? {}
  if (target?.averageValue !== undefined) return `${name}: ${current ? (current.averageValue ?? '<nil>') : unknown}/${target.averageValue}`
  const percent = (value: number | undefined) => (value === undefined ? undefined : `${value}%`)
  return `${name}: ${percent(current?.averageUtilization) ?? unknown}/${percent(target?.averageUtilization) ?? '<auto>'}`
}
