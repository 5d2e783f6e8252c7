// What a pod asks of its node and may use of it. Init containers run one after another, sidecars stay on beside
// those that follow and beside the ordinary ones; so a pod needs the greatest of these moments, plus its overhead.
// The rule is Kubernetes' KEP-753 with the pod-level resources of KEP-2837.
import { addQuantity, compareQuantity, parseQuantity, type Quantity } from '../../meta/quantity.ts'
import type { Container, ResourceRequirements } from './container.ts'
import { isSidecar } from './container-roles.ts'
import type { PodSpec } from './pod-spec.ts'

export type ResourceAmounts = ReadonlyMap<string, Quantity>
type ResourceList = Readonly<Record<string, string>>

const requestsOf = new WeakMap<PodSpec, ResourceAmounts>()
const limitsOf = new WeakMap<PodSpec, ResourceAmounts>()

/** What the scheduler reserves for a pod. Specs are immutable, so the answer is computed once for each. */
export function podRequests(spec: PodSpec): ResourceAmounts {
  return remembered(requestsOf, spec, () => {
    const amounts = withPodLevel(containerTotals(spec, 'requests'), spec, 'requests')
    for (const [name, value] of amountsOf(spec.overhead)) add(amounts, name, value)
    return amounts
  })
}

/** The sum of the limits; a resource is limited as a whole only where something limits it. */
export function podLimits(spec: PodSpec): ResourceAmounts {
  return remembered(limitsOf, spec, () => {
    const amounts = withPodLevel(containerTotals(spec, 'limits'), spec, 'limits')
    for (const [name, value] of amountsOf(spec.overhead)) if (amounts.has(name)) add(amounts, name, value)
    return amounts
  })
}

/** Pod-level amounts hold for these resources alone. */
export function isPodLevelResource(name: string): boolean {
  return name === 'cpu' || name === 'memory' || name.startsWith('hugepages-')
}

export function amountsOf(list: ResourceList | undefined): Map<string, Quantity> {
  return new Map(Object.entries(list ?? {}).map(([name, value]) => [name, parseQuantity(value)]))
}

type Side = 'requests' | 'limits'

/** What all containers need together at the greatest moment of the pod's life. */
export function containerTotals(spec: PodSpec, side: Side): Map<string, Quantity> {
  const running = new Map<string, Quantity>()
  const peak = new Map<string, Quantity>()
  const sidecars = new Map<string, Quantity>()
  for (const container of spec.containers) addAll(running, ofContainer(container, side))
  for (const container of spec.initContainers ?? []) {
    const own = ofContainer(container, side)
    if (isSidecar(container)) {
      addAll(running, own)
      addAll(sidecars, own)
      raise(peak, sidecars)
    } else {
      const moment = new Map(sidecars)
      addAll(moment, own)
      raise(peak, moment)
    }
  }
  raise(running, peak)
  return running
}

function withPodLevel(amounts: Map<string, Quantity>, { resources }: PodSpec, side: Side): Map<string, Quantity> {
  for (const [name, value] of amountsOf(resources?.[side])) if (isPodLevelResource(name)) amounts.set(name, value)
  return amounts
}

function ofContainer(container: Container, side: Side): Map<string, Quantity> {
  return amountsOf((container.resources as ResourceRequirements | undefined)?.[side])
}

function add(into: Map<string, Quantity>, name: string, value: Quantity): void {
  const sum = into.get(name)
  into.set(name, sum ? addQuantity(sum, value) : value)
}

function addAll(into: Map<string, Quantity>, amounts: ResourceAmounts): void {
  for (const [name, value] of amounts) add(into, name, value)
}

function raise(into: Map<string, Quantity>, amounts: ResourceAmounts): void {
  for (const [name, value] of amounts) {
    const known = into.get(name)
    if (!known || compareQuantity(value, known) > 0) into.set(name, value)
  }
}

function remembered(memo: WeakMap<PodSpec, ResourceAmounts>, spec: PodSpec, compute: () => ResourceAmounts): ResourceAmounts {
  const known = memo.get(spec)
  if (known) return known
  const amounts = compute()
  memo.set(spec, amounts)
  return amounts
}
