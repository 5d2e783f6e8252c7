// What a worker remembers of its pod: the mutable side of `Observed`. Lost with the process, and then read anew from the runtime.
import type { Pod } from '../../api/core/pod.ts'
import type { PresentImage } from '../images/images.ts'
import type { VolumePaths } from '../volumes/pod-volumes.ts'
import { type Allocation, allocationOf, withAllocation } from './allocation.ts'
import type { KernelAmounts } from './container-resources.ts'
import type { Backoff, Failure, ImageState, Observed, ObservedContainer, ObservedSandbox, ProbeResults } from './observed.ts'

export interface RunningOperation {
  readonly abort: AbortController
  /** When a stop runs out of grace. */
  readonly deadlineMs?: number
}

export interface PodMemory {
  /** With the resources of `allocation`. */
  pod: Pod
  allocation: Allocation
  /** The one that is on disk. */
  keptAllocation: Allocation | undefined
  /** What the pod's own cgroup was set to last. */
  cgroup: KernelAmounts | undefined
  /** Ids of containers that were stopped to make way for another instance. */
  readonly replaced: Set<string>
  readonly sandboxes: Map<string, ObservedSandbox>
  readonly containers: Map<string, ObservedContainer>
  readonly operations: Map<string, RunningOperation>
  readonly failures: Map<string, Failure>
  /** By container name: whether the image is there, and what is known of it. */
  readonly images: Map<string, ImageState>
  readonly present: Map<string, PresentImage>
  readonly backoffs: Map<string, Backoff>
  readonly probes: Map<string, ProbeResults>
  volumes: VolumePaths | undefined
  cleanedUp: boolean
}

/** `kept`: what an earlier kubelet has set aside for the pod. */
export function emptyMemory(pod: Pod, kept?: Allocation): PodMemory {
  const allocation = kept ?? allocationOf(pod)
  return {
    pod: withAllocation(pod, allocation),
    allocation,
    keptAllocation: kept,
    cgroup: undefined,
    replaced: new Set(),
    sandboxes: new Map(),
    containers: new Map(),
    operations: new Map(),
    failures: new Map(),
    images: new Map(),
    present: new Map(),
    backoffs: new Map(),
    probes: new Map(),
    volumes: undefined,
    cleanedUp: false,
  }
}

export function observedOf(memory: PodMemory): Observed {
  const stopDeadlines = new Map<string, number>()
  for (const [key, { deadlineMs }] of memory.operations)
    if (deadlineMs !== undefined) stopDeadlines.set(key.slice(key.indexOf('/') + 1), deadlineMs)
  return {
    sandboxes: [...memory.sandboxes.values()].sort((a, b) => b.attempt - a.attempt || b.createdAtMs - a.createdAtMs),
    containers: [...memory.containers.values()].sort((a, b) => b.createdAtMs - a.createdAtMs || b.attempt - a.attempt),
    operations: new Set(memory.operations.keys()),
    failures: memory.failures,
    stopDeadlines,
    volumesReady: memory.volumes !== undefined,
    images: memory.images,
    backoffs: memory.backoffs,
    probes: memory.probes,
    cgroup: memory.cgroup,
    isAllocationKept: memory.keptAllocation === memory.allocation,
    cleanedUp: memory.cleanedUp,
  }
}

/** The pod's address, when its sandbox has one. */
export function podIpsOf(memory: PodMemory, nodeIp: string): readonly string[] {
  if (memory.pod.spec.hostNetwork) return [nodeIp]
  return observedOf(memory).sandboxes[0]?.ips ?? []
}
