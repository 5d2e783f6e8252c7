// `/metrics/resource`: what metrics servers read.
// https://kubernetes.io/docs/reference/instrumentation/node-metrics/
import { family, type Sample } from './exposition.ts'
import type { NodeUsage, Usage } from './usage.ts'

type Labels = Readonly<Record<string, string>>

export function resourceMetrics(node: NodeUsage): string {
  const nodes: readonly (readonly [Labels, Usage])[] = [[{}, node]]
  const pods = node.pods.map(pod => [{ namespace: pod.identity.namespace, pod: pod.identity.name }, pod] as const)
  const containers = node.pods.flatMap(({ identity: { namespace, name }, containers }) =>
    containers.map(container => [{ container: container.name, namespace, pod: name }, container] as const),
  )
  const samples = <U extends Usage>(
    of: readonly (readonly [Labels, U])[],
    figure: (usage: U) => number | undefined,
    timed = true,
  ): readonly Sample[] =>
    of.flatMap(([labels, usage]) => {
      const value = figure(usage)
      return value === undefined ? [] : [{ labels, value, ...(timed && { timeMs: usage.cpu?.timeMs ?? node.timeMs }) }]
    })
  const cpu = ({ cpu }: Usage) => cpu && cpu.nanoSeconds / 1e9
  const memory = ({ memory }: Usage) => memory?.workingSetBytes
  const swap = ({ memory }: Usage) => memory?.swapBytes
  const cpuHelp = (of: string) => `Cumulative cpu time consumed by the ${of} in core-seconds`
  const memoryHelp = (of: string) => `Current working set of the ${of} in bytes`
  const swapHelp = (of: string) => `Current amount of the ${of} swap usage in bytes`
  return [
    family('container_cpu_usage_seconds_total', 'counter', cpuHelp('container'), samples(containers, cpu)),
    family('container_memory_working_set_bytes', 'gauge', memoryHelp('container'), samples(containers, memory)),
    family(
      'container_start_time_seconds',
      'gauge',
      'Start time of the container since unix epoch in seconds',
      samples(containers, ({ startedMs }) => startedMs && startedMs / 1000, false),
    ),
    family('container_swap_usage_bytes', 'gauge', swapHelp('container'), samples(containers, swap)),
    family('node_cpu_usage_seconds_total', 'counter', cpuHelp('node'), samples(nodes, cpu)),
    family('node_memory_working_set_bytes', 'gauge', memoryHelp('node'), samples(nodes, memory)),
    family('node_swap_usage_bytes', 'gauge', swapHelp('node'), samples(nodes, swap)),
    family('pod_cpu_usage_seconds_total', 'counter', cpuHelp('pod'), samples(pods, cpu)),
    family('pod_memory_working_set_bytes', 'gauge', memoryHelp('pod'), samples(pods, memory)),
    family('pod_swap_usage_bytes', 'gauge', swapHelp('pod'), samples(pods, swap)),
    family('resource_scrape_error', 'gauge', '1 if there was an error while getting container metrics, 0 otherwise', [
      { labels: {}, value: node.cpu ? 0 : 1 },
    ]),
  ].join('')
}
