// What is counted of a pod while it is resized: a node may have set aside, or may still run its containers with, more than they ask for now.
// Quotas, the scheduler and the kubelet count by this one rule, that of Kubernetes' KEP-1287.
import { compareQuantity, parseQuantity } from '../../meta/quantity.ts'
import { mapShared, withFields } from '../sharing.ts'
import type { Container } from './container.ts'
import { isSidecar } from './container-roles.ts'
import { podCondition } from './pod-conditions.ts'
import type { PodSpec } from './pod-spec.ts'
import type { ContainerStatus, PodStatus } from './pod-status.ts'
import type { Amounts } from './resource-amounts.ts'

/** Conditions of a pod that is being resized. */
export const resizePending = 'PodResizePending'
export const resizeInProgress = 'PodResizeInProgress'

/**
 * The spec with the largest of what each container asks for, was promised and has. A wish that its node can never fulfil is not counted.
 * The same spec where nothing differs, which is so but for pods that are being resized.
 */
export function reservedSpec({ spec, status }: { readonly spec: PodSpec; readonly status: PodStatus }): PodSpec {
  const isInfeasible = podCondition({ status }, resizePending)?.reason === 'Infeasible'
  const reserved = (statuses: readonly ContainerStatus[] | undefined) => (container: Container) => {
    const shown = statuses?.find(({ name }) => name === container.name)
    return shown ? withReserved(container, shown, isInfeasible) : container
  }
  const initContainer = reserved(status.initContainerStatuses)
  return withFields(spec, {
    containers: mapShared(spec.containers, reserved(status.containerStatuses)),
    initContainers: spec.initContainers && mapShared(spec.initContainers, c => (isSidecar(c) ? initContainer(c) : c)),
  })
}

function withReserved(container: Container, { resources, allocatedResources }: ContainerStatus, isInfeasible: boolean): Container {
  if (!resources) return container
  const own = container.resources
  const requests = largest([...(isInfeasible ? [] : [own?.requests]), resources.requests, allocatedResources])
  const limits = largest([...(isInfeasible ? [] : [own?.limits]), resources.limits])
  if (requests === own?.requests && limits === own?.limits) return container
  return { ...container, resources: withFields(own ?? {}, { requests, limits }) }
}

/** The first list where no other has more of anything. */
function largest(lists: readonly (Amounts | undefined)[]): Amounts | undefined {
  const [first, ...others] = lists
  return others.reduce((sum, list) => Object.entries(list ?? {}).reduce(withAtLeast, sum), first)
}

function withAtLeast(amounts: Amounts | undefined, [name, amount]: readonly [string, string]): Amounts {
  const known = amounts?.[name]
  if (amounts && known !== undefined && (known === amount || compareQuantity(parseQuantity(known), parseQuantity(amount)) >= 0))
    return amounts
  return { ...amounts, [name]: amount }
}
