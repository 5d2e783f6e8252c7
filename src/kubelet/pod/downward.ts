// The downward API: fields of the pod and amounts of its containers, as text for variables and files.
// https://kubernetes.io/docs/concepts/workloads/pods/downward-api/
import type { ResourceFieldSelector } from '../../api/core/field-reference.ts'
import type { Pod } from '../../api/core/pod.ts'
import { parseQuantity } from '../../meta/quantity.ts'
import { type AnyContainer, findContainer } from './containers.ts'
import type { Amounts } from './resources.ts'

export interface DownwardContext {
  readonly pod: Pod
  readonly podIps: readonly string[]
  readonly nodeIp: string
  /** What limits default to. */
  readonly allocatable: Amounts
}

/** Undefined when there is no such field. */
export function fieldValue(path: string, context: DownwardContext): string | undefined {
  const { pod, podIps, nodeIp } = context
  const subscript = /^metadata\.(labels|annotations)\['(.*)'\]$/.exec(path)
  if (subscript) return pod.metadata[subscript[1] as 'labels' | 'annotations']?.[subscript[2] ?? ''] ?? ''
  switch (path) {
    case 'metadata.name':
      return pod.metadata.name
    case 'metadata.namespace':
      return pod.metadata.namespace
    case 'metadata.uid':
      return pod.metadata.uid
    case 'metadata.labels':
      return formatMap(pod.metadata.labels)
    case 'metadata.annotations':
      return formatMap(pod.metadata.annotations)
    case 'spec.nodeName':
      return pod.spec.nodeName ?? ''
    case 'spec.serviceAccountName':
      return pod.spec.serviceAccountName ?? ''
    case 'status.hostIP':
    case 'status.hostIPs':
      return nodeIp
    case 'status.podIP':
      return podIps[0] ?? ''
    case 'status.podIPs':
      return podIps.join(',')
    default:
      return undefined
  }
}

/** `key="value"` lines, sorted. */
function formatMap(entries: Readonly<Record<string, string>> | undefined): string {
  return Object.keys(entries ?? {})
    .sort()
    .map(key => `${key}=${JSON.stringify(entries?.[key])}`)
    .join('\n')
}

/** `limits.memory` and the like in units of the divisor, rounded up. Undefined when there is no such container or resource. */
export function resourceValue(
  selector: ResourceFieldSelector,
  fallback: AnyContainer | undefined,
  { pod, allocatable }: DownwardContext,
): string | undefined {
  const container = selector.containerName ? findContainer(pod.spec, selector.containerName) : fallback
  const match = /^(limits|requests)\.(.+)$/.exec(selector.resource)
  if (!container || !match) return undefined
  const [, which, resource = ''] = match
  const { limits, requests } = container.resources
  const amount = which === 'limits' ? (limits?.[resource] ?? allocatable[resource]) : (requests?.[resource] ?? limits?.[resource])
  const divisor = parseQuantity(selector.divisor === '0' ? '1' : selector.divisor).nanos
  const nanos = parseQuantity(amount ?? '0').nanos
  return String((nanos + divisor - 1n) / divisor)
}
