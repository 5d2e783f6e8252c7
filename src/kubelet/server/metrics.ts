// `/metrics` and `/metrics/resource` in Prometheus' text format: the few figures that dashboards of nodes begin with.
import type { Clock } from '../../base/clock.ts'
import { containerNameLabel, identityFromLabels } from '../pod/names.ts'
import type { ContainerStats } from '../runtime/cri-observed.ts'
import type { Runtime } from '../runtime/runtime.ts'
import type { ServedPods } from '../served-pods.ts'
import { coreNanoSeconds, runningStats, sum, workingSet } from './stats.ts'

type Sample = readonly [labels: Readonly<Record<string, string>>, value: number]

export function kubeletMetrics(pods: ServedPods): string {
  const list = pods.list()
  const statuses = list.flatMap(({ status }) => [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])])
  const running = statuses.filter(s => s.state?.running).length
  return [
    family('kubelet_running_pods', 'gauge', 'Number of pods that have a running pod sandbox', [
      [{}, list.filter(p => p.status.phase === 'Running').length],
    ]),
    family('kubelet_running_containers', 'gauge', 'Number of containers currently running', [
      [{ container_state: 'running' }, running],
      [{ container_state: 'exited' }, statuses.filter(s => s.state?.terminated).length],
    ]),
    family('kubelet_container_restarts', 'gauge', 'Restarts of the containers that are there', [
      [{}, statuses.reduce((n, s) => n + s.restartCount, 0)],
    ]),
  ].join('')
}

export async function resourceMetrics(runtime: Runtime, pods: ServedPods, clock: Clock): Promise<string> {
  const stats = await runningStats(runtime, pods)
  const cpu = (one: ContainerStats) => coreNanoSeconds(one) / 1e9
  const per = (of: (one: ContainerStats) => number): readonly Sample[] => stats.map(one => [labelsOf(one), of(one)])
  const seconds = clock.now() / 1000
  return [
    family('node_cpu_usage_seconds_total', 'counter', 'Cumulative cpu time consumed by the containers of the node', [
      [{}, sum(stats, cpu)],
    ]),
    family('node_memory_working_set_bytes', 'gauge', 'Current working set of the containers of the node', [[{}, sum(stats, workingSet)]]),
    family('container_cpu_usage_seconds_total', 'counter', 'Cumulative cpu time consumed by the container', per(cpu)),
    family('container_memory_working_set_bytes', 'gauge', 'Current working set of the container', per(workingSet)),
    family('scrape_time_seconds', 'gauge', 'When the figures were taken', [[{}, seconds]]),
  ].join('')
}

function labelsOf({ attributes }: ContainerStats): Readonly<Record<string, string>> {
  const { name, namespace } = identityFromLabels(attributes?.labels ?? {}) ?? { name: '', namespace: '' }
  return { container: attributes?.labels[containerNameLabel] ?? '', namespace, pod: name }
}

function family(name: string, type: 'gauge' | 'counter', help: string, samples: readonly Sample[]): string {
  const lines = samples.map(([labels, value]) => {
    const text = Object.entries(labels).map(([key, label]) => `${key}=${JSON.stringify(label)}`)
    return `${name}${text.length === 0 ? '' : `{${text.join(',')}}`} ${value}`
  })
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...lines, ''].join('\n')
}
