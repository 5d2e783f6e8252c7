// What the node, its pods and their containers use at one moment: containers and networks of pods as the runtime counts them, the node
// and whole pods by their cgroups. Both `/metrics/resource` and `/stats/summary` are made of it.
import type { Pod } from '../../api/core/pod.ts'
import type { Clock } from '../../base/clock.ts'
import { parseTime } from '../../meta/time.ts'
import type { KubeletConfig } from '../config.ts'
import type { Files } from '../host.ts'
import { podCgroup } from '../pod/cgroup-names.ts'
import { containerNameLabel, identityFromLabels, identityOf, type PodIdentity } from '../pod/names.ts'
import { qosClass } from '../pod/qos.ts'
import type { ContainerStats, MemoryUsage, PodSandboxStats } from '../runtime/cri-observed.ts'
import { type Runtime, RuntimeError } from '../runtime/runtime.ts'
import type { ServedPods } from '../served-pods.ts'
import { type CgroupUsage, cgroupUsage } from './cgroup-usage.ts'
import type { Counter } from './rates.ts'

export interface UsageSource {
  readonly runtime: Runtime
  readonly pods: ServedPods
  readonly files: Files
  readonly clock: Clock
  readonly config: KubeletConfig
}

export interface Memory {
  readonly workingSetBytes: number
  readonly usageBytes: number | undefined
  readonly rssBytes: number | undefined
  readonly pageFaults: number | undefined
  readonly majorPageFaults: number | undefined
  readonly swapBytes: number | undefined
  readonly limitBytes: number | undefined
}
export interface Usage {
  /** Undefined where nobody counts. */
  readonly cpu: Counter | undefined
  readonly memory: Memory | undefined
}
export interface ContainerUsage extends Usage {
  readonly id: string
  readonly name: string
  readonly startedMs: number | undefined
  readonly writableLayer: { readonly usedBytes: number; readonly inodesUsed: number } | undefined
}
export interface PodUsage extends Usage {
  readonly pod: Pod
  readonly identity: PodIdentity
  readonly containers: readonly ContainerUsage[]
  /** Undefined where the runtime does not tell. */
  readonly sandbox: PodSandboxStats['linux'] | undefined
}
export interface NodeUsage extends Usage {
  readonly timeMs: number
  readonly pods: readonly PodUsage[]
}

export async function usageNow(source: UsageSource): Promise<NodeUsage> {
  const { files, config, clock, pods, runtime } = source
  const usageOf = async (cgroup: string): Promise<Usage> => fromCgroup(await cgroupUsage(files, config.cgroupMount, cgroup), clock.now())
  const [containers, sandboxes] = await Promise.all([runtime.listContainerStats(), sandboxStats(runtime)])
  const containersOf = Map.groupBy(containers, one => identityFromLabels(one.attributes?.labels ?? {})?.uid ?? '')
  const sandboxOf = new Map(sandboxes.map(one => [identityFromLabels(one.attributes?.labels ?? {})?.uid ?? '', one.linux]))
  const running = pods.list().map(pod => ({ pod, started: startTimes(pod) }))
  const shown = running.filter(({ pod, started }) => started.size > 0 && containersOf.has(pod.metadata.uid))
  return {
    timeMs: clock.now(),
    ...(await usageOf(config.cgroupRoot)),
    pods: await Promise.all(
      shown.map(async ({ pod, started }) => {
        const stats = containersOf.get(pod.metadata.uid)?.filter(one => started.has(one.attributes?.id ?? '')) ?? []
        const own = await usageOf(podCgroup(config.cgroupRoot, qosClass(pod.spec), pod.metadata.uid))
        const each = stats.map(one => containerUsage(one, started.get(one.attributes?.id ?? '')))
        const sandbox = sandboxOf.get(pod.metadata.uid)
        return { pod, identity: identityOf(pod), containers: each, sandbox, ...(own.cpu ? own : together(each)) }
      }),
    ),
  }
}

async function sandboxStats(runtime: Runtime): Promise<readonly PodSandboxStats[]> {
  try {
    return await runtime.listPodSandboxStats()
  } catch (error) {
    if (error instanceof RuntimeError && error.code === 'Unimplemented') return []
    throw error
  }
}

/** When its containers that run were started, by their ids: a runtime also lists the dead. */
function startTimes({ status }: Pod): ReadonlyMap<string, number | undefined> {
  const { initContainerStatuses = [], containerStatuses = [], ephemeralContainerStatuses = [] } = status
  return new Map(
    [...initContainerStatuses, ...containerStatuses, ...ephemeralContainerStatuses].flatMap(({ state, containerID }) => {
      if (!state?.running || containerID === undefined) return []
      const { startedAt } = state.running
      return [[containerID.replace(/^.*:\/\//, ''), startedAt ? parseTime(startedAt) : undefined] as const]
    }),
  )
}

function containerUsage({ attributes, cpu, memory, writableLayer, swap }: ContainerStats, startedMs: number | undefined): ContainerUsage {
  const value = (part: { readonly value: number | bigint } | undefined) => (part === undefined ? undefined : Number(part.value))
  const nanoSeconds = value(cpu?.usageCoreNanoSeconds)
  return {
    id: attributes?.id ?? '',
    name: attributes?.labels[containerNameLabel] ?? '',
    startedMs,
    cpu: cpu && nanoSeconds !== undefined ? { timeMs: cpu.timestampMs, nanoSeconds } : undefined,
    memory: memory?.workingSetBytes && memoryOf(memory, value(swap?.swapUsageBytes)),
    writableLayer: writableLayer && {
      usedBytes: value(writableLayer.usedBytes) ?? 0,
      inodesUsed: value(writableLayer.inodesUsed) ?? 0,
    },
  }
}

function memoryOf(memory: MemoryUsage, swapBytes: number | undefined): Memory {
  const value = (part: { readonly value: number | bigint } | undefined) => (part === undefined ? undefined : Number(part.value))
  const workingSetBytes = value(memory.workingSetBytes) ?? 0
  const availableBytes = value(memory.availableBytes)
  return {
    workingSetBytes,
    usageBytes: value(memory.usageBytes),
    rssBytes: value(memory.rssBytes),
    pageFaults: value(memory.pageFaults),
    majorPageFaults: value(memory.majorPageFaults),
    swapBytes,
    limitBytes: availableBytes ? workingSetBytes + availableBytes : undefined,
  }
}

function fromCgroup(usage: CgroupUsage | undefined, timeMs: number): Usage {
  if (!usage) return { cpu: undefined, memory: undefined }
  return { cpu: { timeMs, nanoSeconds: usage.cpuNanoSeconds }, memory: usage.memory }
}

/** Of a pod without a cgroup of its own. */
function together(containers: readonly ContainerUsage[]): Usage {
  const cpus = containers.flatMap(({ cpu }) => cpu ?? [])
  const memories = containers.flatMap(({ memory }) => memory ?? [])
  const none = { usageBytes: undefined, rssBytes: undefined, pageFaults: undefined, majorPageFaults: undefined }
  return {
    cpu: cpus[0] && { timeMs: cpus[0].timeMs, nanoSeconds: sum(cpus, cpu => cpu.nanoSeconds) },
    memory: memories[0] && { ...none, swapBytes: undefined, limitBytes: undefined, workingSetBytes: sum(memories, m => m.workingSetBytes) },
  }
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0)
}
