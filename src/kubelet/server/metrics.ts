// `/metrics` in Prometheus' text format: the few figures that dashboards of nodes begin with.
import type { ServedPods } from '../served-pods.ts'
import { family } from '../stats/exposition.ts'

export function kubeletMetrics(pods: ServedPods): string {
  const list = pods.list()
  const statuses = list.flatMap(({ status }) => [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])])
  const running = statuses.filter(s => s.state?.running).length
  return [
    family('kubelet_running_pods', 'gauge', 'Number of pods that have a running pod sandbox', [
      { labels: {}, value: list.filter(p => p.status.phase === 'Running').length },
    ]),
    family('kubelet_running_containers', 'gauge', 'Number of containers currently running', [
      { labels: { container_state: 'running' }, value: running },
      { labels: { container_state: 'exited' }, value: statuses.filter(s => s.state?.terminated).length },
    ]),
    family('kubelet_container_restarts', 'gauge', 'Restarts of the containers that are there', [
      { labels: {}, value: statuses.reduce((n, s) => n + s.restartCount, 0) },
    ]),
  ].join('')
}
