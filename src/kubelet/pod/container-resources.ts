// CPU and memory of a container or a pod as the kernel counts them.
// https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/#how-pods-with-resource-limits-are-run
import type { PodSpec } from '../../api/core/pod-spec.ts'
import type { LinuxContainerResources } from '../runtime/cri-config.ts'
import type { AnyContainer } from './containers.ts'
import { isLimited, memoryBytes, milliCpu, podAmount } from './resources.ts'

export interface Demand {
  /** Milli-CPU; 0 is none given. */
  readonly cpuRequest: number
  readonly cpuLimit: number
  /** Bytes; 0 is no limit. */
  readonly memoryLimit: number
}

/** What the kernel is told. Absence of a limit is `unlimited`. */
export interface KernelAmounts {
  readonly shares: number
  /** Microseconds of each period. */
  readonly quotaUs: number
  readonly memoryBytes: number
}

export const unlimited = Number.POSITIVE_INFINITY
export const cpuPeriodUs = 100_000
const fewestShares = 2
const mostShares = 262_144
const leastQuotaUs = 1_000

export function cpuShares(milliCpu: number): number {
  return Math.min(Math.max(Math.floor((milliCpu * 1024) / 1000), fewestShares), mostShares)
}

/** Requests default to limits. */
export function containerDemand({ resources: { requests, limits } }: Pick<AnyContainer, 'resources'>): Demand {
  const cpuLimit = milliCpu(limits) ?? 0
  return { cpuRequest: milliCpu(requests) ?? cpuLimit, cpuLimit, memoryLimit: memoryBytes(limits) ?? 0 }
}

export function podDemand(spec: PodSpec): Demand {
  return {
    cpuRequest: podAmount(spec, 'cpu', 'requests'),
    cpuLimit: isLimited(spec, 'cpu') ? podAmount(spec, 'cpu', 'limits') : 0,
    memoryLimit: isLimited(spec, 'memory') ? podAmount(spec, 'memory', 'limits') : 0,
  }
}

export function kernelAmounts({ cpuRequest, cpuLimit, memoryLimit }: Demand): KernelAmounts {
  return {
    shares: cpuShares(cpuRequest),
    quotaUs: cpuLimit > 0 ? Math.max((cpuLimit * cpuPeriodUs) / 1000, leastQuotaUs) : unlimited,
    memoryBytes: memoryLimit > 0 ? memoryLimit : unlimited,
  }
}

export function cpuResources({ shares, quotaUs }: KernelAmounts): LinuxContainerResources {
  return { cpuShares: shares, cpuPeriod: cpuPeriodUs, ...(quotaUs !== unlimited && { cpuQuota: quotaUs }) }
}
export function memoryResources({ memoryBytes }: KernelAmounts): LinuxContainerResources {
  return memoryBytes === unlimited ? {} : { memoryLimitInBytes: memoryBytes }
}
/** The least milli-CPU that make so many shares. */
export function milliCpuOfShares(shares: number): number {
  return Math.ceil((shares * 1000) / 1024)
}

export function containerResources(demand: Demand): LinuxContainerResources {
  const amounts = kernelAmounts(demand)
  return { ...cpuResources(amounts), ...memoryResources(amounts) }
}

/** The weight of cgroup v2 (1 to 10,000) for the shares of v1 (2 to 262,144), on the curve that runc 1.3 and crun 1.23 agreed on. */
export function cpuWeight(shares: number): number {
  if (shares <= fewestShares) return 1
  if (shares >= mostShares) return 10_000
  const l = Math.log2(shares)
  return Math.ceil(10 ** ((l * l + 125 * l) / 612 - 7 / 34))
}
