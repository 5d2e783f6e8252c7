// `/stats/summary`: CPU and memory of pods and their containers as the runtime counts them.
import type { Clock } from '../../base/clock.ts'
import { formatSeconds } from '../../base/rfc3339.ts'
import type { KubeletConfig } from '../config.ts'
import { containerNameLabel, identityFromLabels } from '../pod/names.ts'
import type { ContainerStats } from '../runtime/cri-observed.ts'
import type { Runtime } from '../runtime/runtime.ts'
import type { ServedPods } from '../served-pods.ts'

export interface Usage {
  readonly time: string
  readonly usageNanoCores?: number
  readonly usageCoreNanoSeconds: number
}

export async function statsSummary(runtime: Runtime, pods: ServedPods, config: KubeletConfig, clock: Clock) {
  const stats = await runningStats(runtime, pods)
  const starts = new Map(pods.list().map(pod => [pod.metadata.uid, pod.status.startTime]))
  const byPod = new Map<string, ContainerStats[]>()
  for (const one of stats) {
    const identity = identityFromLabels(one.attributes?.labels ?? {})
    if (!identity) continue
    const list = byPod.get(identity.uid) ?? []
    list.push(one)
    byPod.set(identity.uid, list)
  }
  const now = formatSeconds(clock.now())
  return {
    node: {
      nodeName: config.nodeName,
      cpu: { time: now, usageNanoCores: sum(stats, nanoCores), usageCoreNanoSeconds: sum(stats, coreNanoSeconds) },
      memory: { time: now, workingSetBytes: sum(stats, workingSet) },
    },
    pods: [...byPod].map(([uid, containers]) => {
      const { name, namespace } = identityFromLabels(containers[0]?.attributes?.labels ?? {}) ?? { name: '', namespace: '' }
      return {
        podRef: { name, namespace, uid },
        startTime: starts.get(uid),
        containers: containers.map(one => ({
          name: one.attributes?.labels[containerNameLabel] ?? '',
          cpu: { time: now, usageNanoCores: nanoCores(one), usageCoreNanoSeconds: coreNanoSeconds(one) },
          memory: { time: now, workingSetBytes: workingSet(one) },
          rootfs: { time: now, usedBytes: Number(one.writableLayer?.usedBytes?.value ?? 0) },
        })),
        cpu: { time: now, usageNanoCores: sum(containers, nanoCores), usageCoreNanoSeconds: sum(containers, coreNanoSeconds) },
        memory: { time: now, workingSetBytes: sum(containers, workingSet) },
      }
    }),
  }
}

/** The figures of what runs: a runtime also lists the dead. */
export async function runningStats(runtime: Runtime, pods: ServedPods): Promise<readonly ContainerStats[]> {
  const running = new Set(
    pods.list().flatMap(({ status }) => {
      const { initContainerStatuses = [], containerStatuses = [], ephemeralContainerStatuses = [] } = status
      const all = [...initContainerStatuses, ...containerStatuses, ...ephemeralContainerStatuses]
      return all.filter(s => s.state?.running).map(s => s.containerID?.replace(/^.*:\/\//, ''))
    }),
  )
  return (await runtime.listContainerStats()).filter(one => running.has(one.attributes?.id))
}

export const nanoCores = (one: ContainerStats) => Number(one.cpu?.usageNanoCores?.value ?? 0)
export const coreNanoSeconds = (one: ContainerStats) => Number(one.cpu?.usageCoreNanoSeconds?.value ?? 0)
export const workingSet = (one: ContainerStats) => Number(one.memory?.workingSetBytes?.value ?? 0)

export function sum(stats: readonly ContainerStats[], of: (one: ContainerStats) => number): number {
  return stats.reduce((total, one) => total + of(one), 0)
}
