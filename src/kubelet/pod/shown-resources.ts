// The resources that a container has, as its status shows them: in the words of its definition wherever the kernel has just that, else
// as the kernel has it. Of a request for memory the kernel knows nothing.
import type { ResourceRequirements } from '../../api/core/container.ts'
import { withFields } from '../../api/sharing.ts'
import { formatQuantity, quantityOf, quantityOfMilli } from '../../meta/quantity.ts'
import { containerDemand, cpuPeriodUs, kernelAmounts, milliCpuOfShares, unlimited } from './container-resources.ts'
import type { AnyContainer } from './containers.ts'
import type { ObservedContainer } from './observed.ts'
import { differing } from './resize.ts'
import type { Amounts } from './resources.ts'

/** One that does not run has what it will be started with. */
export function shownResources(container: AnyContainer, running: ObservedContainer | undefined): ResourceRequirements {
  const { resources } = container
  const { shares, quotaUs, memoryBytes } = differing(kernelAmounts(containerDemand(container)), running?.amounts ?? {})
  const requests = shares === undefined ? resources.requests : shown(resources.requests, 'cpu', milli(milliCpuOfShares(shares)))
  const cpuLimit = quotaUs === unlimited ? undefined : milli(Math.round(((quotaUs ?? 0) * 1000) / cpuPeriodUs))
  const memoryLimit = memoryBytes === unlimited ? undefined : formatQuantity(quantityOf(memoryBytes ?? 0, 'binary'))
  const limits = quotaUs === undefined ? resources.limits : shown(resources.limits, 'cpu', cpuLimit)
  return withFields(resources, { requests, limits: memoryBytes === undefined ? limits : shown(limits, 'memory', memoryLimit) })
}

/** Without the resource where there is no limit; nothing is shown of what the definition does not mention. */
function shown(amounts: Amounts | undefined, name: string, amount: string | undefined): Amounts | undefined {
  if (!amounts) return undefined
  const { [name]: _, ...others } = amounts
  return amount === undefined ? others : { ...others, [name]: amount }
}

function milli(amount: number): string {
  return formatQuantity(quantityOfMilli(amount))
}
