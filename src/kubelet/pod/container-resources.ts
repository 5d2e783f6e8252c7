// CPU and memory of a container or a pod as the kernel counts them.
// https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/#how-pods-with-resource-limits-are-run
import type { LinuxContainerResources } from '../runtime/cri-config.ts'

export interface Demand {
  /** Milli-CPU; 0 is none given. */
  readonly cpuRequest: number
  readonly cpuLimit: number
  /** Bytes; 0 is no limit. */
  readonly memoryLimit: number
}

export const cpuPeriodUs = 100_000
const fewestShares = 2
const mostShares = 262_144
const leastQuotaUs = 1_000

export function cpuShares(milliCpu: number): number {
  return Math.min(Math.max(Math.floor((milliCpu * 1024) / 1000), fewestShares), mostShares)
}

export function containerResources(demand: Demand): LinuxContainerResources {
  const { cpuRequest, cpuLimit, memoryLimit } = demand
  return {
    cpuShares: cpuShares(cpuRequest),
    cpuPeriod: cpuPeriodUs,
    ...(cpuLimit > 0 && { cpuQuota: Math.max((cpuLimit * cpuPeriodUs) / 1000, leastQuotaUs) }),
    ...(memoryLimit > 0 && { memoryLimitInBytes: memoryLimit }),
  }
}

/** The weight of cgroup v2 (1 to 10,000) for the shares of v1 (2 to 262,144), on the curve that runc 1.3 and crun 1.23 agreed on. */
export function cpuWeight(shares: number): number {
  if (shares <= fewestShares) return 1
  if (shares >= mostShares) return 10_000
  const l = Math.log2(shares)
  return Math.ceil(10 ** ((l * l + 125 * l) / 612 - 7 / 34))
}
